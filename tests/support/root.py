"""The right to do what only root may: needed by Postfix, and by the tests of systemd's snippets."""

from __future__ import annotations

import os
import shutil
import subprocess


class RootNeeded(AssertionError):
    """Neither root nor sudo without a password; the message says so."""


def as_root(what: str) -> list[str]:
    """What to put before a command so that it runs as root: nothing, or sudo. `what` explains the need."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    raise RootNeeded(f"{what}: run the tests as root, or as a user who may use sudo without a password")
