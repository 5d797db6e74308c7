"""The files `rulesets/attachments/*.toml` as they are written: conditions on names, types and sizes of files.

Everything but `id`, `category` and the examples is optional, so that later versions can add conditions without
breaking a file.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.policy.file_model import FileModel, Identifier, Text

Place = Literal["message", "archive"]
Deceit = Literal[
    "double-extension",
    "padding",
    "reversed-text",
    "control-character",
    "path-traversal",
    "data-stream",
    "class-id",
]

_UNITS = {"kib": 10, "mib": 20, "gib": 30}  # powers of two


def _extension(value: str) -> str:
    plain = value.strip().lower().removeprefix("*").removeprefix(".")
    if not re.fullmatch(r"[^\s./\\*?:]+(\.[^\s./\\*?:]+)?", plain):
        raise ValueError(
            f'"{value}" is not an extension; write it without wildcards, such as "exe" or "tar.gz"'
        )
    return plain


def _media_type(value: str) -> str:
    plain = value.strip().lower()
    if not re.fullmatch(r"[a-z0-9.+_-]+/([a-z0-9.+_-]+|\*)", plain):
        raise ValueError(
            f'"{value}" is not a MIME type; write "application/zip", or "image/*" for all images'
        )
    return plain


def _octets(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+)\s*(KiB|MiB|GiB)", value.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError('a size is a number of octets, or text such as "500 KiB" or "20 MiB"')
    return int(match[1]) << _UNITS[match[2].lower()]


Octets = Annotated[int, BeforeValidator(_octets), Field(gt=0)]
Extension = Annotated[str, Field(strict=True), AfterValidator(_extension)]
MediaType = Annotated[str, Field(strict=True), AfterValidator(_media_type)]


class FileExample(FileModel):
    """A file that a rule must or must not match: one found in a message or inside an archive (None: where the
    rule looks first)."""

    name: str = ""
    type: MediaType = ""
    declared: MediaType = ""
    size: Octets = 1
    inside: Place | None = None

    def __str__(self) -> str:
        words = [f"name {self.name!r}"] if self.name else []
        words += [f"content {self.type}"] if self.type else []
        words += [f"declared {self.declared}"] if self.declared else []
        words += [f"{self.size} octets"] if self.size > 1 else []
        return ", ".join(words)


def _example(value: object) -> object:
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value, dict):
        raise ValueError(
            'must be a file name in quotation marks, or a table such as { name = "a.pdf", type = "application/zip" }'
        )
    return value


Example = Annotated[FileExample, BeforeValidator(_example)]


class AttachmentRuleModel(FileModel):
    """One [[rule]] as it is written."""

    id: Identifier = Field(examples=['id = "name-of-the-rule"'])
    category: Text = Field(examples=['category = "executable", or another one of categories.toml'])
    extensions: tuple[Extension, ...] = ()
    names: tuple[Text, ...] = ()
    types: tuple[MediaType, ...] = ()
    declared: tuple[MediaType, ...] = ()
    but_named: tuple[Extension, ...] = ()
    but_declared: tuple[MediaType, ...] = ()
    deceptive: tuple[Deceit, ...] = ()
    looks_like: tuple[Extension, ...] = ()
    hides: tuple[Text, ...] = ()
    larger_than: Octets | None = None
    where: Annotated[tuple[Place, ...], Field(min_length=1)] = get_args(Place)
    must_match: Annotated[tuple[Example, ...], Field(min_length=1)] = Field(
        examples=['must_match = ["name of a file that the rule has to find"]']
    )
    must_not_match: Annotated[tuple[Example, ...], Field(min_length=1)] = Field(
        examples=['must_not_match = ["name of a file that the rule has to leave alone"]']
    )


class AttachmentFile(FileModel):
    """A file of attachment rules."""

    rule: tuple[AttachmentRuleModel, ...] = ()
