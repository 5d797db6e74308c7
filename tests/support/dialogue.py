r"""SMTP dialogues as text files: what a client sends, what must come back.

    # comment                      Lines that begin with # and empty lines say nothing.
    LISTENER: max_errors = 100     A setting of the listener that this dialogue needs.
    C: EHLO client.example         Send this line and CRLF.
    RAW: MAIL FROM:<a@b.example>   Send these octets and nothing else.
    S: 250 2.1.0                   Read one reply: its last line begins so.
    S*100: 250                     The same, a hundred times.
    S+ SIZE 1000                   The last reply has a line with this text.
    S- STARTTLS                    The last reply has no line that begins with this text.
    S: EOF                         The server has closed the connection.
    CONNECT                        Open a new connection (the first one is opened by itself).
    SLEEP 0.2    CLOSE    RESET    Wait; close the connection; close it with a reset.
    DELIVERED: 1                   So many messages have reached the next hop, accepted, since the start.
    CONTAINS: text                 The last delivered message has these octets, on the wire.
    NEVER: \n.\r\n                 No delivered message has these octets, on the wire.

Octets: \r \n \t \0 \\ \xNN, and {text*1000} for a repetition, in which %n is the number of the turn.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.next_hop import Received
from tests.support.ports import LOOPBACK, wait_until

TIMEOUT = 15.0
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
_NAMED = {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}
_REPEAT = re.compile(r"\{([^{}]*)\*(\d+)\}", re.DOTALL)
_STEP = re.compile(
    r"(C|RAW|S|LISTENER|DELIVERED|CONTAINS|NEVER|SLEEP|CONNECT|CLOSE|RESET)(?:\*(\d+))?(?::|\b(?=\s|$)) ?(.*)"
)
_CHECK = re.compile(r"(S[+-]) (.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a dialogue: its number, what to do, with what, how often."""

    line: int
    action: str
    text: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole file: the listener's settings that it asks for, as TOML lines, and its steps."""

    name: str
    settings: tuple[str, ...]
    steps: tuple[Step, ...]


class DialogueError(AssertionError):
    """The server did not answer as the dialogue says."""


def read(path: Path) -> Dialogue:
    """Parse a dialogue file. ValueError names the line that is not understood."""
    settings: list[str] = []
    steps: list[Step] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _CHECK.fullmatch(line) or _STEP.fullmatch(line)
        if match is None:
            raise ValueError(f"{path.name}:{number}: not understood: {line}")
        if match[1] == "LISTENER":
            settings.append(match[3].strip())
        elif match.re is _CHECK:
            steps.append(Step(number, match[1], match[2]))
        else:
            steps.append(Step(number, match[1], match[3], int(match[2] or 1)))
    if not steps:
        raise ValueError(f"{path.name}: no steps")
    return Dialogue(path.stem, tuple(settings), tuple(steps))


def octets(text: str) -> bytes:
    """The octets that a dialogue's text stands for."""

    def unescape(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _NAMED.get(match[2], match[2])

    def repeat(match: re.Match[str]) -> str:
        piece, count = match[1], int(match[2])
        return (
            "".join([piece.replace("%n", str(turn)) for turn in range(count)])
            if "%n" in piece
            else piece * count
        )

    return _ESCAPE.sub(unescape, _REPEAT.sub(repeat, text)).encode("latin-1")


class Player:
    """Plays dialogues against the server on `port`; `delivered` tells what the next hop has accepted."""

    def __init__(
        self, port: int, delivered: Callable[[], Sequence[Received]], patience: float = TIMEOUT
    ) -> None:
        """`patience`: seconds to wait for a reply, or for a message to be delivered."""
        self._port, self._delivered, self._patience = port, delivered, patience
        self._connection: socket.socket | None = None
        self._held = bytearray()
        self._reply: list[str] = []
        self._before = 0
        self._transcript: list[str] = []

    def play(self, dialogue: Dialogue) -> None:
        """Play it from beginning to end. DialogueError names the line that was not met, with a transcript."""
        self._before = len(self._delivered())
        self._transcript = []
        self._connect()
        try:
            for step in dialogue.steps:
                for _ in range(step.times):
                    self._play(dialogue, step)
        finally:
            self._close()

    def _play(self, dialogue: Dialogue, step: Step) -> None:
        try:
            self._do(step)
        except (AssertionError, OSError) as error:
            transcript = "\n".join(self._transcript[-30:])
            raise DialogueError(
                f"{dialogue.name}.txt:{step.line}: {step.action} {step.text}\n{error}\n{transcript}"
            ) from None

    def _do(self, step: Step) -> None:
        match step.action:
            case "C":
                self._send(octets(step.text) + b"\r\n")
            case "RAW":
                self._send(octets(step.text))
            case "S" if step.text == "EOF":
                self._expect_end()
            case "S":
                self._expect(step.text)
            case "S+":
                assert step.text.upper() in [line[4:].upper() for line in self._reply], (
                    f"not in: {self._reply}"
                )
            case "S-":
                found = [line for line in self._reply if line[4:].upper().startswith(step.text.upper())]
                assert not found, f"unwanted: {found}"
            case "SLEEP":
                time.sleep(float(step.text))
            case "CONNECT":
                self._close()
                self._connect()
            case "CLOSE":
                self._close()
            case "RESET":
                self._reset()
            case _:
                self._check_delivered(step)

    def _check_delivered(self, step: Step) -> None:
        def new() -> Sequence[Received]:
            return self._delivered()[self._before :]

        match step.action:
            case "DELIVERED":
                wanted = int(step.text)
                wait_until(
                    lambda: len(new()) >= wanted, f"{wanted} messages, {len(new())} came", self._patience
                )
                assert len(new()) == wanted, f"{len(new())} messages were delivered"
            case "CONTAINS":
                assert new(), "nothing was delivered"
                wire = new()[-1].wire
                assert octets(step.text) in wire, f"not in the message on the wire: {wire[:2000]!r}"
            case _:
                for message in new():
                    where = message.wire.find(octets(step.text))
                    assert where < 0, f"on the wire: {message.wire[max(0, where - 40) : where + 40]!r}"

    def _connect(self) -> None:
        self._held.clear()
        self._connection = socket.create_connection((LOOPBACK, self._port), timeout=self._patience)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _reset(self) -> None:
        assert self._connection is not None, "not connected"
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _send(self, data: bytes) -> None:
        assert self._connection is not None, "not connected"
        shown = data if len(data) < 120 else data[:100] + b"... (%d octets)" % len(data)
        self._transcript.append(f"C: {shown!r}")
        try:
            self._connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self._transcript.append(
                "(the server has closed the connection)"
            )  # its last words can still be read

    def _line(self) -> str | None:
        assert self._connection is not None, "not connected"
        while (end := self._held.find(b"\n")) < 0:
            block = self._connection.recv(65536)
            if not block:
                return None
            self._held += block
        line = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        assert line.endswith(b"\r\n"), f"a reply line does not end with CRLF: {line!r}"
        text = line[:-2].decode("utf-8", "surrogateescape")
        self._transcript.append(f"S: {text}")
        return text

    def _expect(self, wanted: str) -> None:
        self._reply = []
        while not self._reply or self._reply[-1][3:4] == "-":
            line = self._line()
            assert line is not None, "the connection was closed instead"
            assert re.match(r"[2-5]\d\d[ -]", line), f"not a reply: {line!r}"
            self._reply.append(line)
        codes = {line[:3] for line in self._reply}
        assert len(codes) == 1, f"different codes in one reply: {self._reply}"
        assert self._reply[-1].startswith(wanted), f"the reply was: {self._reply[-1]}"

    def _expect_end(self) -> None:
        try:
            line = self._line()
        except ConnectionResetError:
            return
        assert line is None, f"the connection is still open, and said: {line}"
