"""The listening sockets. They belong to the supervisor and are inherited by its children.

Every address has one socket for each worker slot (SO_REUSEPORT), and the kernel shares connections out among them. A
socket that nobody accepts from swallows its share, so each child closes at once what it does not serve.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping

from gateway.config import HostPort


class ListenError(Exception):
    """An address that can't be listened on; the text is for the technician."""


class ListeningSockets:
    """Sockets by address (as text) and slot."""

    def __init__(self) -> None:
        self._sockets: dict[str, list[socket.socket]] = {}

    def bind(self, addresses: Mapping[str, HostPort], count: int) -> None:
        """Have `count` sockets for each address; those that are there stay. Raises ListenError, and then nothing
        has changed."""
        added: list[tuple[str, socket.socket]] = []
        for key, address in addresses.items():
            held = self._sockets.setdefault(key, [])
            try:
                while len(held) < count:
                    held.append(listen(address, held[0] if held else None))
                    added.append((key, held[-1]))
            except OSError as error:
                for owner, sock in added:
                    self._sockets[owner].remove(sock)
                    sock.close()
                self._drop_empty()
                raise ListenError(f"can't listen on {address}: {error.strerror or error}") from error

    def unbind(self, addresses: Mapping[str, HostPort], count: int) -> None:
        """Close the sockets of other addresses, and those beyond `count`."""
        for key, held in self._sockets.items():
            keep = count if key in addresses else 0
            for sock in held[keep:]:
                sock.close()
            del held[keep:]
        self._drop_empty()

    def _drop_empty(self) -> None:
        self._sockets = {key: held for key, held in self._sockets.items() if held}

    def of_slot(self, slot: int) -> dict[str, socket.socket]:
        """The sockets of one worker slot, by address."""
        return {key: held[slot] for key, held in self._sockets.items() if slot < len(held)}

    def close_but(self, slot: int | None) -> None:
        """In a child: close the sockets of every other slot (None: of all)."""
        for held in self._sockets.values():
            for number, sock in enumerate(held):
                if number != slot:
                    sock.close()


def listen(address: HostPort, first: socket.socket | None = None) -> socket.socket:
    """A listening socket for `address`. `first` is an earlier one for the same address, whose port is used.

    Raises OSError. SO_REUSEPORT alone would let two programs of one user share a port without a word, so the first
    socket of an address is tried without it.
    """
    port = address.port if first is None else first.getsockname()[1]
    family, kind, protocol, _, where = socket.getaddrinfo(
        address.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    if first is None and port:
        with _made(family, kind, protocol) as trial:
            trial.bind(where)
    sock = _made(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind(where)
        sock.listen(1024)
    except BaseException:
        sock.close()
        raise
    return sock


def _made(family: int, kind: int, protocol: int) -> socket.socket:
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            raise OSError(error.errno, "this machine has no IPv6") from error
        raise
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock
