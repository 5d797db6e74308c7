"""Recognises mail that its writer has marked as personal (rows S1 and D2 of the requirements).

A mark is a word of the settings ("personal", "personol") that stands apart from the rest of the subject:

- at the beginning, behind any number of reply prefixes ("Re:", "Fwd:", "AW:", "ATB:", "Re[2]:"), tags in
  square brackets ("[staff-list]") and signs: in brackets of any kind ("[Personal]", "(personal)",
  "[Personal - family]", "**Personal**"), or with a colon, semicolon, stroke or dash behind it
  ("PERSONAL - lunch"), or alone;
- at the end: in brackets ("Lunch [Personal]"), or behind a dash or stroke with spaces ("Lunch - personal").

Brackets are taken generously; bare words with care, since "Personal statement deadline",
"Personal-development plan" and "Personal, social and health education" are ordinary mail. A Sensitivity field
(RFC 4021) with one of the words of the settings is a mark too.

Capitals, accents, full-width and invisible characters, quotation marks and kinds of white space make no
difference. Several words side by side ("[Personal/Personol]") count as one.

Known limits: a bare word without any sign behind it ("PERSONAL lunch") is no mark, nor is one in the middle of
a subject. "Loan (personal)" is taken for a mark: too much privacy does less harm than too little.

Time is linear in the length of the subject, whatever is in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gateway.model import Privacy

# What mail programs put in front of the subject of a reply, forward or automatic answer, by language.
_PREFIXES = (
    *("re", "fw", "fwd", "forward", "forwarded", "reply"),  # English, and programs of most languages
    *("atb", "yml", "ateb", "ymlaen"),  # Welsh
    *("aw", "antwort", "wg"),  # German
    *("antw", "antwoord", "doorst", "betr"),  # Dutch
    *("sv", "vs", "vb", "vl", "vid", "fs"),  # Scandinavian languages and Finnish
    *("tr", "rép"),  # French
    *("r", "rif", "i", "rv", "res", "resp", "enc", "enviado"),  # Italian, Spanish, Portuguese
    *("odp", "pd", "ynt", "ilt", "vá", "továbbítás"),  # Polish, Turkish, Hungarian
    *("απ", "σχετ", "πρθ", "отв", "ответ", "пересл", "на", "bls", "trs"),  # Greek, Russian, Indonesian
    *("回复", "回覆", "答复", "答覆", "转发", "轉寄", "轉發", "返信", "転送", "회신", "전달"),
    *("automatic reply", "auto reply", "autoreply", "out of office", "accepted", "declined", "tentative"),
    *("canceled", "cancelled", "updated", "undeliverable", "undelivered", "recall", "read", "not read"),
)

_OPEN, _CLOSE = r"[\[({<【〔]", r"[\])}>】〕]"
_DASH = r"(?:--?|[\u2010\u2012-\u2015\u2212])"
_QUOTE = r"[\"'‘’“”„«»「」『』*_]?"
_TAIL = 320  # characters at the end of the subject in which a mark is looked for
_SLICE = 64  # longest piece normalised at once: putting combining marks in order takes the square of it

_FOREIGN = re.compile(rf"[^\x00-\x7f]{{1,{_SLICE}}}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]+")
_UNSEEN = re.compile(  # combining accents, soft hyphen, zero-width and filling characters, marks of direction
    "[\u0300-\u036f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\U000e0000-\U000e0fff]+"
)


class Marking:
    """The words that mark a message as personal. Immutable; made once from the settings."""

    __slots__ = ("_patterns", "_sensitivity")

    def __init__(self, markers: Iterable[str], sensitivity: Iterable[str]) -> None:
        """`markers` are words for the subject, `sensitivity` values of the Sensitivity field; either may be
        empty, which switches that way of marking off."""
        self._sensitivity = frozenset(word for word in map(_folded, sensitivity) if word)
        words = sorted({word for word in map(_folded, markers) if word}, key=len, reverse=True)
        self._patterns = _patterns(words) if words else None

    def classify(self, subject: str | None, sensitivity: Sequence[str]) -> Privacy:
        """How private a message is. `subject` is the decoded subject (None: no such field), `sensitivity` the
        values of all Sensitivity fields. Never raises."""
        if any(_without_comment(value) in self._sensitivity for value in sensitivity):
            return Privacy.PERSONAL
        if subject and self._marked(_folded(subject)):
            return Privacy.PERSONAL
        return Privacy.ORDINARY

    def _marked(self, subject: str) -> bool:
        if self._patterns is None:
            return False
        start, end = self._patterns
        return bool(start.match(subject) or end.search(subject[-_TAIL:]))


def _patterns(words: Iterable[str]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The patterns for the beginning (to be matched) and the end (to be searched) of a folded subject.

    Repetition is possessive and every step of it bounded, so that nothing is tried twice.
    """
    word = "(?:" + "|".join(map(re.escape, words)) + ")"
    mark = rf"{_QUOTE}{word}(?: ?[/|&+,] ?{word}){{0,3}}{_QUOTE}"
    apart = rf"(?: ?[:;|]| {_DASH}| ?—|{_DASH}(?= ))"
    opening, closing = rf"(?:{_OPEN}{{1,4}}|\*{{2,4}})", rf"(?:{_CLOSE}{{1,4}}|\*{{2,4}})"
    label = rf"{opening} ?{mark}(?:{apart}[^\[\](){{}}<>]{{0,80}}| ?){closing}"
    alone = r"[ .!]{0,4}$"
    tag = r"\[[^\[\]]{0,80}\]"
    prefix = "(?:" + "|".join(re.escape(_folded(text)) for text in _PREFIXES) + ")"
    counter = r"(?: ?[\[(]\d{1,4}[\])]| ?[*^]?\d{1,4})?"
    before = rf"(?:{prefix}{counter} ?:|(?!{label})(?:{tag}|[^\w\[\](){{}}]))*+"
    start = rf"{before}(?:{label}|{mark}(?:{apart}|{alone}))"
    end = rf"{label}(?: ?{tag}){{0,3}}[^\w\[\]]{{0,8}}$|(?<=\S) (?:{_DASH}|\|) {mark}{alone}"
    return re.compile(start), re.compile(end)


def _folded(text: str) -> str:
    """`text` without differences that a reader does not see or does not mind: small letters, no accents,
    plain forms of full-width and other variants, nothing invisible, single spaces."""
    if not text.isascii():
        text = _UNSEEN.sub("", _FOREIGN.sub(_decomposed, text))
    return " ".join(_CONTROL.sub("", text).casefold().split())


def _without_comment(value: str) -> str:
    return _folded(value.partition("(")[0]).strip(' "')


def _decomposed(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKD", match[0])
