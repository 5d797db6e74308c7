"""Checks of postern.toml that look at several keys together.

They read the values as they stand in the file, not the validated settings, so that they can be made although
something else in the file is wrong: all problems are reported at once. What is not of the right kind is left
to the checks of the single keys.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gateway.config_address import HostPort, parse_host_port
from gateway.problem import Place, Problem, dotted
from gateway.toml_file import Document

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_Listener = tuple[int, dict[str, Any]]


class _Bound(NamedTuple):
    """An address that the file says we listen on."""

    place: Place
    address: HostPort

    @property
    def owner(self) -> str:
        """Whose address it is, for messages: 'listener[0]' or '[metrics]'."""
        return dotted(self.place[:2]) if self.place[0] == "listener" else f"[{self.place[0]}]"


def across(document: Document, folder: Path) -> list[Problem]:
    """All problems that lie between keys. `folder` is where relative paths begin."""
    listeners = list(_listeners(document))
    bound = list(_bound(document, listeners))
    return [
        *_no_listener(document),
        *_domains(document, listeners),
        *_names(document, listeners),
        *_networks(document, listeners),
        *_clashes(document, bound),
        *_loops(document, listeners, bound),
        *_state_dir(document, folder),
        *_rulesets(document, folder),
    ]


def _value(document: Document, section: str, key: str) -> object:
    table = document.data.get(section)
    return table.get(key) if isinstance(table, dict) else None


def _listeners(document: Document) -> Iterator[_Listener]:
    tables = document.data.get("listener")
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, dict):
            yield index, table


def _texts(place: Place, value: object) -> Iterator[tuple[Place, str]]:
    """The texts in `value`, which may be one text or a list, with their places."""
    if isinstance(value, str):
        yield place, value
    for number, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, str):
            yield (*place, number), item


def _no_listener(document: Document) -> Iterator[Problem]:
    if document.data.get("listener") == []:
        yield document.at(("listener",), "there is no listener; write at least one section [[listener]]")


def _domains(document: Document, listeners: list[_Listener]) -> Iterator[Problem]:
    gateway = document.data.get("gateway", {})
    takers = [table for _, table in listeners if table.get("direction", "inbound") in ("inbound", "auto")]
    if isinstance(gateway, dict) and takers and gateway.get("local_domains", []) == []:
        yield document.at(
            ("gateway", "local_domains"),
            "no domain is listed, so that no incoming mail would be accepted; "
            'write for example local_domains = ["school.example"]',
        )


def _names(document: Document, listeners: list[_Listener]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, table in listeners:
        name = table.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield document.at(
                ("listener", index, "name"),
                f'listener[{seen[name]}] has the name "{name}" already; give each listener a name of its own',
            )
        seen.setdefault(name, index)


def _networks(document: Document, listeners: list[_Listener]) -> Iterator[Problem]:
    for index, table in listeners:
        if table.get("direction") == "outbound" and table.get("trusted_networks", []) == []:
            yield document.at(
                ("listener", index, "trusted_networks"),
                "no network is listed, so that no outgoing mail would be accepted; list the networks "
                'of your mail servers and clients, for example trusted_networks = ["192.0.2.0/24"]',
            )


def _bound(document: Document, listeners: list[_Listener]) -> Iterator[_Bound]:
    values: list[tuple[Place, object]] = [
        (("listener", index, "bind"), table.get("bind")) for index, table in listeners
    ]
    values += [((name, "bind"), _value(document, name, "bind")) for name in ("metrics", "console")]
    for key, value in values:
        for place, text in _texts(key, value):
            if address := parse_host_port(text):
                yield _Bound(place, address)


def _clashes(document: Document, bound: list[_Bound]) -> Iterator[Problem]:
    for number, later in enumerate(bound):
        earlier = next((other for other in bound[:number] if _overlap(other.address, later.address)), None)
        if earlier is not None:
            where = "" if earlier.address == later.address else f", which listens on {earlier.address}"
            yield document.at(
                later.place,
                f"{later.address} is taken by {earlier.owner} already{where}; choose another port or address",
            )


def _loops(document: Document, listeners: list[_Listener], bound: list[_Bound]) -> Iterator[Problem]:
    own = [item for item in bound if item.place[0] == "listener"]
    for index, table in listeners:
        for place, text in _texts(("listener", index, "relay_to"), table.get("relay_to")):
            hop = None if text.startswith("maildir:") else parse_host_port(text)
            met = next((item for item in own if hop is not None and _reaches(hop, item.address)), None)
            if met is not None:
                yield document.at(
                    place,
                    f"{hop} leads back to {met.owner} of this gateway, so that mail would go round in a loop; "
                    "name the mail server behind the gateway",
                )


def _state_dir(document: Document, folder: Path) -> Iterator[Problem]:
    path = _path(document, "gateway", "state_dir", folder)
    # It need not be there yet; what stands in its place, or in that of a folder above it, must be a folder.
    taken = next((place for place in (path, *path.parents) if os.path.exists(place)), None) if path else None
    if taken is not None and not taken.is_dir():
        yield document.at(
            ("gateway", "state_dir"),
            f"{taken} is a file, not a folder; name a folder that Postern may create or write to",
        )


def _path(document: Document, section: str, key: str, folder: Path) -> Path | None:
    """The path that a key names, or None where there is none to look at."""
    text = _value(document, section, key)
    if not isinstance(text, str) or not text.strip() or text.startswith("~") or "\0" in text:
        return None
    return Path(os.path.normpath(folder / text.strip()))


def _rulesets(document: Document, folder: Path) -> Iterator[Problem]:
    path = _path(document, "policy", "rulesets", folder)
    if path is not None and not path.is_dir():
        yield document.at(
            ("policy", "rulesets"),
            f"there is no folder {path}; leave the key out to use the rulesets that came with Postern",
        )


def _hosts(host: str) -> frozenset[str]:
    """A host in one spelling; `localhost` is both loopback addresses."""
    host = host.lower().rstrip(".")
    if host == "localhost":
        return _LOOPBACK
    try:
        return frozenset({str(ipaddress.ip_address(host))})
    except ValueError:
        return frozenset({host})


def _overlap(one: HostPort, other: HostPort) -> bool:
    """Whether two addresses cannot both be listened on. Port 0 means any free port."""
    if one.port != other.port or one.port == 0:
        return False
    left, right = _hosts(one.host), _hosts(other.host)
    return bool(left & right) or _covers(left, right) or _covers(right, left)


def _reaches(hop: HostPort, bind: HostPort) -> bool:
    """Whether a connection to `hop` certainly ends at `bind`."""
    if hop.port != bind.port or hop.port == 0:
        return False
    target, here = _hosts(hop.host), _hosts(bind.host)
    if target & {"0.0.0.0", "::"}:  # to connect to the wildcard is to connect to the loopback address
        target = _LOOPBACK
    return bool(target & here) or (bool(target & _LOOPBACK) and _covers(here, target))


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Whether `wide` is every address of the family that one of `narrow` belongs to."""
    families = {4 if "." in host else 6 for host in narrow if _is_address(host)}
    return ("0.0.0.0" in wide and 4 in families) or ("::" in wide and 6 in families)


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
