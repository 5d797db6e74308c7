"""A next hop that can be killed without losing what it accepted: run as a program of its own.

    python -m tests.support.durable_hop PORT FOLDER

Each message is written to a file of its own in FOLDER, named by its number (header field X-Number) and a
count, and fsynced with the folder before its 250. Messages are whole or absent: a file is renamed into place.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.support.ports import LOOPBACK

NUMBER = re.compile(rb"^X-Number: (\d+)\r$", re.MULTILINE)


def keep(folder: Path, count: int, content: bytes) -> None:
    """Write one message durably."""
    found = NUMBER.search(content)
    name = f"{found[1].decode() if found else 'unnumbered'}-{os.getpid()}-{count}"
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DurableHop:
    """The server's sessions; only what a relay needs of SMTP."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 durable.example ESMTP\r\n")
        while True:
            line = await reader.readuntil(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-durable.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            elif verb == b"DATA":
                writer.write(b"354 Go on\r\n")
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                self._count += 1
                await asyncio.to_thread(keep, self._folder, self._count, content)
                writer.write(b"250 2.0.0 Kept\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"250 2.0.0 Ok\r\n")
            await writer.drain()


async def main(port: int, folder: Path) -> None:
    """Serve until killed."""
    hop = DurableHop(folder)
    server = await asyncio.start_server(hop.serve, LOOPBACK, port, limit=1 << 24, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
