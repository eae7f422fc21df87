"""serve: the server to sync with, and who may use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from store.errors import InvalidValueError, UsageError
from store.words import _
from tui.cli import output
from tui.cli.call import Call, read_line
from tui.cli.frame import Noun, Verb, noun

_DATA = "manabench.serve.data"


def _keep_data(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    """The innermost --data that was typed wins."""
    if value is not None:
        ctx.meta[_DATA] = value


def _data_option(command: click.Command) -> click.Command:
    command.params.append(
        click.Option(
            ["--data"],
            metavar="DIR",
            help=_("Where the server keeps everything."),
            callback=_keep_data,
            expose_value=False,
        )
    )
    return command


def _folder() -> Path:
    from store.server import serving

    return serving.folder(click.get_current_context().meta.get(_DATA))


@click.option("--host", default="127.0.0.1", show_default=True, help=_("The address to listen on."))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=3050,
    show_default=True,
    help=_("The port; 0 takes a free one."),
)
@click.option("--public-url", metavar="URL", help=_("The base URL that clients use."))
@click.option(
    "--web-origin",
    "origins",
    metavar="URL",
    multiple=True,
    help=_("A web page's origin that may call with cookies; may be given several times."),
)
@click.option("--open-signup", is_flag=True, help=_("Let anybody who reaches it make an account."))
@click.pass_context
def _serve(
    ctx: click.Context,
    host: str,
    port: int,
    public_url: str | None,
    origins: tuple[str, ...],
    open_signup: bool,
) -> None:
    """Serve until Ctrl+C or SIGTERM."""
    if ctx.invoked_subcommand is not None:
        return
    from store.server import serving
    from store.server.settings import Settings, base_url, origin_of

    call: Call = ctx.obj
    for origin in origins:
        base_url(origin)
    public = base_url(public_url) if public_url else ""
    with serving.bound(host, port) as listening:
        settings = Settings(
            data=_folder(),
            public=public or serving.url_of(listening, host),
            origins=tuple(origin_of(one) for one in origins),
            signup=open_signup,
        )
        for words in serving.warnings(settings, host):
            call.note(words)
        if not open_signup and not serving.listed(settings.data):
            call.note(_("Nobody has an account yet: `manabench serve user add EMAIL` makes one."))

        def ready() -> None:
            call.answer(
                {"url": settings.public, "data": str(settings.data)},
                _("Serving {data} at {url}").format(data=settings.data, url=settings.public),
            )

        serving.serve(settings, listening, ready)


serve = _data_option(
    Noun(
        "serve",
        help=_(
            "Serve accounts, spaces and sync from one folder. It listens on this machine alone "
            "unless told otherwise, and nobody can sign up: `serve user add` makes accounts."
        ),
        callback=_serve,
        invoke_without_command=True,
        params=list(reversed(_serve.__click_params__)),  # type: ignore[attr-defined]
    )
)

user = noun("user", _("Who may use the server; works while it runs."))
serve.add_command(user)


def _password(call: Call, stdin: bool) -> str:
    """A password from standard input, or typed twice; never from an argument.

    Raises UsageError where nobody can be asked, InvalidValueError.
    """
    if stdin:
        return read_line()
    if not call.can_ask():
        raise UsageError(
            _("A password is needed and nobody is here to type it."),
            kept=_("Nothing was changed."),
            hint=_("Give it on standard input with --password-stdin."),
        )
    import getpass

    typed = getpass.getpass(_("Password: "))
    if getpass.getpass(_("The same again: ")) != typed:
        raise InvalidValueError(_("The two passwords differ."), kept=_("Nothing was changed."))
    return typed


_from_stdin = click.option(
    "--password-stdin",
    "stdin",
    is_flag=True,
    help=_("Read the password from the first line of standard input."),
)


def _verb(name: str, help: str) -> Any:
    def made(function: Any) -> click.Command:
        command = click.command(name, cls=Verb, help=help)(function)
        user.add_command(_data_option(command))
        return command

    return made


@_verb("add", _("Make an account with a personal space."))
@click.argument("email")
@click.option("--name", default="", help=_("What others see; the address's first part if empty."))
@_from_stdin
@click.pass_obj
def add(call: Call, email: str, name: str, stdin: bool) -> None:
    """Make an account."""
    from store.server import serving

    made = serving.add(_folder(), email, _password(call, stdin), name)
    call.answer(
        {"id": made.id, "email": made.email, "name": made.name},
        _("{email} has an account.").format(email=made.email),
    )


@_verb("passwd", _("Set a new password; every device has to sign in again."))
@click.argument("email")
@_from_stdin
@click.pass_obj
def passwd(call: Call, email: str, stdin: bool) -> None:
    """Set a new password and end all sessions."""
    from store.server import serving

    ended = serving.set_password(_folder(), email, _password(call, stdin))
    call.answer(
        {"email": email, "sessionsEnded": ended},
        _("The password is set; every device has to sign in again."),
    )


@_verb("list", _("List the accounts."))
@click.pass_obj
def list_(call: Call) -> None:
    """List the accounts, oldest first."""
    from store.server import serving

    found = serving.listed(_folder())
    call.answer(
        found,
        lambda: (
            output.columns(
                [(one["email"], one["name"], one["createdAt"][:10]) for one in found],
                width=output.width(),
            )
            or [_("Nobody has an account yet: `manabench serve user add EMAIL` makes one.")]
        ),
    )


@_verb("remove", _("Remove an account for good."))
@click.argument("email")
@click.pass_obj
def remove(call: Call, email: str) -> None:
    """Remove an account with its spaces, after asking."""
    from store.server import serving

    if not call.yes and serving.exists(_folder(), email):
        question = _(
            "Remove {email}, the account's key and everything that nobody else is in for good? "
            "What was written in spaces with others stays theirs. [y/N] "
        )
        if not call.can_ask():
            raise UsageError(
                _("Removing an account cannot be undone, and nobody is here to agree."),
                kept=_("Nothing was removed."),
                hint=_("Say --yes."),
            )
        if call.ask(question.format(email=output.clean(email))).strip().lower() not in ("y", "yes"):
            call.answer({"removed": False}, _("Nothing was removed."))
            return
    gone = serving.remove(_folder(), email)
    call.answer(
        {"removed": True, "id": gone.id, "email": gone.email},
        _("{email} is removed, and what was only theirs is deleted from the log.").format(
            email=gone.email
        ),
    )
