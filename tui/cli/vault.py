"""init, unlock, lock, passphrase, recovery: who may read this home."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import click

from store.errors import (
    GuardError,
    InvalidValueError,
    LockedError,
    UsageError,
    WrongPassphraseError,
)
from store.words import _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.workbench import Workbench

QUIET_WAYS = ("key file", "keyring")
_TRIES = 3


def _typed_twice(call: Call, *, instead: bool = False) -> str:
    """A new passphrase: from a script, or typed twice. Raises LockedError, InvalidValueError.

    instead: of a present one, which is what MANABENCH_PASSPHRASE_FILE holds.
    """
    import getpass

    new: str | None = None
    if call.passphrase_stdin or not instead:
        new = call.given_passphrase()
    if new is not None:
        pass
    elif not call.can_ask():
        raise LockedError(
            _("A passphrase is needed and nobody is here to type it."),
            kept=_("Nothing was changed."),
            hint=_(
                "Give it with --passphrase-stdin; `init` also takes MANABENCH_PASSPHRASE_FILE, "
                "or --no-passphrase for none."
            ),
        )
    else:
        new = getpass.getpass(_("New passphrase: "))
        if new and getpass.getpass(_("The same again: ")) != new:
            raise InvalidValueError(
                _("The two passphrases differ."), kept=_("Nothing was changed.")
            )
    if not new:
        raise InvalidValueError(_("The passphrase is empty."), kept=_("Nothing was changed."))
    return new


@click.command(cls=Verb, help=_("Make the workbench of this person."))
@click.option(
    "--no-passphrase",
    "bare",
    is_flag=True,
    help=_("Let this machine keep the key: in its keyring, else in a key file."),
)
@click.pass_obj
def init(call: Call, bare: bool) -> None:
    """Make a home: database, keys, personal space."""
    from store import locations
    from store.workbench import Workbench

    if bare and call.passphrase_stdin:
        raise UsageError(_("--no-passphrase and --passphrase-stdin contradict each other."))
    _require_new(call)
    passphrase = None if bare else _typed_twice(call)
    bench = Workbench.create(call.path(), passphrase=passphrase, clock=call.clock)
    try:
        way = next(iter(bench.vault.ways))
        held = bench.vault.hold() if passphrase else ""
        lines = [_("Your workbench is in {home}.").format(home=bench.home), _WAYS[way]]
        lines.append(_held(held) if passphrase else "")
        lines.append(_("No recovery code exists yet: `manabench recovery` makes one."))
        if place := locations.shared_place(bench.home):
            words = _("{home} lies on {place}, where a database can be torn: choose a local disk.")
            call.note(words.format(home=bench.home, place=place))
        call.answer(
            {"home": str(bench.home), "key": way, "unlocked": bool(held) or not passphrase},
            [line for line in lines if line],
        )
    finally:
        bench.close()


def _require_new(call: Call) -> None:
    """Raises GuardError where a home is already, before anything is typed."""
    from store import locations

    if (call.path() / locations.DATABASE).exists():
        raise GuardError(
            _("There is a workbench in {home} already.").format(home=call.path()),
            kept=_("It was not touched."),
            hint=_("Choose another place with --home."),
        )


_WAYS = {
    "passphrase": _("It opens with your passphrase."),
    "keyring": _("The system's keyring keeps its key; `manabench passphrase` sets a passphrase."),
    "key file": _(
        "A key file in the config folder opens it; `manabench passphrase` sets a passphrase."
    ),
}


def _held(where: str) -> str:
    if where:
        return _("It stays unlocked until `manabench lock`, or a long time without use.")
    return _("This machine has no place to keep it unlocked: each command will ask.")


@click.command(cls=Verb, help=_("Open the vault until it is locked or expires."))
@click.option("--recovery", "by_code", is_flag=True, help=_("Give the recovery code instead."))
@click.pass_obj
def unlock(call: Call, by_code: bool) -> None:
    """Leave the key in the session holder for the commands that follow."""
    bench = call.bench(unlock="never")
    vault = bench.vault
    if vault.unlocked and not by_code and "passphrase" not in vault.ways:
        call.answer(
            {"unlocked": True, "held": "", "ways": [*vault.ways]},
            _("This machine opens the vault by itself; there is no passphrase to give."),
        )
        return
    if by_code:
        held = vault.unlock(recovery=_code(call))
    else:
        held = vault.unlock(passphrase=call.passphrase(_("Passphrase: ")))
    lines = [_("Unlocked."), _held(held)]
    if by_code:
        lines.append(_("Set a new passphrase with `manabench passphrase`."))
    call.answer({"unlocked": True, "held": held, "ways": [*vault.ways]}, lines)


def _code(call: Call) -> str:
    if call.passphrase_stdin:
        return call.given_passphrase() or ""
    if call.can_ask():
        return call.ask(_("Recovery code: "))
    raise LockedError(
        _("A recovery code is needed and nobody is here to type it."),
        kept=_("Nothing was changed."),
        hint=_("Give it on standard input with --passphrase-stdin."),
    )


@click.command(cls=Verb, help=_("Close the vault in every process."))
@click.pass_obj
def lock(call: Call) -> None:
    """Empty the session holder and raise the epoch that every process checks."""
    vault = call.bench(unlock="never").vault
    vault.lock()
    alone = list(vault.opens_alone)
    lines = [_("Locked.")]
    if alone:
        lines.append(
            _(
                "The next command opens it again by the {way}; `manabench passphrase` ends that."
            ).format(way=_(alone[0]))
        )
    call.answer({"unlocked": False, "opensAlone": alone}, lines)


@click.command(cls=Verb, help=_("Set or change the passphrase."))
@click.option("--keep", is_flag=True, help=_("Keep the key file or keyring as a second way in."))
@click.option(
    "--remove", is_flag=True, help=_("Remove the passphrase; this machine keeps the key instead.")
)
@click.pass_obj
def passphrase(call: Call, keep: bool, remove: bool) -> None:
    """Change how the file key is wrapped: one row, no record is sealed anew.

    With --passphrase-stdin the first line is the present passphrase, if there is one, and the
    next line the new one.
    """
    bench = call.bench(unlock="never")
    vault = bench.vault
    instead = "passphrase" in vault.ways
    if instead:
        vault.unlock(passphrase=call.passphrase(_("Present passphrase: ")), hold=False)
        call.forget_passphrase()
    elif not vault.unlocked:
        call.bench(unlock="must")
    if remove:
        _remove(call, bench)
        return
    new = _typed_twice(call, instead=instead)
    with bench.db.transaction():
        vault.set_passphrase(new)
        gone = [] if keep else [way for way in vault.ways if way in QUIET_WAYS]
        for way in gone:
            vault.remove_way(way)
    held = vault.hold()
    lines = [_("The passphrase is set."), _held(held)]
    lines += [_("The {way} no longer opens this home.").format(way=_(way)) for way in gone]
    call.answer({"ways": [*vault.ways], "removed": gone}, lines)


def _remove(call: Call, bench: Workbench) -> None:
    with bench.db.transaction():
        way = bench.vault.add_quiet_way(keyring=True)
        bench.vault.remove_way("passphrase")
    call.answer({"ways": [*bench.vault.ways]}, [_("The passphrase is removed."), _WAYS[way]])


@click.command(cls=Verb, help=_("Make a recovery code and show it once."))
@click.pass_obj
def recovery(call: Call) -> None:
    """Make a fresh code; the one before ends. On a terminal two groups are typed back."""
    bench = call.bench(unlock="must")
    with bench.db.transaction():
        code = bench.vault.make_recovery()
    if call.json or not (call.can_ask() and output.is_terminal()):
        call.answer({"code": code}, code)
        return
    show_code(call, code)
    call.answer(None, _("The recovery code is set; any older one no longer works."))


def show_code(call: Call, code: str, kept: str = "") -> None:
    """Show a code that is shown only now, and let two groups of it be typed back; kept: what holds
    where that fails. Raises WrongPassphraseError."""
    groups = code.split("-")
    lines = ["  " + "-".join(groups[at : at + 4]) for at in range(0, len(groups), 4)]
    output.write("\n".join([_("Write this down; it is shown only now:"), "", *lines, "", ""]))
    _rehearse(call, groups, kept or _("The code shown above is set and works."))


def _rehearse(call: Call, groups: list[str], kept: str) -> None:
    """Let two groups be typed back. Raises WrongPassphraseError after three wrong tries."""
    for place in sorted(secrets.SystemRandom().sample(range(len(groups)), 2)):
        for _try in range(_TRIES):
            typed = call.ask(_("Group {n} of {all}: ").format(n=place + 1, all=len(groups)))
            if typed.upper() == groups[place]:
                break
        else:
            raise WrongPassphraseError(
                _("That group does not match what was shown."),
                kept=kept,
                hint=_("Check what you wrote down, or run the command again."),
            )
