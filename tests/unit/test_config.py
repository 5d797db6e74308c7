"""Loading of postern.toml, the example files, and that every key is documented with its true default."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from gateway import config
from gateway.config import HostPort, Listener, MaildirHop, Sections, Settings, SmtpHop, load, shipped

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "postern.toml"
MINIMAL = """\
[gateway]
hostname = "mx.school.example"
local_domains = "School.Example."

[[listener]]
name = "in"
bind = "127.0.0.1:2525"
relay_to = "maildir:mail"

[policy]
profile = "nexus-mat"
"""


def _load(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "postern.toml"
    file.write_text(text, encoding="utf-8")
    loaded, problems = load(file)
    assert problems == []
    assert loaded is not None
    return loaded


# --- values ---


def test_minimal_file_has_safe_defaults(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL)
    assert loaded.source == tmp_path / "postern.toml"
    assert loaded.gateway.local_domains == ("school.example",)
    assert loaded.gateway.state_dir == Path("/var/lib/postern")
    (listener,) = loaded.listener
    assert listener.bind == (HostPort(host="127.0.0.1", port=2525),)
    assert listener.direction == "inbound"
    assert listener.trusted_networks == ()
    assert listener.max_message_size == 50 * 1024 * 1024
    assert loaded.metrics.bind is None
    assert loaded.console.bind is None
    assert loaded.policy.rulesets == shipped("rulesets")


def test_relative_paths_begin_at_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "rules").mkdir()
    text = MINIMAL.replace("maildir:mail", "maildir:../spool/./mail") + 'rulesets = "../rules"\n'
    text = text.replace("[[listener]]", 'state_dir = "state"\n[[listener]]')
    text += '[store]\ndatabase = "sqlite:///records.db"\n'
    (tmp_path / "etc" / "postern.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    loaded, problems = load(Path("etc/postern.toml"))
    assert problems == []
    assert loaded is not None
    assert loaded.gateway.state_dir == tmp_path / "etc" / "state"
    assert loaded.listener[0].relay_to == (MaildirHop(path=tmp_path / "spool" / "mail"),)
    assert loaded.policy.rulesets == tmp_path / "rules"
    assert loaded.store.database == f"sqlite:///{tmp_path}/etc/records.db"


def test_folder_reached_by_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "real" / "etc").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "etc")
    (tmp_path / "real" / "etc" / "postern.toml").write_text(
        MINIMAL.replace("maildir:mail", "maildir:../mail")
    )
    loaded, _ = load(tmp_path / "link" / "postern.toml")
    assert loaded is not None
    assert loaded.listener[0].relay_to == (MaildirHop(path=tmp_path / "real" / "mail"),)


def test_settings_are_frozen(tmp_path: Path) -> None:
    loaded = _load(tmp_path, MINIMAL)
    with pytest.raises(ValidationError):
        loaded.gateway.hostname = "other"  # type: ignore[misc]


def test_sections_can_be_made_in_code() -> None:
    listener = Listener(
        name="x",
        bind=HostPort(host="::1", port=0),
        relay_to=[SmtpHop(address=HostPort(host="mail", port=25)), MaildirHop(path=Path("mail"))],
        trusted_networks=(ipaddress.ip_network("192.0.2.0/24"),),
        max_message_size=1024,
    )
    assert str(listener.bind[0]) == "[::1]:0"
    assert [str(hop) for hop in listener.relay_to] == ["mail:25", "maildir:mail"]


def test_byte_order_mark_and_windows_line_ends_are_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "postern.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    loaded, problems = load(file)
    assert problems == []
    assert loaded is not None


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        loaded, (problem,) = load(path)
        assert loaded is None
        assert problem.file == path
        assert problem.line is None


def test_file_that_is_no_configuration_at_all(tmp_path: Path) -> None:
    loaded, (problem,) = load(Path("/dev/zero"))
    assert loaded is None
    assert "larger" in problem.message


def test_names_that_others_import() -> None:
    assert all(hasattr(config, name) for name in config.__all__)


# --- robustness ---


def _keys() -> Iterator[tuple[str, Any]]:
    """Every key of the file, as "section.key", with its field of the model."""
    for section, outer in Sections.model_fields.items():
        model = next(iter(get_args(outer.annotation)), outer.annotation)
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        for key, field in model.model_fields.items():
            yield f"{section}.{key}", field


KEYS = dict(_keys())

_JUNK = st.recursive(
    st.sampled_from(
        ["1", "-1.5", "inf", "true", '""', '"x"', '"[::1]:25"', '"maildir:"', "2024-01-01", '"1 MiB"']
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda item: f"{{ a = {item} }}")
    ),
    max_leaves=4,
)
_HEADS = [f"[{name}]" for name in Sections.model_fields] + [
    "[[listener]]",
    "[[policy]]",
    "[source]",
    "[x.y]",
    "# top",
]
_SECTION = st.tuples(
    st.sampled_from(_HEADS),
    st.dictionaries(st.sampled_from(sorted({key.partition(".")[2] for key in KEYS})), _JUNK, max_size=5),
)


def _section_name(section: tuple[str, dict[str, str]]) -> str:
    return section[0].strip("[]")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_SECTION, max_size=4, unique_by=_section_name))
def test_junk_is_reported_not_raised(tmp_path: Path, sections: list[tuple[str, dict[str, str]]]) -> None:
    sections = sorted(sections, key=lambda section: section[0] != "# top")
    lines = [
        line
        for head, keys in sections
        for line in (head, *(f"{key} = {value}" for key, value in keys.items()))
    ]
    file = tmp_path / "postern.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    loaded, problems = load(file)
    assert loaded is None
    assert problems
    assert all(problem.message and problem.file == file for problem in problems)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=80) | st.text(alphabet="[]{}=\"'\n#.,ab1 \\", max_size=80).map(str.encode))
def test_any_octets_are_reported_not_raised(tmp_path: Path, octets: bytes) -> None:
    file = tmp_path / "postern.toml"
    file.write_bytes(octets)
    loaded, problems = load(file)
    assert loaded is None
    assert problems


# --- the files that come with Postern ---


@pytest.mark.parametrize("name", ["rulesets", "config", "systemd"])
def test_shipped_folders_of_a_source_tree(name: str) -> None:
    assert shipped(name) == ROOT / name


def test_shipped_folders_of_an_installed_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = tmp_path / "gateway" / "share" / "rulesets"
    share.mkdir(parents=True)
    monkeypatch.setattr(config, "__file__", str(tmp_path / "gateway" / "config.py"))
    assert shipped("rulesets") == share


def test_demo_is_what_make_run_promises() -> None:
    loaded, problems = load(ROOT / "config" / "demo.toml")
    assert problems == []
    assert loaded is not None
    (listener,) = loaded.listener
    assert [str(address) for address in listener.bind] == ["127.0.0.1:2525"]
    assert listener.direction == "inbound"
    assert listener.relay_to == (MaildirHop(path=ROOT / "var" / "demo" / "mail"),)
    assert loaded.gateway.local_domains == ("school.example",)
    assert loaded.gateway.state_dir == ROOT / "var" / "demo" / "state"
    assert str(loaded.metrics.bind) == "127.0.0.1:9108"
    assert loaded.policy.profile == "nexus-mat"


def test_example_is_valid_and_shows_both_directions() -> None:
    loaded, problems = load(EXAMPLE)
    assert problems == []
    assert loaded is not None
    assert [listener.direction for listener in loaded.listener] == ["inbound", "outbound"]


def test_prometheus_example_scrapes_where_the_example_serves() -> None:
    loaded, _ = load(EXAMPLE)
    assert loaded is not None
    scrape = (ROOT / "config" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    assert f'targets: ["{loaded.metrics.bind}"]' in scrape


# --- every key is documented, with its true default ---

_HEAD = re.compile(r"\[\[?(\w+)\]\]?")
_KEY = re.compile(r"(# )?(\w+) = (.+)")


def _documented() -> Iterator[tuple[str, str, bool, str]]:
    """Of each key in the example: name, value, whether it is commented out, and the comment above it."""
    section, comment = "", ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if head := _HEAD.fullmatch(line):
            section = head[1]
        if key := _KEY.fullmatch(line):
            yield f"{section}.{key[2]}", key[3], key[1] is not None, comment
        comment = f"{comment} {line.removeprefix('# ')}".strip() if line.startswith("# ") and not key else ""


def _validated(key: str, toml: str) -> Any:
    """What the model makes of a value as it is written."""
    section, _, name = key.partition(".")
    outer = Sections.model_fields[section]
    model: Any = next(iter(get_args(outer.annotation)), outer.annotation)
    needed = {"name": "x", "bind": "[::1]:1", "relay_to": "x:1", "hostname": "x", "profile": "x"}
    needed = {other: value for other, value in needed.items() if other in model.model_fields}
    return getattr(model(**needed | tomllib.loads(f"{name} = {toml}")), name)


def test_example_has_every_key_and_no_other() -> None:
    assert {key for key, *_ in _documented()} == set(KEYS)


def test_example_explains_each_key_once() -> None:
    explained = [key for key, _, _, comment in _documented() if comment]
    assert sorted(explained) == sorted(KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_default_in_the_example_is_the_true_one(key: str) -> None:
    field = KEYS[key]
    _, value, commented, comment = next(item for item in _documented() if item[0] == key and item[3])
    if field.is_required():
        assert not commented
        assert "Required." in comment
    elif field.default is None:
        assert "Default: " in comment
        assert _validated(key, value) is not None
    elif commented:
        assert _validated(key, value) == field.default
    else:
        default = re.search(r"Default: (\S.*?)\.?$", comment)
        assert default is not None
        assert _validated(key, default[1]) == field.default


def test_example_with_everything_uncommented_says_the_same(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line[2:] if line.startswith("# ") and _KEY.fullmatch(line) else line for line in lines)
    (tmp_path / "rulesets").mkdir()
    everything = _load(tmp_path, text).model_dump(exclude={"source", "policy", "store", "console"})
    example, _ = load(EXAMPLE)
    assert example is not None
    assert everything == example.model_dump(exclude={"source", "policy", "store", "console"})


def _reference() -> Iterator[tuple[str, str]]:
    """Key and default of each row of the reference tables."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for row in re.finditer(r"^\| `(\w+\.\w+)` \| [\w ]+ \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE):
        yield row[1], row[2].strip()


def test_reference_has_every_key_once_and_no_other() -> None:
    assert sorted(key for key, _ in _reference()) == sorted(KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
def test_default_in_the_reference_is_the_true_one(key: str) -> None:
    field, default = KEYS[key], dict(_reference())[key]
    if field.is_required():
        assert default == "required"
    elif field.default is None:
        assert default == "none"
    else:
        assert _validated(key, default.strip("`")) == field.default
