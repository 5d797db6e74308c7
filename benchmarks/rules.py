"""Rules for benchmarks: those that ship, and as many generated ones as a large site would have.

About 2,000 keywords and 200 YARA rules. The generated words are none in any language and the YARA rules look for
them too, so that nothing that is measured is blocked; what counts is that they have to be looked for.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

KEYWORDS = 2_000
YARA_RULES = 200
_SYLLABLES = [
    first + second for first in "bdfgklmnprstvz" for second in ("aqu", "exo", "ijy", "ozi", "uwu", "yxa")
]


def words(chance: random.Random, count: int) -> list[str]:
    """So many different words that nobody writes; one in five is a phrase."""
    found: dict[str, None] = {}
    while len(found) < count:
        word = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))
        if chance.random() < 0.2:
            word += " " + "".join(chance.choices(_SYLLABLES, k=2))
        found[word] = None
    return list(found)


def keyword_file(terms: list[str], number: int, category: str) -> str:
    """A file with one rule."""
    return (
        "[[rule]]\n"
        f'id = "generated-{number}"\n'
        f'category = "{category}"\n'
        f"terms = {json.dumps(terms)}\n"
        f"must_match = {json.dumps([f'some {terms[0]} here'])}\n"
        'must_not_match = ["nothing of the kind"]\n'
    )


def yara_rule(chance: random.Random, number: int, category: str) -> str:
    """A rule of the usual shapes: texts in two forms, octets with gaps, now and then a pattern."""
    one, two = words(chance, 2)
    octets = chance.randbytes(12).hex(" ").upper()
    lines = [
        f'$a = "{one}" ascii wide nocase',
        f'$b = "{two}" fullword ascii',
        f"$c = {{ {octets[:17]} ?? ?? {octets[18:]} }}",
    ]
    if number % 5 == 0:
        lines.append(f"$d = /{one[:5]}[a-z0-9]{{4,12}}\\.{two[:5]}/ nocase")
    strings = "\n        ".join(lines)
    return (
        f"rule generated_{number}\n{{\n"
        f'    meta:\n        category = "{category}"\n'
        f'        must_match_1 = "{one}"\n        must_not_match_1 = "nothing of the kind"\n'
        f"    strings:\n        {strings}\n"
        "    condition:\n        any of them\n}\n"
    )


def lay_out(source: Path, target: Path, *, keyword_category: str, yara_category: str) -> Path:
    """Copy the rulesets folder `source` to `target` and add the generated rules; `target`."""
    shutil.copytree(source, target)
    chance = random.Random(2000)
    terms = words(chance, KEYWORDS)
    for number in range(0, KEYWORDS, 100):
        text = keyword_file(terms[number : number + 100], number // 100, keyword_category)
        (target / "keywords" / f"generated-{number // 100:02}.toml").write_text(text)
    rules = [yara_rule(chance, number, yara_category) for number in range(YARA_RULES)]
    (target / "yara" / "generated.yar").write_text("\n".join(rules))
    return target
