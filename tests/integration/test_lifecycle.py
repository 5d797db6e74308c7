"""The life of a gateway: reload, death of a worker and of the supervisor, stop. No connection and no count is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest

from gateway.loaded import load_all
from gateway.supervisor import Supervisor
from tests.conftest import StartGateway
from tests.support.gateway import ROOT, Gateway
from tests.support.messages import message
from tests.support.next_hop import NextHop, Wait
from tests.support.ports import free_port, greeted, wait_until
from tests.support.process import children

SENDER, RECIPIENT = "ann@elsewhere.example", "bob@school.example"
OpenSession = Callable[[Gateway], smtplib.SMTP]
CONTENT = message("Lunch", "Hello.")
BETS = message("Lunch", "Claim your free casino bonus today")


def connect(port: int) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", port, "client.elsewhere.example", 15)


@pytest.fixture
def client(request: pytest.FixtureRequest) -> OpenSession:
    """A function that opens a session, which is closed with the test."""

    def opened(instance: Gateway) -> smtplib.SMTP:
        session = connect(instance.port)
        request.addfinalizer(session.close)
        return session

    return opened


def begin(session: smtplib.SMTP) -> None:
    """Everything up to the reply to DATA."""
    session.ehlo()
    session.mail(SENDER)
    session.rcpt(RECIPIENT)
    assert session.docmd("DATA")[0] == 354


def send(port: int, content: bytes = CONTENT) -> int:
    """Send a message; the code of the reply to it."""
    with connect(port) as client:
        try:
            client.sendmail(SENDER, [RECIPIENT], content)
        except smtplib.SMTPDataError as error:
            return error.smtp_code
    return 250


def banners(port: int, count: int) -> list[str]:
    """What a number of connections are greeted with, one after another."""
    found = []
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            found.append(connection.recv(512).decode())
    return found


def status(gateway: Gateway) -> dict[str, object]:
    """run/status.json, which is written when all workers are ready."""
    wait_until((gateway.state_dir / "run" / "status.json").exists, "the status file", 10)
    found = json.loads((gateway.state_dir / "run" / "status.json").read_text())
    assert isinstance(found, dict)
    return found


def reloaded(gateway: Gateway) -> dict[str, object]:
    """SIGHUP; the status once it was answered."""
    before = status(gateway)["serial"]
    gateway.reload()
    wait_until(lambda: status(gateway)["serial"] != before, "the answer to SIGHUP", 30)
    return status(gateway)


def command(gateway: Gateway, *words: str) -> subprocess.CompletedProcess[str]:
    """`postern WORDS -c ...`."""
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words, "-c", str(gateway.config_file)],
        capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip


def rename(gateway: Gateway, hostname: str) -> None:
    """Another host name in the configuration file."""
    text = gateway.config_file.read_text()
    gateway.config_file.write_text(re.sub(r'hostname = "[^"]*"', f'hostname = "{hostname}"', text))


def workers(gateway: Gateway) -> list[int]:
    """Process ids of the workers: the children of the supervisor that run an event loop."""
    return [
        pid
        for pid in children(gateway.running_service.pid)
        if any("eventpoll" in link for link in descriptors(pid))
    ]


def descriptors(pid: int) -> list[str]:
    """What the descriptors of a process lead to; "socket:[7]" for a socket. Empty where it has ended."""
    links: list[str] = []
    with suppress(OSError):
        links.extend(os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir())
    return links


def listening_on(gateway: Gateway, port: int) -> list[int]:
    """Processes of the gateway that hold a listening socket of the port."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in table]
    wanted = {f"socket:[{row[9]}]" for row in fields if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    family = [gateway.running_service.pid, *children(gateway.running_service.pid)]
    return [pid for pid in family if wanted & set(descriptors(pid))]


# --- reload -------------------------------------------------------------------------------------------------


def test_a_reload_takes_effect_and_drops_no_connection(
    gateway: StartGateway, next_hop: NextHop, client: OpenSession
) -> None:
    instance = gateway(next_hop.address, workers=2)
    idle, busy = client(instance), client(instance)
    begin(busy)
    busy.send(CONTENT[:30])
    rename(instance, "new.school.example")
    assert reloaded(instance)["ok"] is True
    assert all("new.school.example" in banner for banner in banners(instance.port, 8))

    busy.send(CONTENT[30:] + b".\r\n")
    assert busy.getreply()[0] == 250
    for session in (busy, idle):
        session.sendmail(SENDER, [RECIPIENT], CONTENT)
        session.quit()
    wait_until(lambda: len(next_hop.accepted) == 3, "three messages")
    assert instance.metric("postern_config_last_reload_successful") == 1


def test_postern_reload(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address)
    rename(instance, "new.school.example")
    done = command(instance, "reload")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nexus-mat" in done.stdout
    assert all("new.school.example" in banner for banner in banners(instance.port, 4))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("nexus-mat", "nexus-matt"), "nexus-mat"),
        (lambda text: text.replace("hostname", "hostnmae"), "hostnmae"),
        (lambda text: text[: len(text) // 2], "postern.toml"),
    ],
    ids=["profile", "key", "half a file"],
)
def test_a_bad_file_leaves_the_old_one_in_force_and_says_why(
    broken: Gateway, change: Callable[[str], str], reason: str
) -> None:
    good = broken.config_file.read_text()
    try:
        broken.config_file.write_text(change(good))
        done = command(broken, "reload")
        assert done.returncode == 1
        assert reason in done.stderr
        assert "Traceback" not in done.stderr
        after = reloaded(broken)
        assert after["ok"] is False
        assert reason in str(after["message"])
        assert broken.metric("postern_config_last_reload_successful") == 0
        assert send(broken.port) == 250
    finally:
        broken.config_file.write_text(good)
    assert reloaded(broken)["ok"] is True


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all bad files: each must leave it as it was."""
    with NextHop() as hop:
        instance = Gateway(tmp_path_factory.mktemp("broken"), hop.address)
        yield instance
        instance.kill()


def test_a_reload_that_fails_in_an_unforeseen_way_does_not_end_the_gateway(
    gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that goes while it is read, say; or a fault of ours. The supervisor outlives it and says so."""

    def broken(path: Path) -> None:
        raise FileNotFoundError(2, "gone", str(path))

    instance = gateway("127.0.0.1:1", start=False)
    loaded, _ = load_all(instance.config_file)
    assert loaded is not None
    monkeypatch.setattr("sdnotify.SystemdNotifier", Mock)
    supervisor = Supervisor(instance.config_file, loaded)
    (instance.state_dir / "run").mkdir()
    monkeypatch.setattr("gateway.supervisor.load_all", broken)
    supervisor._reload()
    assert status(instance)["ok"] is False


def test_ten_reloads_in_a_row_under_load(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address, workers=2)
    failures: list[str] = []
    sent = 0
    stop = threading.Event()

    def load() -> None:
        nonlocal sent
        while not stop.is_set():
            try:
                code = send(instance.port)
            except (smtplib.SMTPException, OSError) as error:
                failures.append(repr(error))
            else:
                sent += code == 250
                if code != 250:
                    failures.append(str(code))

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            rename(instance, f"name{number}.school.example")
            assert reloaded(instance)["ok"] is True
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not failures, f"{len(failures)} of {sent + len(failures)} sessions failed: {failures[:3]}"
    wait_until(lambda: len(next_hop.accepted) == sent, f"{sent} messages")
    assert "name9.school.example" in banners(instance.port, 1)[0]


def test_fewer_and_more_workers(gateway: StartGateway, next_hop: NextHop) -> None:
    """A socket that nobody serves any more, or not yet, would swallow its share of the connections.

    Where there is no room for so many workers the reload may be refused, but not half done."""
    instance = gateway(next_hop.address, workers=2)
    for count in (1, 3, 14):
        text = instance.config_file.read_text()
        instance.config_file.write_text(re.sub(r"workers = \d+", f"workers = {count}", text))
        if reloaded(instance)["ok"]:
            wait_until(lambda wanted=count: len(workers(instance)) == wanted, f"{count} workers", 5)  # type: ignore[misc]
        else:
            assert count == 14
            assert "workers" in str(status(instance)["message"])
        assert all(banner.startswith("220 ") for banner in banners(instance.port, 30))


def test_another_address(gateway: StartGateway, next_hop: NextHop) -> None:
    """The old port is closed, so that clients hear it at once and go elsewhere."""
    instance = gateway(next_hop.address, workers=2)
    old, old_metrics = instance.port, instance.metrics_port
    instance.port, instance.metrics_port = free_port(), free_port()
    text = instance.config_file.read_text()
    for before, after in ((old, instance.port), (old_metrics, instance.metrics_port)):
        text = text.replace(f"127.0.0.1:{before}", f"127.0.0.1:{after}")
    instance.config_file.write_text(text)
    assert reloaded(instance)["ok"] is True
    assert send(instance.port) == 250
    assert instance.http("/healthz")[0] == 200
    for port in (old, old_metrics):
        wait_until(lambda gone=port: not listening_on(instance, gone), f"port {port} to close", 5)  # type: ignore[misc]
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=3):
            pass


def test_an_address_that_is_taken_is_refused_and_nothing_changes(
    gateway: StartGateway, next_hop: NextHop
) -> None:
    instance = gateway(next_hop.address)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        text = instance.config_file.read_text()
        port = taken.getsockname()[1]
        instance.config_file.write_text(
            text.replace(f'"127.0.0.1:{instance.port}"', f'["127.0.0.1:{free_port()}", "127.0.0.1:{port}"]')
        )
        after = reloaded(instance)
    assert after["ok"] is False
    assert f"127.0.0.1:{port}" in str(after["message"])
    assert send(instance.port) == 250


def test_another_database(gateway: StartGateway, next_hop: NextHop) -> None:
    """Either it works at once, or the reload is refused; never a gateway that defers what it should hold."""
    instance = gateway(next_hop.address)
    with instance.config_file.open("a") as file:
        file.write(f'\n[store]\ndatabase = "sqlite:///{instance.folder / "other.db"}"\n')
    reloaded(instance)
    assert send(instance.port, BETS) == 550


# --- death ----------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_is_replaced_and_its_counts_stay(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address, workers=2)
    for _ in range(6):
        assert send(instance.port) == 250
    assert instance.metric("postern_messages_total", action="relay") == 6
    for round_ in range(2):
        (victim, *_) = workers(instance)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda gone=victim: gone not in children(instance.running_service.pid), "its end")  # type: ignore[misc]
        wait_until(lambda: len(workers(instance)) == 2, "another worker")
        for _ in range(6):
            assert send(instance.port) == 250
        wait_until(
            lambda wanted=12 + 6 * round_: (
                instance.metric("postern_messages_total", action="relay") == wanted
            ),  # type: ignore[misc]
            "the count to go on",
            5,
        )
    wait_until(lambda: instance.metric("postern_sessions") == 0, "sessions of the dead to be forgotten", 5)
    assert instance.http("/healthz")[0] == 200
    died = [record for record in instance.records if str(record["event"]).startswith("worker died")]
    assert [record["status"] for record in died] == ["signal 9"] * 2


def test_dead_workers_leave_no_session_in_the_limits(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address, workers=1, listener={"max_connections": 3})
    status(instance)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", instance.port), timeout=5)).recv(512)
        assert banners(instance.port, 1)[0].startswith("421 ")
        os.kill(workers(instance)[0], signal.SIGKILL)
        wait_until(lambda: greeted(instance.port), "another worker", 10)
        assert send(instance.port) == 250


def test_the_metrics_process_is_replaced(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address)
    assert send(instance.port) == 250
    (victim,) = set(children(instance.running_service.pid)) - set(workers(instance))
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in children(instance.running_service.pid), "its end")

    def scraped() -> bool:
        try:
            return instance.metric("postern_messages_total", action="relay") == 1
        except OSError:
            return False

    wait_until(scraped, "the metrics", 10)


def test_when_the_supervisor_is_killed_its_children_go_and_another_gateway_can_start(
    gateway: StartGateway, next_hop: NextHop, client: OpenSession
) -> None:
    """At once, while a worker of the old one still finishes a message."""
    instance = gateway(next_hop.address, workers=2)
    status(instance)
    family = children(instance.running_service.pid)
    assert len(family) == 3
    idle, busy = client(instance), client(instance)
    begin(busy)
    os.kill(instance.running_service.pid, signal.SIGKILL)
    instance.running_service.process.wait(5)
    assert idle.getreply()[0] == 421
    instance.start()
    wait_until(lambda: status(instance)["pid"] == instance.running_service.pid, "the new gateway")
    assert all(banner.startswith("220 ") for banner in banners(instance.port, 20))
    busy.send(CONTENT + b".\r\n")
    assert busy.getreply()[0] == 250
    wait_until(lambda: not any(descriptors(pid) for pid in family), "their end", 15)


def test_a_second_gateway_with_the_same_folder_is_refused(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address)
    done = command(instance, "run")
    assert done.returncode == 1
    assert "another gateway is running" in done.stderr
    assert send(instance.port) == 250
    assert instance.metric("postern_messages_total") == 1, "and it has not cleared the first one's counts"


# --- stop -------------------------------------------------------------------------------------------------------


def test_stop_finishes_transactions_and_sends_idle_clients_away(
    gateway: StartGateway, next_hop: NextHop, client: OpenSession
) -> None:
    instance = gateway(next_hop.address, workers=2)
    idle, sending, waiting = (client(instance) for _ in range(3))
    begin(sending)
    begin(waiting)
    sending.send(CONTENT[:30])
    next_hop.script = {"dot": Wait(1.0)}
    waiting.send(CONTENT + b".\r\n")
    time.sleep(0.2)
    instance.running_service.signal(signal.SIGTERM)
    assert idle.getreply()[0] == 421
    wait_until(lambda: not greeted(instance.port, timeout=0.5), "the port to close", 5)
    assert waiting.getreply()[0] == 250
    sending.send(CONTENT[30:] + b".\r\n")
    assert sending.getreply()[0] == 250
    assert sending.getreply()[0] == 421
    assert instance.running_service.process.wait(10) == 0
    assert len(next_hop.accepted) == 2
    assert len([record for record in instance.records if record.get("action") == "relay"]) == 2
    assert not (instance.state_dir / "run" / "status.json").exists()


def test_stop_does_not_wait_for_ever(gateway: StartGateway, next_hop: NextHop, client: OpenSession) -> None:
    instance = gateway(next_hop.address, sections={"gateway": {"stop_timeout": 1}})
    session = client(instance)
    begin(session)
    session.send(CONTENT)
    assert instance.running_service.stop(timeout=15) == 0
    assert not next_hop.messages


def test_ctrl_c_stops_it_cleanly(gateway: StartGateway, next_hop: NextHop) -> None:
    instance = gateway(next_hop.address, workers=2)
    assert send(instance.port) == 250
    os.killpg(instance.running_service.pid, signal.SIGINT)  # as a terminal does: to the whole group
    assert instance.running_service.process.wait(15) == 0
    assert "Traceback" not in instance.running_service.errors
    assert not [record for record in instance.records if record["level"] == "error"]
