"""Marking of personal mail: rows S1 and D2."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Privacy
from gateway.privacy.marking import Marking

MARKING = Marking(("personal", "personol"), ("personal", "private"))

MARKED = [
    # In brackets at the beginning
    "[Personal] Lunch on Friday",
    "[PERSONAL]Lunch",
    "[ Personal ] Lunch",
    "(personal) Lunch",
    "{Personal} Lunch",
    "<personal> Lunch",
    "[[Personal]] Lunch",
    "((personal)) Lunch",
    "**PERSONAL** Lunch",
    "*** Personal *** Lunch",
    "[Personal - family] Lunch",
    "[personal: family] Lunch",
    '["Personal"] Lunch',
    "[Personal]",
    # With a sign behind the word
    "Personal: Lunch",
    "Personal:",
    "personal:lunch",
    "Personal : lunch",
    "PERSONAL - Lunch",
    "Personal -lunch",
    "Personal- lunch",
    "Personal -- lunch",
    "Personal – lunch",
    "Personal — lunch",
    "Personal—lunch",
    "Personal −lunch",
    "Personal - see below",
    "Personal | lunch",
    "Personal; lunch",
    '"Personal": lunch',
    "‘Personal’ - lunch",
    "«Personal» : lunch",
    "*Personal* - lunch",
    "_personal_: lunch",
    # Alone
    "Personal",
    "personal.",
    "PERSONAL!!",
    '"Personal"',
    "Re: Personal",
    # At the end
    "Lunch on Friday [Personal]",
    "Lunch on Friday (personal)",
    "Lunch {Personal}",
    "Lunch [Personal].",
    "Lunch [personal]!",
    "Lunch [Personal - family]",
    "Lunch [Personal] [EXTERNAL]",
    "Lunch [Personal] 🔒",
    "Lunch - personal",
    "Lunch – Personal",
    "Lunch — PERSONAL.",
    "Lunch -- personal",
    "Lunch | personal",
    "Re: Lunch (Personal)",
    # Behind reply prefixes
    "Re: [Personal] Lunch",
    "RE: FW: Fwd: Personal: Lunch",
    "re:re:re:personal:lunch",
    "Re : Personal : lunch",
    "Re[2]: Personal: lunch",
    "RE(3): personal: lunch",
    "Re^2: personal: lunch",
    "Re*3: personal: lunch",
    "Re 2: personal: lunch",
    "Re2: personal: lunch",
    "AW: WG: [Personal] lunch",
    "Antw: Personal: lunch",
    "SV: VS: (personal) lunch",
    "RV: TR: RIF: R: I: Personal: lunch",
    "Rép: Personal: lunch",
    "Odp: YNT: İLT: Personal: lunch",
    "ΑΠ: ΣΧΕΤ: Personal: lunch",
    "回复：Personal: lunch",
    "轉寄: [Personal] lunch",
    "회신: Personal: lunch",
    "Automatic reply: [Personal] lunch",
    "Out of Office: Personal: lunch",
    "Accepted: [Personal] lunch",
    "Re: " * 200 + "[Personal] lunch",
    # Behind tags and signs
    "[staff-list] Personal: lunch",
    "[staff-list] Re: [Personal] lunch",
    "Re: [staff-list] Fwd: [ext] (personal) lunch",
    "[EXTERNAL] Personal – lunch",
    "[Personnel] Personal: lunch",
    "🔒 Personal: lunch",
    "!! [Personal] lunch",
    "- Personal: lunch",
    # Welsh, and both languages
    "[Personol] Cinio",
    "Personol: cinio",
    "PERSONOL - cinio",
    "ATB: YML: Personol: cinio",
    "Cinio (personol)",
    "[Personol/Personal] Cinio / Lunch",
    "Personal / Personol: lunch",
    "Cinio - Personol / Personal",
    # Folded, odd white space, width and invisible characters
    " \t Personal:\r\n lunch",
    "Re:\r\n\t[Personal]\r\n lunch",
    "Personal\u00a0:\u2003lunch",
    "[\u00a0Personal\u3000] lunch",
    "［Ｐｅｒｓｏｎａｌ］ lunch",
    "Ｐｅｒｓｏｎａｌ：lunch",
    "【Personal】lunch",
    "\ufeff[Personal] lunch",
    "\u200b[Per\u00adso\u200dnal] lunch",
    "\u202a[Personal]\u202c lunch",
    "\u3164[Personal] lunch",
    "[Per\x00sonal] lunch",
    "𝐏𝐞𝐫𝐬𝐨𝐧𝐚𝐥: lunch",
    "PERSO\u0308NAL: lunch",
    "[PERſONAL] lunch",
]

NOT_MARKED = [
    "",
    " ",
    "Lunch on Friday",
    "Personal statement deadline",
    "Personal Statement Deadline: 15 January",
    "Re: Personal statement - second draft",
    "personnel",
    "Personnel: new starters",
    "[Personnel] New starters",
    "Personalised learning: maths",
    "Personals: none",
    "personal development review",
    "Personal-development plan",
    "Personal–professional balance",
    "[Personal-development] Dates",
    "[Personal development] Dates",
    "[Personal, social] education",
    "[Personal/professional] boundaries",
    "Personal/professional boundaries",
    "Personal, social, health and economic education",
    "Personal. Lunch",
    "Personal.docx",
    "Personal (statement) draft",
    "PERSONAL Lunch",
    "Personal lunch",
    "Impersonal: a review",
    "interpersonal - skills",
    "(personally) speaking",
    "[Not personal] Lunch",
    "Lunch personal",
    "Lunch-personal",
    "Lunch - personally",
    "Lunch - personal?",
    "Lunch - personnel",
    "Category: personal",
    "Is it personal?",
    'The meaning of "personal"',
    "Please make it *personal*",
    "Lunch [personal] on Friday at one",
    "Lunch - personal - on Friday",
    "[staff-list] Personal statement help",
    "Re: [staff-list] personal tutors: rota",
    "Reference - personal statement",
    "*Personal* development",
    "Datganiad personol",
    "Personoliaeth: darlith",
]


@pytest.mark.parametrize("subject", MARKED)
def test_marked(subject: str) -> None:
    assert MARKING.classify(subject, ()) is Privacy.PERSONAL


@pytest.mark.parametrize("subject", NOT_MARKED)
def test_not_marked(subject: str) -> None:
    assert MARKING.classify(subject, ()) is Privacy.ORDINARY


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["Personal"], Privacy.PERSONAL),
        (["private"], Privacy.PERSONAL),
        ([" PRIVATE\r\n "], Privacy.PERSONAL),
        (['"Personal"'], Privacy.PERSONAL),
        (["Personal (set by the writer)"], Privacy.PERSONAL),
        (["Company-Confidential", "Personal"], Privacy.PERSONAL),
        (["Company-Confidential"], Privacy.ORDINARY),
        (["Normal"], Privacy.ORDINARY),
        (["Personal-ish"], Privacy.ORDINARY),
        ([""], Privacy.ORDINARY),
        (["(personal)"], Privacy.ORDINARY),
        ([], Privacy.ORDINARY),
    ],
)
def test_sensitivity(values: list[str], expected: Privacy) -> None:
    assert MARKING.classify(None, values) is expected
    assert MARKING.classify("Personal statement", values) is expected


def test_words_are_settings() -> None:
    marking = Marking(("e-bost personol", "Privé"), ("Confidential",))
    assert marking.classify("E-bost  Personol: cinio", ()) is Privacy.PERSONAL
    assert marking.classify("[prive] déjeuner", ()) is Privacy.PERSONAL
    assert marking.classify("Personal: lunch", ()) is Privacy.ORDINARY
    assert marking.classify(None, ["personal"]) is Privacy.ORDINARY
    assert marking.classify(None, ["confidential"]) is Privacy.PERSONAL


def test_word_with_characters_special_in_patterns() -> None:
    marking = Marking(("c+d.", "a?"), ())
    assert marking.classify("[c+d.] x", ()) is Privacy.PERSONAL
    assert marking.classify("[ccd!] x", ()) is Privacy.ORDINARY
    assert marking.classify("a?: x", ()) is Privacy.PERSONAL


def test_without_words_nothing_is_marked() -> None:
    marking = Marking((), ())
    assert marking.classify("[Personal] : personal", ["personal", ""]) is Privacy.ORDINARY


def test_longer_word_wins_over_its_beginning() -> None:
    marking = Marking(("personal", "personal mail"), ())
    assert marking.classify("[personal mail] x", ()) is Privacy.PERSONAL


@pytest.mark.parametrize(
    "piece",
    [
        "Re: ",
        "[x]",
        "[",
        "(",
        "*",
        "<",
        "personal",
        "personal/",
        "[personal - ",
        "a\u0316\u0301",
        "\ufdfa",
        "- ",
        "\u200b",
    ],
)
def test_hostile_subjects_of_100_kib_are_classified(piece: str) -> None:
    subject = piece * (100_000 // len(piece))
    assert MARKING.classify(subject + " x [Personal]", ()) is Privacy.PERSONAL
    assert MARKING.classify(subject + "x personal statement", ()) is Privacy.ORDINARY


def test_mark_is_found_behind_any_number_of_prefixes() -> None:
    assert MARKING.classify("Re: " * 25_000 + "Personal: lunch", ()) is Privacy.PERSONAL


@settings(max_examples=200)
@given(
    before=st.lists(
        st.sampled_from(["Re: ", "FW:", "AW : ", "[list] ", "Fwd[2]: ", "  ", "\r\n\t"]), max_size=8
    ),
    mark=st.sampled_from(["[Personal]", "(PERSONAL) ", "personal:", "Personal - ", "Personol:"]),
    rest=st.text(max_size=40),
)
def test_mark_behind_prefixes_whatever_follows(before: list[str], mark: str, rest: str) -> None:
    assert MARKING.classify("".join(before) + mark + " x" + rest, ()) is Privacy.PERSONAL


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_without_the_words_is_ordinary(subject: str) -> None:
    marking = Marking(("zqzqzqzq",), ("zqzqzqzq",))
    assert marking.classify(subject, [subject]) is Privacy.ORDINARY
