"""Dovecot as a mailbox: the server that most of those behind IMAP run, and one that has MOVE (RFC 6851).

It runs from a folder of its own, without root: started by root it runs as nobody.
"""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.mailbox import PASSWORD, Mailbox
from tests.peers import require

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{folder}/mail
mail_max_userip_connections = 100
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class DovecotMailbox(Mailbox):
    """`with DovecotMailbox() as box`, as `Mailbox`; what it says is in `folder/log`."""

    def _launched(self) -> subprocess.Popen[bytes]:
        program = require("dovecot")
        self.folder = Path(tempfile.mkdtemp(prefix="bavn-dovecot-"))
        who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        known = {
            "user": who.pw_name,
            "uid": who.pw_uid,
            "gid": who.pw_gid,
            "group": grp.getgrgid(who.pw_gid).gr_name,
        }
        config = self.folder / "dovecot.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, password=PASSWORD, **known))
        drops: dict[str, int] = {}
        if os.geteuid() == 0:
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            config.chmod(0o644)
            drops = {"user": who.pw_uid, "group": who.pw_gid}
        return subprocess.Popen(
            [program, "-F", "-c", config],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            extra_groups=[] if drops else None,
            **drops,
        )

    def stop(self) -> None:
        """SIGTERM: killed, it would leave its children behind."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)
