"""Debian's samba on this machine: one share whose access lists are those of Windows, two accounts."""

import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smbprotocol.file_info import InfoType
from smbprotocol.open import (
    CreateDisposition,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    InfoAdditionalInformation,
    Open,
    SMB2SetInfoRequest,
)

from bench.harness.patience import PATIENCE_S, end_server
from bench.harness.ports import free_port
from sources.connectors.smb.connecting import Share
from sources.connectors.smb.descriptor import write_identifier

PROGRAM = shutil.which("smbd") or ("/usr/sbin/smbd" if Path("/usr/sbin/smbd").exists() else "")
HAS_LISTS = bool(list(Path("/usr/lib").glob("*/samba/vfs/acl_xattr.so")))
READER, ADMIN, PASSWORD = "nobody", "daemon", "right-horse-7"  # accounts that every Debian has
CONFIGURATION = """
[global]
  workgroup = ACME
  netbios name = FILES
  server role = standalone server
  interfaces = lo
  bind interfaces only = yes
  smb ports = {port}
  disable netbios = yes
  load printers = no
  server min protocol = SMB2
  server signing = mandatory
  pid directory = {folder}/run
  lock directory = {folder}/run
  state directory = {folder}/run
  cache directory = {folder}/run
  private dir = {folder}/private
  ncalrpc dir = {folder}/run/ncalrpc
  passdb backend = tdbsam:{folder}/private/passdb.tdb
  log file = {folder}/log
[docs]
  path = {folder}/share
  read only = no
  admin users = daemon
  vfs objects = acl_xattr
  acl_xattr:ignore system acls = yes
  acl_xattr:security_acl_name = user.NTACL
"""
READ, EVERYTHING = 0x120089, 0x1F01FF
ALLOW, DENY = 0, 1


class Samba:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.share = folder, free_port(), folder / "share"
        for name in ("run", "private", "share"):
            (folder / name).mkdir()
        for place in (self.share, folder):
            place.chmod(0o755)
        self.configuration = folder / "smb.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port))
        for name in (READER, ADMIN):
            words = ["smbpasswd", "-c", str(self.configuration), "-s", "-a", name]
            subprocess.run(words, input=f"{PASSWORD}\n{PASSWORD}\n".encode(), check=True, capture_output=True)
        with (folder / "output").open("w") as output:
            words = [PROGRAM, "--foreground", "--no-process-group", "--configfile", str(self.configuration), "--debug-stdout"]
            self.process = subprocess.Popen(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert self.process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline, "smbd does not answer"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S).close()
            except ConnectionRefusedError:
                time.sleep(0.05)
            else:
                return

    def write(self, name: str, text: str, *entries: tuple[int, int, str]) -> Path:
        """Write a file, and its access list: whether it allows or denies, what, and whom."""
        path = self.share / name
        for folder in reversed(path.relative_to(self.share).parents):
            (self.share / folder).mkdir(exist_ok=True)
            (self.share / folder).chmod(0o755)
        path.write_text(text)
        path.chmod(0o644)
        if entries:
            self.set_list(name, *entries)
        return path

    def set_list(self, name: str, *entries: tuple[int, int, str]) -> None:
        """Give a file this access list, as Windows does: through the server, by an administrator."""
        share = Share(host="127.0.0.1", port=self.port, share="docs", username=ADMIN, password=PASSWORD, encrypt=False)
        try:
            file = Open(share.tree, name.replace("/", "\\"))
            file.create(ImpersonationLevel.Impersonation, FilePipePrinterAccessMask.WRITE_DAC, 0, 7, CreateDisposition.FILE_OPEN, 0)
            request = SMB2SetInfoRequest()
            request["info_type"] = InfoType.SMB2_0_INFO_SECURITY
            request["additional_information"] = InfoAdditionalInformation.DACL_SECURITY_INFORMATION
            request["file_id"] = file.file_id
            request["buffer"] = descriptor(*entries)
            connection, session = file.connection, share.session
            connection.receive(connection.send(request, session.session_id, share.tree.tree_connect_id))
            file.close()
        finally:
            share.close()

    def sid_of(self, name: str) -> str:
        words = ["pdbedit", "--configfile", str(self.configuration), "--verbose", "--user", name]
        shown = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        return re.search(r"User SID:\s+(S-[-0-9]+)", shown)[1]


def descriptor(*entries: tuple[int, int, str], flags: int = 0) -> bytes:
    """Return a security descriptor with a list, as a server gives it."""
    listed = b""
    for kind, mask, identifier in entries:
        sid = write_identifier(identifier)
        listed += struct.pack("<BBHI", kind, flags, 8 + len(sid), mask) + sid
    head = struct.pack("<BBHHH", 2, 0, 8 + len(listed), len(entries), 0)
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 0, 0, 0, 20) + head + listed


@contextmanager
def running_samba() -> Iterator[Samba]:
    """A server in a folder of its own: those of pytest are closed to other accounts, by each pytest that starts."""
    with tempfile.TemporaryDirectory(prefix="attest-samba-") as folder:
        server = Samba(Path(folder))
        try:
            server.wait()
            yield server
        finally:
            end_server(server.process)
