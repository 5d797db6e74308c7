"""Log records and metrics: names that are a contract, faults without their text, counts that outlive a process."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from gateway import telemetry
from gateway.model import Direction
from gateway.telemetry import Metrics

ROOT = Path(__file__).resolve().parents[2]

CONTRACT = {
    "postern_messages_total": {"listener", "direction", "action"},
    "postern_findings_total": {"stage", "category", "action"},
    "postern_stage_seconds": {"stage"},
    "postern_message_seconds": set[str](),
    "postern_message_bytes": set[str](),
    "postern_sessions": {"listener"},
    "postern_relay_seconds": set[str](),
    "postern_relay_failures_total": {"reason"},
    "postern_personal_messages_total": {"direction", "period"},
    "postern_defects_total": {"defect", "severity"},
}


def used() -> CollectorRegistry:
    """A registry in which everything was counted once."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.message("inbound", Direction.INBOUND, "relay", 0.1, 1000)
    metrics.finding("keyword", "gambling", "reject")
    metrics.personal(Direction.INBOUND, "working")
    metrics.session("inbound", +1)
    metrics.relayed(0.1)
    metrics.relay_failure("connect")
    metrics.stage_time("yara", 0.1)
    metrics.defect("bare-cr", "suspect")
    return registry


def test_names_and_labels_are_those_of_the_contract() -> None:
    found: dict[str, set[str]] = {}
    for family in used().collect():
        for sample in family.samples:
            name = sample.name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
            if not name.endswith("_created"):
                found.setdefault(name, set()).update(set(sample.labels) - {"le"})
    assert {name: found.get(name) for name in CONTRACT} == CONTRACT


def test_sessions_go_up_and_down() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for change in (+1, +1, -1):
        metrics.session("inbound", change)
    assert registry.get_sample_value("postern_sessions", {"listener": "inbound"}) == 1


@pytest.fixture(autouse=True)
def defaults_again() -> Iterator[None]:
    """Logging is one for the process; other tests must not write to this test's standard output."""
    yield
    structlog.reset_defaults()
    own = logging.getLogger("gateway")
    own.handlers, own.propagate = [], True


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_fault_tells_place_and_type_but_not_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging("info")
    registry = CollectorRegistry()

    def broken() -> None:
        raise ValueError("canary: Dear Ann, ...")

    try:
        broken()
    except ValueError as error:
        Metrics(registry).stage_fault("yara", error)
    [line] = lines(capsys)
    assert (line["event"], line["where"], line["error"], line["level"]) == (
        "fault",
        "stage-yara",
        "ValueError",
        "error",
    )
    assert any("broken" in place for place in line["at"])
    assert "canary" not in json.dumps(line)
    assert registry.get_sample_value("postern_faults_total", {"where": "stage-yara"}) == 1


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_levels(capsys: pytest.CaptureFixture[str], level: str, heard: int) -> None:
    telemetry.configure_logging(level)
    log = telemetry.log()
    for method in ("debug", "info", "warning", "error"):
        getattr(log, method)("event")
    assert len(lines(capsys)) == heard


def test_a_record_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging("info")
    telemetry.log().info("message", name="a\r\nb\u2028c\x1b[2J\0", other="\u00e9\u7528")
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    assert output.endswith("\n")
    assert not any(char < " " for char in output[:-1])
    assert json.loads(output)["name"] == "a\r\nb\u2028c\x1b[2J\0"


def test_other_libraries_do_not_talk_of_mail(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging("debug")
    for name in ("mail.log", "asyncio"):
        logging.getLogger(name).critical("canary@school.example")
    captured = capfd.readouterr()
    assert "canary" not in captured.out + captured.err


COUNTING = """
import os, sys
from pathlib import Path
from gateway import telemetry
telemetry.prepare_metrics(Path(sys.argv[1]))
from gateway.model import Direction
def worker(name):
    pid = os.fork()
    if pid == 0:
        telemetry.set_writer(name)
        metrics = telemetry.Metrics()
        metrics.message("inbound", Direction.INBOUND, "relay", 0.1, 1000)
        metrics.session("inbound", 1)
        os._exit(0)
    os.waitpid(pid, 0)
for name in ("w0", "w1", "w0"):
    worker(name)
    if name == "w0":
        from prometheus_client.multiprocess import mark_process_dead
        mark_process_dead("w0")
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
sys.stdout.write(generate_latest(registry).decode())
"""


def test_counts_outlive_the_workers_and_sessions_do_not(tmp_path: Path) -> None:
    """A worker that took the place of another one in the files goes on counting where that one stopped."""
    (tmp_path / "counter_old.db").write_bytes(b"left over from another life")
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, str(tmp_path)],
        capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert 'postern_messages_total{action="relay",direction="inbound",listener="inbound"} 3.0' in done.stdout
    assert "postern_message_bytes_sum 3000.0" in done.stdout
    assert 'postern_sessions{listener="inbound"} 1.0' in done.stdout


def test_the_exposition_has_no_labels_from_messages() -> None:
    text = generate_latest(used()).decode()
    assert "@" not in text
