"""A private Postfix: its own configuration, queue, log and port, delivering into a Maildir.

Nothing of the machine's own Postfix is read or written. Postfix's master insists on starting as root; where
the tests run as another user, `sudo -n` is used, and a machine that offers neither fails the test with a
message that says so. The delivered files belong to the user who runs the tests (to nobody for root).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, greeted, wait_until
from tests.support.root import as_root

DOMAIN = "school.example"

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{domain}
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_authorized_xforward_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd{smtpd_options}
postlog   unix-dgram n - n - 1 postlogd
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
proxymap  unix - - n - - proxymap
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
virtual   unix - n n - - virtual
"""


class PostfixUnavailable(AssertionError):
    """Postfix is missing; the message says what to do."""


class Postfix:
    """The instance. `smtpd_options` go behind smtpd in master.cf (as "-o"), `parameters` into main.cf."""

    def __init__(
        self, *, smtpd_options: Mapping[str, str] | None = None, parameters: Mapping[str, str] | None = None
    ) -> None:
        if shutil.which("postfix", path=_path()) is None:
            raise PostfixUnavailable("Postfix is not installed: run tests/setup/debian.sh")
        self._root = as_root("Postfix starts as root only")
        self.port = free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        # A folder of its own directly under the system's: other users must be able to enter it, and the
        # paths of Postfix's sockets must stay below 108 octets.
        self.home = Path(tempfile.mkdtemp(prefix="pf-"))
        self.home.chmod(0o755)
        try:
            self._lay_out(smtpd_options or {}, parameters or {})
            self._postfix("start")
            wait_until(lambda: greeted(self.port), "Postfix's greeting")
        except BaseException:
            self.stop()
            raise

    def _lay_out(self, smtpd_options: Mapping[str, str], parameters: Mapping[str, str]) -> None:
        for folder in ("config", "queue", "data", "log", "mail"):
            (self.home / folder).mkdir()
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        values = {"home": self.home, "domain": DOMAIN, "uid": user.pw_uid, "gid": user.pw_gid}
        main = MAIN_CF.format(daemons=_daemons(), **values)
        main += "".join(f"{name} = {value}\n" for name, value in parameters.items())
        options = "".join(f"\n  -o {name}={value}" for name, value in smtpd_options.items())
        (self.home / "config/main.cf").write_text(main)
        (self.home / "config/master.cf").write_text(MASTER_CF.format(port=self.port, smtpd_options=options))
        self._run(["chown", "postfix", str(self.home / "data")])
        self._run(["chown", f"{user.pw_uid}:{user.pw_gid}", str(self.home / "mail")])
        self._run(
            ["chown", "root:root", str(self.home / "queue"), *map(str, (self.home / "config").iterdir())]
        )

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._root, "env", f"PATH={_path()}", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def _postfix(self, verb: str) -> None:
        done = self._run(["postfix", "-c", str(self.home / "config"), verb])
        if done.returncode:
            raise AssertionError(f"postfix {verb}: exit status {done.returncode}\n{done.stderr}\n{self.log}")

    @property
    def log(self) -> str:
        """Its mail log so far."""
        file = self.home / "log/mail.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    @property
    def master_pid(self) -> int:
        """Process id of its master."""
        return int((self.home / "queue/pid/master.pid").read_text())

    @property
    def delivered(self) -> list[Path]:
        """Files of delivered messages, oldest first."""
        return sorted((self.home / "mail/inbox/new").glob("*"), key=lambda file: file.stat().st_mtime_ns)

    def wait_for(self, count: int, timeout: float = 30.0) -> list[Path]:
        """The delivered files once there are `count`."""
        try:
            wait_until(lambda: len(self.delivered) >= count, f"{count} messages in the mailbox", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log[-4000:]}") from None
        return self.delivered

    def stop(self) -> None:
        """Stop it and remove its folder. Harmless when repeated."""
        if (self.home / "queue/pid/master.pid").exists():
            self._run(["postfix", "-c", str(self.home / "config"), "stop"])
        self._run(["rm", "-rf", str(self.home)])


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _daemons() -> str:
    done = subprocess.run(
        ["postconf", "-d", "-h", "daemon_directory"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": _path()},
        check=True,
    )
    return done.stdout.strip()
