"""Others' SMTP programs: swaks, and Postfix's smtp-sink and smtp-source."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, greeted, wait_until
from tests.support.process import Service

SENDER = "ann@elsewhere.example"
RECIPIENT = "bob@school.example"


def program(name: str) -> str:
    """Full path of a program that the test set-up installs; AssertionError where it is missing."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    assert path is not None, f"{name} is not installed: run tests/setup/debian.sh"
    return path


@dataclass(frozen=True, slots=True)
class Swaks:
    """What swaks did: exit status and the whole dialogue."""

    status: int
    transcript: str

    @property
    def replies(self) -> list[str]:
        """The server's lines, in order."""
        return re.findall(r"^<[-~*=][ *]+ ?(.*)$", self.transcript, re.MULTILINE)

    @property
    def final_reply(self) -> str:
        """The reply to the message itself: the last one before the reply to QUIT."""
        lines = [line for line in self.replies if not line.startswith("221")]
        return lines[-1] if lines else ""


def swaks(port: int, *options: str, sender: str = SENDER, to: str = RECIPIENT) -> Swaks:
    """Send one message with swaks to `port` on 127.0.0.1; `options` are swaks' own."""
    command = [
        *(program("swaks"), "--server", LOOPBACK, "--port", str(port), "--helo", "client.elsewhere.example"),
        *("--from", sender, "--to", to, "--timeout", "30", *options),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=90)
    return Swaks(done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace"))


def swaks_file(port: int, message: Path, *options: str, sender: str = SENDER, to: str = RECIPIENT) -> Swaks:
    """Send the message in a file, which ends with CRLF, octet by octet as it is.

    Left to itself swaks replaces its tokens (%DATE% and others) and adds an empty line, so it is given the
    wire form: dots doubled, end of data included (it ends the last line itself)."""
    content = message.read_bytes()
    assert content.endswith(b"\r\n"), "a message ends with CRLF"
    wire = message.with_name(f"{message.name}.wire")
    wire.write_bytes((b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".")
    return swaks(port, "--data", f"@{wire}", "--no-data-fixup", *options, sender=sender, to=to)


class SmtpSink:
    """smtp-sink on a free port. `dump` is a folder that takes one file a message (slow), or None."""

    def __init__(self, folder: Path, *options: str, dump: Path | None = None, backlog: int = 512) -> None:
        self.port = free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        command = [program("smtp-sink"), *options]
        if dump is not None:
            dump.mkdir(exist_ok=True)
            command += ["-d", f"{dump}/%H%M%S."]
        if os.geteuid() == 0:
            command += ["-u", "nobody"]
            if dump is not None:
                dump.chmod(0o777)
        self.service = Service(f"smtp-sink-{self.port}", [*command, self.address, str(backlog)], folder)
        self.pid = self.service.pid
        try:
            wait_until(lambda: greeted(self.port), "smtp-sink's greeting")
        except AssertionError as error:
            self.service.kill()
            raise AssertionError(f"{error}\n{self.service.report()}") from None
        except BaseException:
            self.service.kill()
            raise

    def stop(self) -> None:
        """End it."""
        self.service.kill()


def smtp_source(
    port: int,
    *options: str,
    messages: int,
    sessions: int = 1,
    file: Path | None = None,
    sender: str = SENDER,
    to: str = RECIPIENT,
) -> list[str]:
    """The command line that sends `messages` messages to `port` over `sessions` parallel sessions."""
    command = [program("smtp-source"), "-m", str(messages), "-s", str(sessions), "-f", sender, "-t", to]
    if file is not None:
        command += ["-F", str(file)]
    return [*command, *options, f"{LOOPBACK}:{port}"]


def run_smtp_source(command: Sequence[str], timeout: float = 120) -> None:
    """Run it; AssertionError with what it said where it did not succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"smtp-source: exit status {done.returncode}: {done.stderr}{done.stdout}"
