"""login, logout, account: whose workbench this is, and who keeps its key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from store.errors import (
    GuardError,
    InvalidValueError,
    LockedError,
    ServerError,
    StorageError,
    UsageError,
    WrongPassphraseError,
)
from store.words import _, ngettext
from tui.cli import output
from tui.cli.call import Call, read_line
from tui.cli.frame import Verb, noun

if TYPE_CHECKING:
    from store.sync.account import Account
    from store.sync.sign.session import Session
    from store.workbench import Workbench

PASSWORD_FILE = "MANABENCH_PASSWORD_FILE"  # noqa: S105 - the name of a variable, no password
"""Names a file whose first line is the account's password, for scripts."""


def _secret(call: Call, prompt: str, *, stdin: bool, file: str, hint: str) -> str:
    """A secret from standard input, from the file that ``file`` names, or typed unseen; never from
    arguments. Raises LockedError where none can be had."""
    if stdin:
        return read_line()
    if name := os.environ.get(file):
        try:
            with open(name, encoding="utf-8") as opened:
                return opened.readline().rstrip("\r\n")
        except (OSError, UnicodeError):
            raise StorageError(
                _("The file named by {name} could not be read.").format(name=file),
                kept=_("Nothing was changed."),
                hint=_("Check its path and permissions."),
            ) from None
    if call.can_ask():
        import getpass

        return getpass.getpass(prompt)
    raise LockedError(
        _("A secret is needed and nobody is here to type it."),
        kept=_("Nothing was changed."),
        hint=hint,
    )


def _code(call: Call, wanted: bool) -> str:
    """The account's recovery code, where it was asked for."""
    if not wanted:
        return ""
    return _secret(
        call,
        _("Recovery code of the account: "),
        stdin=False,
        file="MANABENCH_RECOVERY_FILE",
        hint=_("Put it into a file and name that in MANABENCH_RECOVERY_FILE."),
    )


@click.command(cls=Verb, help=_("Sign in at URL, so that this workbench syncs with its server."))
@click.argument("url", required=False, default="")
@click.option("--email", default="", metavar="E", help=_("Who signs in; else asked for."))
@click.option(
    "--sync-url", default="", metavar="URL", help=_("Where the sync server is, if apart.")
)
@click.option("--recovery", is_flag=True, help=_("Ask for the account's recovery code too."))
@click.option("--password-stdin", is_flag=True, help=_("Read the password from standard input."))
@click.pass_obj
def login(
    call: Call, url: str, email: str, sync_url: str, recovery: bool, password_stdin: bool
) -> None:
    """Sign in and link; without URL, at the server of before."""
    from store.sync.account import account
    from store.sync.spaces import linking

    if password_stdin and call.passphrase_stdin:
        raise UsageError(_("Only one secret can come from standard input."))
    bench = call.bench(unlock="must")
    known = account(bench)
    if not url and known is None:
        raise UsageError(
            _("The address of the server is missing."),
            hint=_("Give it: manabench login https://example.org"),
        )
    if known is not None and known.signed_in and not url and not email:
        found = _finish(bench, _code(call, recovery), call.note)
    else:
        url = url or (known.identity if known else "")
        if not email and known is not None:
            email = known.email
        if not email and call.can_ask():
            email = call.ask(_("E-mail: "))
        if not email:
            raise UsageError(_("Who signs in is not said."), hint=_("Add --email ADDRESS."))
        password = _secret(
            call,
            _("Password of {email}: ").format(email=output.clean(email)),
            stdin=password_stdin,
            file=PASSWORD_FILE,
            hint=_("Give it with --password-stdin, or name a file in {name}.").format(
                name=PASSWORD_FILE
            ),
        )
        code = _code(call, recovery)

        def go(where: str) -> Account:
            return linking.login(
                bench,
                url,
                email,
                password,
                sync_url=where,
                recovery=code,
                progress=call.note,
            )

        found = _with_code(call, bench, lambda: _with_place(call, go, sync_url))
    call.answer(_shown(bench, found), lambda: _lines(bench, found))


def _with_code(call: Call, bench: Workbench, go: Callable[[], Account]) -> Account:
    """Log in; where a recovery code turns out to be needed and somebody sits there, ask for it."""
    from store.sync.account import account

    try:
        return go()
    except WrongPassphraseError:
        raise
    except LockedError as error:
        known = account(bench)
        if known is None or not known.signed_in or not call.can_ask():
            raise
        call.note(error.message)
    return _finish(bench, _code(call, wanted=True), call.note)


def _with_place(call: Call, go: Callable[[str], Account], sync_url: str) -> Account:
    """Log in; where no sync server is found and somebody sits there, ask where it is."""
    try:
        return go(sync_url)
    except ServerError as error:
        if sync_url or not call.can_ask() or "sync" not in error.hint:
            raise
        call.note(error.message)
    typed = call.ask(_("Address of the sync server (Enter: stop): "))
    if not typed:
        raise InvalidValueError(
            _("No sync server was named."),
            kept=_("Nothing was changed."),
            hint=_("Ask the server's operator for its address."),
        )
    return go(typed)


def _finish(bench: Workbench, code: str, note: Callable[[str], None]) -> Account:
    """Go on with what a login before could not end, or fetch a key by its code."""
    from store.sync.spaces import linking

    return _asked(bench, lambda s: linking.finish(s, recovery=code, progress=note))


def _asked(bench: Workbench, ask: Callable[[Session], Any]) -> Any:
    """What ``ask`` returns, with a session of its own."""
    from store.sync.sign.session import require_session

    session = require_session(bench)
    try:
        return ask(session)
    finally:
        session.close()


@click.command(cls=Verb, help=_("End the session; every change stays here and waits."))
@click.pass_obj
def logout(call: Call) -> None:
    """Sign out."""
    from store.sync.spaces import linking

    bench = call.bench()
    waiting = linking.logout(bench)
    lines = [_("Signed out.")]
    if waiting:
        lines.append(
            ngettext(
                "{n} record has changes that wait here.",
                "{n} records have changes that wait here.",
                waiting,
            ).format(n=waiting)
        )
    lines.append(_("`manabench login` goes on where this ends."))
    call.answer({"signedIn": False, "waiting": waiting}, lines)


@click.pass_context
def _account(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        call: Call = ctx.obj
        bench = call.bench()
        found = _require(bench)
        call.answer(_shown(bench, found), lambda: _lines(bench, found))


account = noun("account", _("The account of this workbench, and who keeps its key."))
account.callback = _account


def _require(bench: Workbench) -> Account:
    from store.errors import NotFoundError
    from store.sync.account import account as load

    found = load(bench)
    if found is None:
        raise NotFoundError(
            _("This workbench has no account."),
            kept=_("Everything is here, on this machine."),
            hint=_("Sign in: manabench login URL"),
        )
    return found


def _shown(bench: Workbench, found: Account) -> dict[str, Any]:
    """An account as scripts see it."""
    from store.sync.sign import master
    from store.sync.spaces import linking, membership

    return {
        "user": found.user,
        "email": found.email,
        "name": found.name,
        "identity": found.identity,
        "sync": found.sync,
        "signedIn": found.signed_in,
        "linked": found.linked,
        "zeroKnowledge": master.is_zero_knowledge(bench),
        "interop": found.interop or "none",
        "waiting": linking.unsent(bench),
        "spaces": [
            {"id": m.id, "state": m.state, "role": m.role} for m in membership.memberships(bench)
        ],
    }


def _lines(bench: Workbench, found: Account) -> list[str]:
    """An account as a person reads it."""
    from store.sync.sign import master
    from store.sync.spaces import creating, linking

    custody = (
        _("only your devices (zero-knowledge)")
        if master.is_zero_knowledge(bench)
        else _("the server, too")
    )
    state = (
        _("no: sign in with `manabench login`")
        if not found.signed_in
        else _("yes")
        if found.linked
        else _("yes, but linking is not finished: run `manabench login`")
    )
    places = [(_("Server"), found.identity)]
    if found.sync != found.identity:
        places.append((_("Sync server"), found.sync))
    facts = [
        (_("Account"), output.clean(f"{found.email} {found.name}".strip())),
        *places,
        (_("Signed in"), state),
        (_("Who can open"), custody),
        (_("For web clients"), _("names in plaintext") if found.interop else _("all sealed")),
        (_("Waiting"), str(linking.unsent(bench))),
    ]
    lines = output.columns(facts)
    if trouble := creating.refused(bench):
        lines.append(_("A space waits here: {words}").format(words=output.clean(trouble)))
    lines += map(output.clean, creating.altered(bench))
    return lines


@account.command(
    "zero-knowledge", help=_("Take the account's key from the server, or give it back.")
)
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--recovery", "by_code", is_flag=True, help=_("Give the recovery code."))
@click.pass_obj
def zero_knowledge(call: Call, state: str, by_code: bool) -> None:
    """Change who keeps the key."""
    from store.sync.sign import master

    bench = call.bench(unlock="must")
    if state == "off":
        code = _code(call, by_code)
        _asked(bench, lambda s: master.zero_knowledge_off(bench, s, code))
        call.answer({"zeroKnowledge": False}, _("The server keeps the key again."))
        return
    code = _code(call, by_code) or _written_down(call, _("Zero-knowledge is not on."))
    _asked(bench, lambda s: master.zero_knowledge_on(bench, s, code))
    call.answer(
        {"zeroKnowledge": True},
        _("The server cannot open anything any more. New devices need the recovery code."),
    )


def _written_down(call: Call, kept: str) -> str:
    """A fresh code that somebody has seen and typed two groups of, before it counts for anything:
    what comes after may be cut off. Raises GuardError where nobody sits there."""
    if call.json or not (call.can_ask() and output.is_terminal()):
        raise GuardError(
            _("A recovery code has to be written down first."),
            kept=_("Nothing was changed."),
            hint=_(
                "Run it on a terminal; or make a code with `manabench account recovery --json`, "
                "name its file in MANABENCH_RECOVERY_FILE, and add --recovery."
            ),
        )
    from store.vault import recovery
    from tui.cli.vault import show_code

    code = recovery.new_code()
    show_code(call, code, kept)
    return code


@account.command(help=_("Make a fresh recovery code for the account and show it once."))
@click.pass_obj
def recovery(call: Call) -> None:
    """Make a code; the one before ends."""
    from store.sync.sign import master

    bench = call.bench(unlock="must")
    if call.json or not (call.can_ask() and output.is_terminal()):
        code = _asked(bench, lambda s: master.make_recovery(bench, s))
        call.answer({"code": code}, code)
        return
    shown = _written_down(call, _("The code of before goes on to work."))
    _asked(bench, lambda s: master.make_recovery(bench, s, shown))
    call.answer(None, _("The recovery code is set; any older one no longer works."))


@account.command("rotate-key", help=_("Change the account's key; this device sends all anew."))
@click.pass_obj
def rotate_key(call: Call) -> None:
    """Change the key."""
    from store.sync.sign import master

    bench = call.bench(unlock="must")
    count = _asked(bench, lambda s: master.rotate(bench, s))
    call.answer(
        {"resealed": count},
        [
            ngettext(
                "The key is changed; {n} record goes out anew.",
                "The key is changed; {n} records go out anew.",
                count,
            ).format(n=count),
            _("A recovery code of before no longer works: `manabench account recovery`."),
        ],
    )


@account.command("accept-key", help=_("Take the key that the server has now, after a refusal."))
@click.pass_obj
def accept_key(call: Call) -> None:
    """Agree to another key although the account was zero-knowledge."""
    from store.sync.sign import master

    bench = call.bench(unlock="must")
    if not call.yes:
        raise GuardError(
            _("Whoever made that key can read what is sealed under it from now on."),
            kept=_("Nothing was changed."),
            hint=_("If it was you, on another device, repeat with --yes."),
        )
    fresh = _asked(bench, lambda s: master.ensure(bench, s, accept=True))
    call.answer({"accepted": fresh}, _("The key is on this device."))


@account.command(help=_("Send the names of tags, scenes and missions as today's web client reads."))
@click.argument("mode", type=click.Choice(["web", "none"]))
@click.pass_obj
def interop(call: Call, mode: str) -> None:
    """Choose between plaintext names for web clients and sealed ones."""
    from store.sync.account import keep
    from store.sync.outbox.resending import resend_for_interop

    bench = call.bench(unlock="must")
    found, wanted = _require(bench), "" if mode == "none" else mode
    count = 0
    if found.interop != wanted:
        with bench.db.transaction():
            keep(bench, interop=wanted)
            count = resend_for_interop(bench)
    words = (
        _("Names of tags, scenes and missions go out in plaintext; the server's operator can read.")
        if wanted
        else _("Names of tags, scenes and missions go out sealed.")
    )
    call.answer({"interop": mode, "resent": count}, words)


@account.command("sync-url", help=_("Say where the sync server is from now on."))
@click.argument("url")
@click.pass_obj
def sync_url(call: Call, url: str) -> None:
    """Change the sync server's address after a look that it answers there."""
    from store.sync.account import keep
    from store.sync.sign import discovery

    bench = call.bench(unlock="must")
    found = _require(bench)
    given = discovery.base_url(url)
    place = _asked(bench, lambda s: discovery.find_sync(found.identity, s.jwt(), given))
    keep(bench, sync=place)
    call.answer({"sync": place}, _("The sync server is {place}.").format(place=place))
