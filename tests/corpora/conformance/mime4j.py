"""mime-mime4j: every .msg has _decoded.xml, the tree of its parts, with each decoded body in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.corpora.conformance.leaf import Case, Expected

COLLECTION = "mime-mime4j"

_TYPE = re.compile(r"\s*content-type\s*:\s*([a-z0-9-]+/[a-z0-9.+-]+)", re.IGNORECASE)


def cases(folder: Path) -> Iterator[Case]:
    """Each message for which there is a decoded tree."""
    for path in sorted(folder.rglob("*.msg")):
        tree = path.with_name(f"{path.stem}_decoded.xml")
        if tree.exists():
            root = ElementTree.fromstring(tree.read_bytes())
            leaves = tuple(_leaves(root, path.parent))
            yield Case(COLLECTION, str(path.relative_to(folder)), path.read_bytes(), leaves)


def _leaves(entity: ElementTree.Element, folder: Path) -> Iterator[Expected]:
    """The leaves of a message or body-part element."""
    content_type = None
    for child in entity:
        if child.tag == "header":
            content_type = _content_type(child)
        elif child.tag == "multipart":
            for part in child.findall("body-part"):
                yield from _leaves(part, folder)
        elif child.tag == "message":
            yield from _leaves(child, folder)
        elif child.tag in ("text-body", "binary-body"):
            body = folder / child.attrib["name"]
            data = body.read_bytes() if body.exists() else None
            # Its decoders write every line ending as CRLF, whatever stood in the message.
            yield Expected(content_type, data=data, any_line_ends=child.tag == "text-body")


def _content_type(header: ElementTree.Element) -> str | None:
    """The type that the header states, None where it states none that can be read."""
    for field in header.findall("field"):
        match = _TYPE.match(field.text or "")
        if match is not None:
            return match[1].lower()
    return None
