"""The gateway as its users run it: `postern run` in a process of its own, on loopback ports."""

from __future__ import annotations

import json
import re
import signal
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, greeted, wait_until
from tests.support.process import Service

ROOT = Path(__file__).resolve().parents[2]
LOCAL_DOMAIN = "school.example"

Value = str | int | float | bool | Sequence[str]
Section = Mapping[str, Value]
Record = dict[str, object]


def toml_value(value: Value) -> str:
    """A TOML literal; for strings, numbers, truth values and lists of strings JSON is TOML."""
    return json.dumps(value if isinstance(value, (str, int, float)) else list(value), ensure_ascii=False)


def config_text(sections: Mapping[str, Section], listeners: Sequence[Section]) -> str:
    """The text of a postern.toml."""
    lines: list[str] = []
    for name, section in sections.items():
        lines += [f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in section.items()), ""]
    for listener in listeners:
        lines += ["[[listener]]", *(f"{key} = {toml_value(value)}" for key, value in listener.items()), ""]
    return "\n".join(lines)


class Gateway:
    """One running gateway with one listener (`port`) and its metrics (`metrics_port`)."""

    def __init__(
        self,
        folder: Path,
        relay_to: str | Sequence[str],
        *,
        listener: Section | None = None,
        sections: Mapping[str, Section] | None = None,
        workers: int = 1,
        start: bool = True,
    ) -> None:
        """`folder` takes configuration, state and output. `listener` and `sections` add to, or replace,
        the settings that tests start from. With `start=False` call `start()` yourself."""
        self.host = LOOPBACK
        self.port = free_port()
        self.metrics_port = free_port()
        self.folder = folder
        self.state_dir = folder / "state"
        self.config_file = folder / "postern.toml"
        self.service: Service | None = None
        self._listener: dict[str, Value] = {
            "name": "test",
            "bind": f"{self.host}:{self.port}",
            "direction": "inbound",
            "relay_to": relay_to,
            **(listener or {}),
        }
        self._sections: dict[str, dict[str, Value]] = {
            "gateway": {
                "hostname": "gateway.school.example",
                "local_domains": [LOCAL_DOMAIN],
                "state_dir": str(self.state_dir),
                "workers": workers,
                "stop_timeout": 10,
            },
            "policy": {"profile": "nexus-mat"},
            "metrics": {"bind": f"{self.host}:{self.metrics_port}"},
        }
        for name, section in (sections or {}).items():
            self._sections.setdefault(name, {}).update(section)
        folder.mkdir(parents=True, exist_ok=True)
        self.state_dir.mkdir(exist_ok=True)
        self.write_config()
        if start:
            self.start()

    def write_config(self, **listener: Value) -> None:
        """Write postern.toml afresh, with the listener's settings changed; takes effect on reload."""
        self._listener.update(listener)
        self.config_file.write_text(config_text(self._sections, [self._listener]), "utf-8")

    def start(self, timeout: float = 40.0) -> None:
        """Start it and wait until its listener greets. AssertionError with its output where it does not."""
        command = [sys.executable, "-m", "gateway.cli", "run", "-c", str(self.config_file)]
        # Files of metrics under the test's own folder: a gateway that is killed can't remove them elsewhere.
        memory = {"RUNTIME_DIRECTORY": str(self.folder / "memory")}
        service = self.service = Service("gateway", command, self.folder, directory=ROOT, environment=memory)
        try:
            wait_until(lambda: greeted(self.port) or not service.running, "the gateway's greeting", timeout)
            if not service.running:
                raise AssertionError("the gateway ended by itself")
        except AssertionError as error:
            service.kill()
            raise AssertionError(f"{error}\n{service.report()}") from None
        except BaseException:  # the test run is being ended
            service.kill()
            raise

    @property
    def running_service(self) -> Service:
        """The process, which must have been started."""
        assert self.service is not None, "the gateway has not been started"
        return self.service

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        return self.running_service.stop()

    def kill(self) -> None:
        """SIGKILL to supervisor, workers and helpers at once."""
        self.running_service.kill()

    def reload(self) -> None:
        """SIGHUP."""
        self.running_service.signal(signal.SIGHUP)

    @property
    def log_lines(self) -> list[str]:
        """Complete lines of standard output so far."""
        return self.running_service.output.rpartition("\n")[0].splitlines()

    @property
    def records(self) -> list[Record]:
        """The log lines that are JSON objects."""
        found: list[Record] = []
        for line in self.log_lines:
            if line.startswith("{"):
                record = json.loads(line)
                assert isinstance(record, dict)
                found.append(record)
        return found

    def wait_for_record(self, matches: Callable[[Record], bool], timeout: float = 10.0) -> Record:
        """The first log record that `matches`, as soon as it is there."""
        wait_until(lambda: any(map(matches, self.records)), "a log record", timeout)
        return next(filter(matches, self.records))

    def http(self, path: str) -> tuple[int, str]:
        """Status and text of `path` on the metrics port."""
        url = f"http://{self.host}:{self.metrics_port}{path}"
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """Sum of the samples of `name` that bear all of `labels`; 0 where there is none."""
        total = 0.0
        for line in self.http("/metrics")[1].splitlines():
            match = re.fullmatch(r"([a-z_:0-9]+)(?:\{(.*)\})? (\S+)(?: \d+)?", line)
            if match is None or match[1] != name:
                continue
            held = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            if labels.items() <= held.items():
                total += float(match[3])
        return total
