"""The registry of evasion recipes: ways of writing a message so that a filter and a mail client read it differently.

A recipe is a function that yields messages (`Made`: name of the variant, octets), registered by `recipe` under a stable
id. Its letter is the class. Each message carries something that must not be let through, so that at least one plausible
reading shows it. Everything is made anew and alike on each run.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

Made = tuple[str, bytes]
Maker = Callable[[], Iterator[Made]]

CLASSES = {
    "A": "header fields that can be read in two ways",
    "B": "boundaries and structure",
    "C": "base64",
    "D": "quoted-printable",
    "E": "file names and declared types",
    "F": "where the header ends",
    "G": "messages in messages, and content kept elsewhere",
    "H": "older encodings and containers",
    "I": "charsets and text",
    "J": "archives and documents",
    "K": "found in reviews",
}


class Target(enum.StrEnum):
    """What a message carries, and so what has to be found in it."""

    EICAR = "eicar"
    EXT = "ext"  # a file name that is not allowed, on harmless content
    MAGIC = "magic"  # a program, without a name that would give it away
    KEYWORD = "keyword"
    POLICY = "policy"  # a container that can't be looked into, or is not allowed
    LIMIT = "limit"  # something that grows beyond measure when it is opened
    NO_HANG = "no-hang"  # harmless text that costs a careless filter much time


@dataclass(frozen=True, slots=True)
class Recipe:
    """One technique. `may_miss` is True where a miss is recorded rather than an error, or names such variants."""

    id: str
    title: str
    target: Target
    make: Maker
    may_miss: bool | frozenset[str] = False

    @property
    def letter(self) -> str:
        """The class, a key of `CLASSES`."""
        return self.id[0]

    def asserted(self, variant: str) -> bool:
        """Whether that variant must be stopped."""
        if self.target is Target.NO_HANG:
            return False
        return variant not in self.may_miss if isinstance(self.may_miss, frozenset) else not self.may_miss


RECIPES: dict[str, Recipe] = {}


def recipe(
    identifier: str, title: str, target: Target, *, may_miss: bool | Collection[str] = False
) -> Callable[[Maker], Maker]:
    """Register the function below as the recipe `identifier`."""

    def register(make: Maker) -> Maker:
        assert identifier not in RECIPES, f"recipe {identifier} stands twice"
        misses = may_miss if isinstance(may_miss, bool) else frozenset(may_miss)
        RECIPES[identifier] = Recipe(identifier, title, target, make, misses)
        return make

    return register
