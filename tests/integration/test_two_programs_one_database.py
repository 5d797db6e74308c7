"""The command line and the gateway share a database. What one does must not take the other's work away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import StartGateway
from tests.support.gateway import Gateway
from tests.support.next_hop import NextHop
from tests.support.process import descendants
from tests.support.smtp_tools import swaks


def listed(instance: Gateway) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "quarantine", "list", "--json", "-c", str(instance.config_file)],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    return {json.loads(line)["reference"] for line in done.stdout.splitlines() if line.startswith("{")}


def rejected(instance: Gateway) -> str:
    sent = swaks(instance.port, "--header", "Subject: Claim your free casino bonus today")
    match = re.search(r"550 5\.7\.1 .* Reference (\w{26})", sent.transcript)
    assert match, sent.transcript
    return match[1]


def vanished_files(instance: Gateway) -> list[str]:
    """Files of the database that the gateway has open though they are gone."""
    service = instance.running_service
    links = []
    for pid in [service.pid, *descendants(service.pid)]:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                links.append(os.readlink(descriptor))
            except FileNotFoundError:
                continue
    return [link for link in links if "postern.db" in link and link.endswith("(deleted)")]


def test_looking_at_the_quarantine_loses_nothing(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address, workers=2)
    references: set[str] = set()
    for _ in range(3):
        references |= {rejected(instance) for _ in range(3)}
        assert listed(instance) == references
        assert vanished_files(instance) == []
    instance.stop()
    assert listed(instance) == references
