"""Only ssh between two machines: the server listens to itself alone, and a tunnel leads to it."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness import need
from tests.harness.proxy import wait_for
from tests.sync.real.devices import House, in_step

pytestmark = pytest.mark.slow

SSHD = Path("/usr/sbin/sshd")


def free_port() -> int:
    """One that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def child(argv: list[str], port: int) -> Iterator[None]:
    """A program that listens on ``port``, for as long as the block lasts."""
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        try:
            try:
                wait_for(port)
            except TimeoutError:
                running.kill()
                said = running.communicate()[1].decode(errors="replace")
                pytest.skip(f"{Path(argv[0]).name} does not run here: {said.strip()[-300:]}")
            yield
        finally:
            running.terminate()


@pytest.fixture
def tunnel(tmp_path: Path) -> Callable[[int], contextlib.AbstractContextManager[str]]:
    """``with tunnel(port) as url``: ``ssh -N -L`` to a port of a machine of which only sshd is
    seen. Skips where there is no sshd."""
    if not SSHD.exists():
        pytest.skip("openssh-server is not installed")
    ssh, keygen = need("ssh"), need("ssh-keygen")
    tmp_path.chmod(0o700)
    for name in ("host", "person"):
        subprocess.run(
            [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True
        )
    (tmp_path / "known").write_bytes((tmp_path / "person.pub").read_bytes())
    os.chmod(tmp_path / "known", 0o600)
    at = free_port()
    config = tmp_path / "sshd_config"
    config.write_text(
        f"Port {at}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path}/known\nUsePAM no\nStrictModes no\n"
        "PasswordAuthentication no\nAllowTcpForwarding local\n"
    )
    if os.getuid() == 0:  # its folder for the part without rights, which a service would make
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    @contextlib.contextmanager
    def opened(port: int) -> Iterator[str]:
        here = free_port()
        options = {
            "BatchMode": "yes",
            "ExitOnForwardFailure": "yes",
            "IdentitiesOnly": "yes",
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
        }
        argv = [ssh, "-F", "none", "-N", "-p", str(at), "-i", str(tmp_path / "person")]
        argv += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        argv += ["-L", f"127.0.0.1:{here}:127.0.0.1:{port}"]
        argv += [f"{pwd.getpwuid(os.getuid()).pw_name}@127.0.0.1"]
        with child([str(SSHD), "-D", "-e", "-f", str(config)], at), child(argv, here):
            yield f"http://127.0.0.1:{here}"

    return opened


def test_a_tunnel_is_all_that_two_machines_need(
    there: House,
    someone: Callable[[str], str],
    tunnel: Callable[[int], contextlib.AbstractContextManager[str]],
) -> None:
    email = someone("ann")
    desk = there.device(email)
    desk.add("water the beans")
    desk.sync()
    with tunnel(int(there.url.rpartition(":")[2])) as url:
        train = there.device(email, url)
        train.sync()
        assert train.titles() == {"water the beans"}
        with train.workbench("water the beans") as term:
            desk.add("typed at the desk")
            desk.sync()
            # News come through the tunnel by themselves.
            term.wait_for("typed at the desk", limit=20)
            term.press("ctrl+q")
            assert term.wait_exit() == 0
    train.add("typed without a tunnel")
    assert train.run("sync", "--once", "--json").code == 6
    with tunnel(int(there.url.rpartition(":")[2])) as url:
        # Another port at this end is told by signing in again; it is the same account.
        train.log_in(url, email)
        in_step(train, desk)
    assert desk.titles() == train.titles()
