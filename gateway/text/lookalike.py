"""Letters of other scripts that look like Latin ones, read as Latin.

The table holds, by the shapes of Unicode's code charts, what passes for a Latin letter in the common typefaces: letters
of Cyrillic, Greek, Armenian, Cherokee, Coptic and Lisu, small capitals and other phonetic letters, letters with a
stroke, and letters in circles and squares. What Unicode itself calls compatible (mathematical, full-width, Roman
numerals) is not in it: folding sees to that.

In a text that is really written in one of these scripts (it has letters that look like no Latin one) only words that
hold a Latin letter too are changed: a word of look-alikes alone is taken for a word of that script. Known limit: there
such a word is missed. A letter has one reading only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PAIRS = (
    # Cyrillic, small and capital
    "аaбbвbгrдdеeёeиuйuкkлnмmнhоoпnрpсcтtуyхxчyшwщwьbыbѕsіiїiјjћhқkңhүyұyһhҽeҿeӏlӓaӕaԁdԛqԝwғfөoӧoґrԍgԏtҝkҟk",
    "АAБBВBГRДDЕEЁEИNЙNКKЛNМMНHОOПNРPСCТTУYХXЧYШWЩWЬBЅSІIЇIЈJЋHҚKҢHҮYҰYҺHӀIӒAԌGԚQԜWҒFӨOӦOЯRѴVѵvҪCҫcѡwѠW",
    # Greek
    "αaβbγyδdεeζzηnθoιiκkλaμuνvξeοoπnρpσoςcτtυuφoχxψwωwϲcϳjϝfϱp",
    "ΑAΒBΕEΖZΗHΘOΙIΚKΜMΝNΟOΡPΤTΥYΧXϹCϺMϜFΣEΛAΔA",
    # Armenian
    "աwգqհhոnսuցgօoկkզqլlքpյjՏSՍUՕOԼLՀZգqղnրnիhԱUԻhՈnՐPՒr",
    # Cherokee
    "ᎠDᎡRᎢTᎥiᎩYᎪAᎫJᎬEᎳWᎷMᎻHᎽYᏀGᏂhᏃZᏎ4ᏏbᏒRᏔWᏕSᏙVᏚSᏞLᏟCᏢPᏦKᏧdᏮ6ᏳGᏴBꭰdꭱrꭲtꮃwꮇmꮋhꮓzꮩvꮪsꮮlꮯcꮲpꮶkᏼb",
    # Coptic and Lisu
    "ⲁaⲃbⲉeⲓiⲕkⲙmⲛnⲟoⲣpⲥcⲧtⲩyⲭxⲱwⲀAⲂBⲈEⲎHⲒIⲔKⲘMⲚNⲞOⲢPⲤCⲦTⲨYⲬX",
    "ꓐBꓑPꓓDꓔTꓖGꓗKꓙJꓚCꓜZꓝFꓟMꓠNꓡLꓢSꓣRꓦVꓧHꓪWꓫXꓬYꓮAꓰEꓲIꓳOꓴU",
    # Small capitals, phonetic and other letters of the Latin blocks
    "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpꞯqʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz",
    "ɑaɐaƄbƅbƈcɖdɗdəeɛeƒfɡgɠgɦhıiɨiɩiȷjƙkɭlɫlɱmɲnɳnɵoƥpʠqɾrɽrʂsƚlʈtʉuʋvɯwʍwʎyʐzƶzꞮIƖIǀlǃ!ꞟu",
    "øoØOłlŁLđdĐDħhĦHŧtŦTðdÐDꝺdꝼfꞃrꞅsꞇt",
)
_CONFUSABLE = {ord(pair[at]): pair[at + 1] for pair in _PAIRS for at in range(0, len(pair), 2)}
_ENCLOSED = (0x1F150, 0x1F170, 0x1F1E6)  # capitals in black circles, in black squares, and of flags
_TABLE = _CONFUSABLE | {start + at: chr(0x41 + at) for start in _ENCLOSED for at in range(26)}


def _one_of(characters: Iterable[str]) -> str:
    """A pattern for one of them; none of them has a meaning inside a class."""
    return f"[{''.join(sorted(characters))}]"


_FOUND = re.compile(_one_of(map(chr, _TABLE)))
# Letters that show in what script a text is written: those that look like no Latin one, or only at a glance.
_SCRIPTS = (
    (0x370, 0x400),
    (0x400, 0x530),
    (0x531, 0x588),
    (0x13A0, 0x1400),
    (0x2C80, 0x2D00),
    (0xAB70, 0xABC0),
)
_AT_A_GLANCE = "бгдийлптчшыБГИЙЧШЫ" + "γδζθλξπσςφψωΔΘΛΞΠΣΦΨΩ"
_OWN = [chr(code) for start, end in _SCRIPTS for code in range(start, end) if code not in _TABLE]
_GENUINE = re.compile(_one_of({*_AT_A_GLANCE, *filter(str.isalpha, _OWN)}))
_ASCII = bytes(range(0x80))
_UNSEEN = "\u00ad\u034f\u0300-\u036f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_WORD = re.compile(f"[\\w{_UNSEEN}]++")
_LATIN = re.compile("[A-Za-z]")


def latinised(text: str) -> str | None:
    """`text` with look-alikes as Latin letters, each character for one, or None where there are none. Linear."""
    if text.isascii():
        return None
    # Only what is not ASCII matters; taking the rest out first is many times faster than a search through all.
    foreign = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if _FOUND.search(foreign) is None:
        return None
    changed = _WORD.sub(_mixed, text) if _GENUINE.search(foreign) else text.translate(_TABLE)
    return None if changed == text else changed


def _mixed(match: re.Match[str]) -> str:
    word = match[0]
    return word if word.isascii() or not _LATIN.search(word) else word.translate(_TABLE)


def as_latin(text: str) -> str:
    """`text` with every letter that looks like a Latin one as that letter, whatever it is written in."""
    return text if text.isascii() else text.translate(_TABLE)
