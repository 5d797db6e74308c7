"""A program under test, in a session of its own, its output in a file; always ended by its own id."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Service:
    """A process with its children. Standard output and error go to `<folder>/<name>.out` and `.err`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self.name = name
        self.output_file = folder / f"{name}.out"
        self.error_file = folder / f"{name}.err"
        with self.output_file.open("ab") as output, self.error_file.open("ab") as errors:
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=None if environment is None else {**os.environ, **environment},
                cwd=directory,
                start_new_session=True,
            )
        self.pid = self.process.pid

    @property
    def running(self) -> bool:
        """True until the process itself (not necessarily its children) has ended."""
        return self.process.poll() is None

    @property
    def output(self) -> str:
        """What it has written to standard output so far."""
        return self.output_file.read_text("utf-8", "replace")

    @property
    def errors(self) -> str:
        """What it has written to standard error so far."""
        return self.error_file.read_text("utf-8", "replace")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(number)

    def stop(self, timeout: float = 30.0) -> int:
        """SIGTERM, wait, then make sure that nothing of it is left. Returns the exit status."""
        if self.running:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(
                    f"{self.name} did not stop within {timeout:g} s\n{self.report()}"
                ) from None
        self._kill_group()
        return self.process.returncode

    def kill(self) -> None:
        """SIGKILL to the process and all of its group, as a power cut would end them."""
        self._kill_group()
        self.process.wait(10)

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def report(self, octets: int = 6000) -> str:
        """The end of its output, for a failure message."""
        parts = [f"{self.name}: exit status {self.process.poll()}"]
        for title, text in (("standard output", self.output), ("standard error", self.errors)):
            if text:
                parts.append(f"--- {title} of {self.name} (end)\n{text[-octets:]}")
        return "\n".join(parts)


def children(pid: int) -> list[int]:
    """Process ids of the direct children of `pid`; empty where it has ended."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def descendants(pid: int) -> list[int]:
    """Process ids of all children, their children, and so on."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children(waiting.pop())
        found += below
        waiting += below
    return found
