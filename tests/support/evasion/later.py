"""What is known to be missing: recipe and variant, and what it takes. Each entry goes when it works."""

from __future__ import annotations

_MISSING: dict[str, tuple[str, tuple[str, ...]]] = {
    "I183": (
        "text inside documents and archives is not read",
        (
            "notes.rtf",
            "notes.zip",
            "notes.docx",
            "notes.pdf",
        ),
    ),
    "J189": (
        "the members of archives are not inspected",
        (
            "one level",
            "inner has another name",
            "inner has no name",
            "inner is a tar",
            "no name",
            "among 500",
        ),
    ),
    "J191": (
        "the members of archives are not inspected",
        (
            "PNG",
            "PNG by name",
            "PNG, offsets right",
            "PDF",
            "PDF by name",
            "PDF, offsets right",
            "junk",
            "junk, offsets right",
            "text",
            "text, offsets right",
            "NUL",
            "NUL, offsets right",
            "JPEG",
            "JPEG, offsets right",
            "RTF",
            "RTF, offsets right",
            "another archive",
            "another archive, offsets right",
        ),
    ),
    "J193": (
        "the members of archives are not inspected",
        (
            "names, harmless",
            "method stored in the local header",
            "size in the local header",
            "size zero",
            "sum",
            "unknown method",
            "member not in the directory",
            "two directories",
            "two members of one name",
            "data descriptor",
        ),
    ),
    "J194": (
        "archives inside archives under another name are not looked into",
        ("within another, other name",),
    ),
    "J201": (
        "XML is not expanded",
        (
            "drawing",
            "document",
            "properties",
            "XML",
        ),
    ),
    "J202": (
        "PDF streams are not unpacked",
        ("100 MB, twice compressed",),
    ),
    "J205": (
        "the members of archives are not inspected",
        ("spanned mark first",),
    ),
    "J209": (
        "documents are not taken apart",
        (
            "part of another name",
            "old macros sheet",
            "one XML file",
            "one XML file, as document",
            "template elsewhere",
            "within an archive",
        ),
    ),
}

LATER: dict[tuple[str, str], str] = {
    (identifier, name): why for identifier, (why, names) in _MISSING.items() for name in names
}
