"""A real Prometheus scrapes the gateway; promtool has no complaint about what it exposes."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartGateway
from tests.support.gateway import ROOT, Gateway
from tests.support.messages import PROGRAM, message, with_attachment, write
from tests.support.next_hop import NextHop
from tests.support.ports import LOOPBACK, free_port, wait_until
from tests.support.process import Service
from tests.support.smtp_tools import program, swaks_file

PROMISED = (
    "postern_messages_total",
    "postern_findings_total",
    "postern_stage_seconds",
    "postern_message_seconds",
    "postern_message_bytes",
    "postern_sessions",
    "postern_relay_seconds",
    "postern_relay_failures_total",
    "postern_personal_messages_total",
    "postern_quarantine_items",
    "postern_ruleset_info",
    "postern_config_reload_success_timestamp_seconds",
)

CONFIG = """\
global:
  scrape_interval: 500ms
scrape_configs:
  - job_name: postern
    static_configs:
      - targets: ["{target}"]
"""


class Prometheus:
    """Prometheus with a configuration and a database of its own, scraping `target` twice a second."""

    def __init__(self, folder: Path, target: str) -> None:
        self.port = free_port()
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(target=target))
        self.service = Service(
            "prometheus",
            [
                program("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={LOOPBACK}:{self.port}",
            ],
            folder,
        )

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of every series that the expression gives now; none while it is starting."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"http://{LOOPBACK}:{self.port}/api/v1/query?{query}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:
            return []
        return [(series["metric"], float(series["value"][1])) for series in result]


@pytest.fixture
def through(gateway: StartGateway, next_hop: NextHop) -> Gateway:
    """A gateway of two workers that has seen some mail: clean, personal, refused."""
    instance = gateway(next_hop.address, workers=2)
    for name, content in (
        ("clean", message("Timetable", "See you on Monday.\n")),
        ("personal", message("[Personal] appointment", "See you on Monday.\n")),
        ("refused", with_attachment("Program", PROGRAM, "setup.exe")),
    ):
        swaks_file(instance.port, write(instance.folder, name, content))
    return instance


@pytest.fixture
def prometheus(through: Gateway, tmp_path: Path) -> Iterator[Prometheus]:
    instance = Prometheus(tmp_path, f"{through.host}:{through.metrics_port}")
    yield instance
    instance.service.kill()


def test_prometheus_scrapes_the_gateway(through: Gateway, prometheus: Prometheus) -> None:
    try:
        wait_until(lambda: prometheus.query("up") != [], "Prometheus's first scrape", 40)
        wait_until(lambda: bool(prometheus.query("postern_messages_total")), "postern_messages_total", 20)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{prometheus.service.report()}") from None
    assert [value for _, value in prometheus.query("up")] == [1.0]
    by_action = {labels["action"]: value for labels, value in prometheus.query("postern_messages_total")}
    assert by_action["relay"] == 2
    assert by_action["reject"] == 1
    assert {labels["listener"] for labels, _ in prometheus.query("postern_messages_total")} == {"test"}
    (findings,) = prometheus.query('sum(postern_findings_total{stage="attachment"})')
    assert findings[1] >= 1
    (personal,) = prometheus.query("sum(postern_personal_messages_total)")
    assert personal[1] == 1


def test_metrics_are_as_promised_and_well_formed(through: Gateway, next_hop: NextHop) -> None:
    next_hop.stop()
    sent = swaks_file(through.port, write(through.folder, "deferred", message("Later", "Hello\n")))
    assert sent.final_reply.startswith("451 4.4."), sent.transcript
    status, text = through.http("/metrics")
    assert status == 200
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    missing = {
        name for name in PROMISED if name not in families and name.removesuffix("_total") not in families
    }
    assert not missing
    for line in text.splitlines():
        for word in ("@", "Timetable", "appointment", "setup.exe"):
            assert word not in line, f"{word} in a metric: {line}"

    checked = subprocess.run(
        [program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "postern_" not in checked.stdout + checked.stderr


def test_health(through: Gateway) -> None:
    status, _ = through.http("/healthz")
    assert status == 200


def test_example_configuration_of_prometheus() -> None:
    example = ROOT / "config/prometheus/prometheus.yml"
    checked = subprocess.run(
        [program("promtool"), "check", "config", str(example)], capture_output=True, text=True, timeout=60
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "postern" in example.read_text()
