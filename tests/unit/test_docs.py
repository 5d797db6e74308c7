"""What the pages say against what the program does: replies, metrics, log fields, commands, the profile; and links."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from gateway import reply, service
from gateway.cli import app, quarantine_app
from gateway.model import (
    Action,
    Client,
    Direction,
    Envelope,
    Finding,
    Judged,
    Privacy,
    Verdict,
)
from gateway.reply import Reply
from gateway.telemetry import Metrics

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_MENTIONED = re.compile(r"(?<![\w/.])(?:gateway|rulesets|config|systemd|tests|benchmarks|docs)/[\w./-]*\w")
_EVENT = re.compile(r'\.(?:info|warning|error)\(\s*"([a-z][a-z ,]+)"')


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def everything() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in PAGES)


# --- replies ---

REPLIES = {name: value for name, value in vars(reply).items() if isinstance(value, Reply)}
MADE = {
    "greeting": reply.greeting("HOST"),
    "accepted": reply.accepted("REF"),
    "blocked": reply.blocked("LABEL", "PROFILE", "CLAUSE", "REF"),
    "deferred": reply.deferred("REF"),
}


@pytest.mark.parametrize("name", [*REPLIES, *MADE])
def test_every_reply_is_explained(name: str) -> None:
    answer = REPLIES.get(name) or MADE[name]
    assert f"`{answer.code} {answer.text}`" in page("docs/smtp.md")


def test_no_reply_is_explained_that_is_never_given() -> None:
    given = {f"{answer.code} {answer.text}" for answer in [*REPLIES.values(), *MADE.values()]}
    explained = re.findall(r"`(\d{3} [245]\.\d+\.\d+ [^`]+)`", page("docs/smtp.md"))
    assert explained
    assert set(explained) <= given


# --- metrics ---


def metric_names() -> set[str]:
    registry = CollectorRegistry()
    Metrics(registry)
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name for family in registry.collect()
    }
    source = (ROOT / "gateway/metrics_server.py").read_text(encoding="utf-8")
    return names | set(re.findall(r'"(postern_\w+)"', source))


def test_every_metric_is_explained() -> None:
    names = metric_names()
    assert len(names) > 10
    text = page("docs/operations.md")
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", ["docs/operations.md", "docs/privacy.md", "config/prometheus/alerts.yml"])
def test_no_metric_is_named_that_is_not_there(name: str) -> None:
    named = {
        re.sub(r"_(bucket|count|sum)$", "", metric)
        for metric in re.findall(r"\bpostern_[a-z_]+[a-z]\b", page(name))
    }
    assert named
    assert named <= metric_names()


def test_every_alert_has_a_first_thing_to_do() -> None:
    alerts = re.findall(r"- alert: (\w+)", page("config/prometheus/alerts.yml"))
    assert alerts
    assert re.findall(r"^\| (Postern\w+) \|", page("docs/operations.md"), re.MULTILINE) == alerts


# --- the log ---


def fullest_outcome() -> service.Outcome:
    """An outcome in which nothing is absent."""
    finding = Finding("keyword", "rule", "gambling", "1", "a.txt", "detail")
    return service.Outcome(
        reference="REF",
        client=Client("192.0.2.1", 25, "mail.example"),
        envelope=Envelope("a@example.org", recipients=["b@school.example"]),
        direction=Direction.INBOUND,
        verdict=Verdict(Action.TAG, (Judged(finding, Action.TAG, "1", "label"),), "profile"),
        reply=reply.OK,
        privacy=Privacy.ORDINARY,
        subject="Subject",
        size=1,
        defects=1,
        seconds=0.1,
        refused=(service.Refusal("RCPT", "c@school.example", reply.RELAY_DENIED),),
    )


def log_fields() -> Iterator[str]:
    fields = service._log_fields(fullest_outcome(), "inbound")
    yield from fields
    for nested in ("findings", "refused"):
        yield from fields[nested][0]
    yield from ("time", "level", "event")


def test_every_field_of_the_log_is_explained() -> None:
    fields = list(log_fields())
    assert {"clause", "filename", "step", "address", "defects"} <= set(fields)
    text = page("docs/operations.md")
    assert [name for name in fields if f"`{name}`" not in text] == []


def test_every_event_of_the_log_is_explained() -> None:
    events = {
        event
        for module in ("service", "supervisor", "telemetry")
        for event in _EVENT.findall((ROOT / f"gateway/{module}.py").read_text(encoding="utf-8"))
    }
    assert {"message", "refused", "reloaded", "fault"} <= events
    text = page("docs/operations.md")
    assert [event for event in sorted(events) if not re.search(rf'[`"]{event}[`"]', text)] == []


# --- commands ---


def verbs() -> list[str]:
    commands = [("postern", command) for command in app.registered_commands]
    commands += [("postern quarantine", command) for command in quarantine_app.registered_commands]
    return [
        f"{group} {command.name or getattr(command.callback, '__name__', '')}" for group, command in commands
    ]


@pytest.mark.parametrize("verb", verbs())
def test_every_command_is_mentioned(verb: str) -> None:
    assert re.search(rf"{verb}\b", everything()), verb


# --- the profile ---


def test_the_table_of_the_profile_is_true() -> None:
    text = page("docs/rulesets.md").partition("### What nexus-mat does now")[2].partition("\n## ")[0]
    told: dict[str, tuple[str, str]] = {}
    for clause, names, action in re.findall(r"^\| ([^|]+) \| (`[^|]+) \| ([^|]+) \|", text, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", names):
            assert name not in told
            told[name] = clause, action
    profile = tomllib.loads(page("rulesets/profiles/nexus-mat.toml"))["category"]
    assert told == {
        name: (entry["clause"], entry["action"] if isinstance(entry["action"], str) else "by direction")
        for name, entry in profile.items()
    }


# --- links and paths ---


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to headings: a repeated one gets a number."""
    seen: dict[str, int] = defaultdict(int)
    found = set()
    for heading in re.findall(r"^#{1,6} (.+)$", _FENCED.sub("", text), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


@pytest.mark.parametrize("file", PAGES, ids=[file.name for file in PAGES])
def test_links_lead_somewhere(file: Path) -> None:
    text = _FENCED.sub("", file.read_text(encoding="utf-8"))
    for target in _LINK.findall(text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (file.parent / path).resolve() if path else file
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("file", PAGES, ids=[file.name for file in PAGES])
def test_files_that_are_named_are_there(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = {
        name.rstrip(".") for quoted in re.findall(r"`([^`\n]+)`", text) for name in _MENTIONED.findall(quoted)
    }
    made = {"config/second.toml", "benchmarks/results", "gateway/share", "gateway/share/systemd"}
    missing = [name for name in sorted(named - made) if not (ROOT / name).exists()]
    assert missing == []


def test_every_page_is_in_the_table_of_the_readme() -> None:
    listed = set(re.findall(r"\(docs/(\w+\.md)\)", page("README.md")))
    assert listed == {file.name for file in (ROOT / "docs").glob("*.md")}


def test_modules_of_the_story_are_there() -> None:
    text = page("docs/flow.md")
    named = set(re.findall(r"`([\w/]+\.py)`", text))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / "gateway" / name).exists()] == []
