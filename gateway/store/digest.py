"""Size and SHA-256 of content, taken and checked while its blocks pass by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from gateway.store.content import ContentError


class Counted:
    """Passes blocks on; `size` (octets) and `sha256` (hexadecimal) are those of what has passed."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._digest.update(block)
            self.size += len(block)
            yield block

    @property
    def sha256(self) -> str:
        """The digest so far."""
        return self._digest.hexdigest()


def verified(blocks: Iterable[bytes], sha256: str) -> Iterator[bytes]:
    """The blocks, the last one only once all are known to have this SHA-256. Raises ContentError."""
    digest = hashlib.sha256()
    waiting = b""
    for block in blocks:
        digest.update(block)
        if waiting:
            yield waiting
        waiting = block
    if digest.hexdigest() != sha256:
        raise ContentError("the content is damaged: its SHA-256 is not that of its record")
    if waiting:
        yield waiting
