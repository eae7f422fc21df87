"""Run a server, and administer its users beside it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from store import locations
from store.errors import GuardError, NotFoundError, StorageError, UsageError
from store.server import connections
from store.server.settings import DATABASE, Settings, prepare
from store.words import _

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from store.server.sqlite_identity import SqliteIdentity
    from store.server.storage import Identities, User

LOG = logging.getLogger("manabench.server")

LOCK = "server.lock"
_PATIENCE = 5
"""Seconds for which requests may still run when the server ends."""

_IDLE = 120
"""Seconds that an idle connection stays open, so that a poll need not make a new one."""

_FRAME = 32 * 1024
"""Bytes of a frame that a socket takes."""

_BACKLOG = 256


# Running -------------------------------------------------------------------------------------


def folder(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The data folder, not yet made."""
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("manabench-server", appauthor=False))


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises StorageError where the port is taken, UsageError for a host that
    this machine does not have."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError:
        raise UsageError(
            _("{host} is no address of this machine.").format(host=host),
            hint=_("Leave --host out to serve this machine alone."),
        ) from None
    family, kind, protocol, _name, address = found[0]
    # With its protocol named: the event loop switches Nagle's algorithm off only for sockets that
    # say they are TCP, and with it every answer would wait 40 ms for an acknowledgement.
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise StorageError(
            _("Port {port} of {host} cannot be used: {why}.").format(
                port=port, host=host, why=error.strerror
            ),
            kept=_("No server was started."),
            hint=_("Choose another one with --port, or end what uses it."),
        ) from None
    return listening


def url_of(listening: socket.socket, host: str) -> str:
    """The URL of a bound socket. Raises UsageError where it listens on all addresses, for then
    nobody here can know the name that clients use."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - it is refused
        raise UsageError(
            _("A server on all addresses must know the address that people use."),
            hint=_("Say it with --public-url, for example https://sync.example.org."),
        )
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server on ``host``."""
    return host in ("localhost", "::1") or host.startswith("127.")


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the folder for this process. Raises GuardError where another server has it,
    StorageError where nothing can be written."""
    with _lock_file(data / LOCK) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise GuardError(
                _("Process {pid} serves {path} already.").format(
                    pid=file.read(20).strip() or "?", path=data
                ),
                kept=_("It goes on."),
                hint=_("Choose another folder with --data, or end that process."),
            ) from None
        with contextlib.suppress(OSError):  # a full disk; then a second server is told "?"
            os.truncate(file.fileno(), 0)
            os.pwrite(file.fileno(), b"%d\n" % os.getpid(), 0)
        yield


def _lock_file(path: Path) -> IO[str]:
    try:
        return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="ascii")
    except OSError as error:
        raise StorageError(
            _("{path} cannot be opened: {why}.").format(path=path, why=error.strerror),
            kept=_("No server was started."),
            hint=_("Check the disk and the file's permissions."),
        ) from None


def serve(settings: Settings, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then finish what was begun. ready: called when it answers.

    Raises StorageError, GuardError, NewerSchemaError before it serves.
    """
    from store.server.app import create_app

    with listening:
        prepare(settings.data)
        with alone(settings.data):
            log()
            make_server(create_app(settings), ready).run([listening])


def make_server(app: Starlette, ready: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A web server over ``app`` that ends its streams before it waits for its requests."""
    import uvicorn

    context = app.state.context

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            context.hub.end_all("server goes down")
            await super().shutdown(sockets)

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # Unlike the framework's own: a signal that was obeyed is not raised once more, so
            # that the exit code is that of an orderly end.
            loop = asyncio.get_running_loop()
            caught = []
            acts: dict[int, Callable[[], None]] = {
                number: partial(self.handle_exit, number, None)
                for number in (signal.SIGINT, signal.SIGTERM)
            }
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
                acts[signal.SIGHUP] = acts[signal.SIGTERM] if _in_terminal() else _hung_up
            for number, act in acts.items():
                with contextlib.suppress(ValueError, RuntimeError):  # not the main thread
                    loop.add_signal_handler(number, act)
                    caught.append(number)
            try:
                yield
            finally:
                for number in caught:
                    loop.remove_signal_handler(number)

    config = uvicorn.Config(
        app,
        http=connections.http(connections.room()),
        ws=connections.sockets(),
        loop="asyncio",
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        # Only a proxy that ends https stands before a server; without one nobody is believed.
        proxy_headers=context.settings.secure,
        timeout_graceful_shutdown=_PATIENCE,
        timeout_keep_alive=_IDLE,
        ws_max_size=_FRAME,
        # Messages are short, and each socket would keep tables for compressing them.
        ws_per_message_deflate=False,
        backlog=_BACKLOG,
    )
    return Server(config)


def _hung_up() -> None:
    """What operators send to have settings read again; to a server in a terminal it says that the
    terminal is closed, and ends it in order."""
    LOG.warning("SIGHUP: there is nothing to read again; it goes on")


def _in_terminal() -> bool:
    """Whether this process belongs to a terminal. Once that is closed nobody can tell."""
    try:
        with open("/dev/tty", "rb"):
            return True
    except OSError:
        return False


class _Brief(logging.Formatter):
    """One line for each record, never a traceback: values in it may be secrets."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_info = record.exc_text = record.stack_info = None
        return super().format(record)


def log() -> None:
    """Send warnings and errors to stderr, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Brief("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # It tells of what strangers send, as often as they like; faults are told by the application.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)


def warnings(settings: Settings, host: str) -> list[str]:
    """What the operator should hear before people use it."""
    found = []
    if not is_loopback(host) and not settings.secure:
        found.append(
            _(
                "Passwords and what shared spaces hold would cross the network readable: put a "
                "proxy with https before it and say --public-url https://..."
            )
        )
    if place := locations.shared_place(settings.data):
        found.append(
            _("{path} lies on {place}, where a database can be torn: choose a local disk.").format(
                path=settings.data, place=place
            )
        )
    public = urlsplit(settings.public).hostname or ""
    if settings.signup and not is_loopback(public):
        found.append(_("Sign-up is open: whoever reaches the server can make an account."))
    return found


# Users ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def administered(data: Path) -> Iterator[tuple[Settings, SqliteIdentity]]:
    """The identity of a data folder, whether or not a server runs over it."""
    from store.server.sqlite import File
    from store.server.sqlite_identity import SqliteIdentity

    settings = Settings(prepare(data))
    identity = SqliteIdentity(File(settings.data / DATABASE))
    try:
        yield settings, identity
    finally:
        identity.close()


def add(data: Path, email: str, password: str, name: str = "") -> User:
    """Make an account with its personal space. Raises InvalidValueError, GuardError."""
    from store.server.accounts import create_user

    with administered(data) as (settings, identity):
        return create_user(identity, settings, email, password, name)


def set_password(data: Path, email: str, password: str) -> int:
    """Set a new password and end all sessions of the account; returns how many ended.

    Raises NotFoundError, InvalidValueError.
    """
    from store.server.accounts import check_password
    from store.server.passwords import hashed
    from store.server.sessions import now_ms

    check_password(password)
    with administered(data) as (settings, identity):
        new = hashed(settings, password)

        def put(rows: Identities) -> int:
            user = _user(rows, email)
            rows.put_user(user._replace(password=new, updated=now_ms()))
            ended = rows.sessions(user.id)
            for session in ended:
                rows.remove_session(session.id)
            return len(ended)

        return identity.change(put)


def listed(data: Path) -> list[dict[str, Any]]:
    """All accounts, oldest first."""
    from store.server.answers import instant

    with administered(data) as (_settings, identity):
        return identity.view(
            lambda rows: [
                {
                    "id": user.id,
                    "email": user.email,
                    "name": user.name,
                    "createdAt": instant(user.created),
                    "spaces": len(rows.memberships(user.id)),
                    "sessions": len(rows.sessions(user.id)),
                }
                for user in rows.users()
            ]
        )


def exists(data: Path, email: str) -> bool:
    """Whether an address has an account."""
    with administered(data) as (_settings, identity):
        return identity.view(lambda rows: rows.user_by_email(email.strip().lower())) is not None


def remove(data: Path, email: str) -> User:
    """Remove an account with its sessions, its vault, and the spaces that it is alone in, and
    delete what was only its own from the log. What it wrote in spaces of others stays theirs.

    Raises NotFoundError; GuardError where others would be left in a space without an owner.
    """

    from store.server.sqlite_changes import SqliteChanges

    def take(rows: Identities) -> tuple[User, list[str]]:
        from store.server import rights

        gone = []
        user = _user(rows, email)
        for member in rows.memberships(user.id):
            others = [one for one in rows.members(member.organization) if one.user != user.id]
            if not others:
                rows.remove_organization(member.organization)
                gone.append(member.organization)
            elif rights.owns(member) and not any(rights.owns(one) for one in others):
                space = rows.organization(member.organization)
                raise GuardError(
                    _("{email} is the only owner of {space}, where others are.").format(
                        email=user.email, space=space.name if space else member.organization
                    ),
                    kept=_("Nothing was removed."),
                    hint=_("Let the space have another owner first, or be deleted."),
                )
        rows.remove_user(user.id)
        return user, gone

    with administered(data) as (_settings, identity):
        user, spaces = identity.change(take)
        changes = SqliteChanges(identity.file)
        try:
            done = [changes.forget_user(user.id), *map(changes.forget_space, spaces)]
            for one in done:
                one.result()
        finally:
            changes.close()
        return user


def _user(rows: Identities, email: str) -> User:
    user = rows.user_by_email(email.strip().lower())
    if user is None:
        raise NotFoundError(
            _("Nobody here has the address {email}.").format(email=email),
            hint=_("`manabench serve user list` shows who has."),
        )
    return user
