"""Debian's dovecot on this machine, with a certificate of its own and one account."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.harness.patience import PATIENCE_S, end_server
from bench.harness.ports import free_port
from tests.accounts.slapd import make_certificates

PROGRAM = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
USER, PASSWORD = "ada", "right-horse-7"
CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Trash {{
    special_use = \\Trash
    auto = create
  }}
}}
"""


class Dovecot:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.ca_file = str(folder / "ca.pem")
        make_certificates(folder)
        for name in ("run", "mail", "home"):
            (folder / name).mkdir()
            shutil.chown(folder / name, "dovecot", "dovecot") if name != "run" else None
        folder.chmod(0o755)  # dovecot's own account comes through
        given = {"folder": folder, "port": self.port, "tls_port": self.tls_port, "password": PASSWORD}
        (folder / "dovecot.conf").write_text(CONFIGURATION.format(**given))
        with (folder / "output").open("w") as output:
            command = [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")]
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert self.process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline, "dovecot does not answer"
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=PATIENCE_S).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """A server in a folder of its own: those of pytest are closed to other accounts, by each pytest that starts."""
    with tempfile.TemporaryDirectory(prefix="attest-dovecot-") as folder:
        server = Dovecot(Path(folder))
        try:
            server.wait()
            yield server
        finally:
            end_server(server.process)
