"""mime-mimetools: .ref files, Perl data that list the parts of a .msg with type, size and recommended file name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.corpora.conformance.leaf import Case, Expected

COLLECTION = "mime-mimetools"

_SECTION = re.compile(r'^ {2}"(?P<name>[^"]+)" => \{\s*\n(?P<body>.*?)^\s+\}', re.MULTILINE | re.DOTALL)
_PAIR = re.compile(r'"([^"]+)" => (?:"((?:[^"\\]|\\.)*)"|(\d+))')
_ESCAPED = re.compile(r"\\(.)")

Section = dict[str, str]


def cases(folder: Path, *, uuencoded: bool = False) -> Iterator[Case]:
    """Each message for which there is a list of parts; those with uuencoded files taken out only if asked for.

    Lists made without opening nested messages say nothing of what is within these, and are passed over.
    """
    for path in sorted(folder.rglob("*.ref")):
        sections = {
            match["name"]: _section(match["body"]) for match in _SECTION.finditer(path.read_text("latin-1"))
        }
        parser = sections.pop("Parser")
        message = path.with_name(Path(parser["Message"]).name)
        wanted = parser.get("ExtractUuencode", "0") == str(int(uuencoded))
        if wanted and parser.get("ExtractNested") == "1" and message.exists():
            name, leaves = str(path.relative_to(folder)), tuple(_leaves(sections))
            yield Case(COLLECTION, name, message.read_bytes(), leaves, names=tuple(_names(sections)))


def _section(body: str) -> Section:
    return {
        match[1]: match[3] if match[2] is None else _ESCAPED.sub(r"\1", match[2])
        for match in _PAIR.finditer(body)
    }


def _leaves(sections: dict[str, Section]) -> Iterator[Expected]:
    """The parts that have no parts, in order; the message itself where there are none."""
    for path, section in _parts(sections):
        if not _has_parts(path, sections):
            size = section.get("Size")
            yield Expected(section.get("Type"), section.get("Filename"), None if size is None else int(size))


def _names(sections: dict[str, Section]) -> Iterator[str]:
    """The file names of parts that have parts."""
    for path, section in _parts(sections):
        if "Filename" in section and _has_parts(path, sections):
            yield section["Filename"]


def _parts(sections: dict[str, Section]) -> list[tuple[tuple[int, ...], Section]]:
    """All sections by path, in order; the message has path ()."""
    paths = {name: tuple(int(number) for number in name.split("_")[1:]) for name in sections}
    return sorted((path, sections[name]) for name, path in paths.items())


def _has_parts(path: tuple[int, ...], sections: dict[str, Section]) -> bool:
    return any(other and other[:-1] == path for other, _ in _parts(sections))
