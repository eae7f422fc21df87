"""sync devices: those of this account, by name, and what each last told of itself."""

from __future__ import annotations

import click

from store.errors import NotFoundError
from store.words import _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import noun

devices = noun("devices", _("The devices of this account, and whether each holds the same."))


@click.pass_context
def _listed(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_devices)


devices.callback = _listed


@devices.command("list", help=_("List the devices with what each told of itself."))
@click.pass_obj
def list_devices(call: Call) -> None:
    """This one first; no server is asked."""
    from tui.asking.managing import sync as shown

    bench = call.bench(unlock="must")
    found = shown.devices(bench)
    call.answer(
        [
            {"id": one.thing, "name": one.words, "told": one.value, "words": one.note}
            for one in found
        ],
        lambda: output.columns(
            [(one.words, one.right, one.note) for one in found], width=output.width()
        ),
    )


@devices.command(help=_("Call this device NAME; the others see it after the next sync."))
@click.argument("name")
@click.pass_obj
def rename(call: Call, name: str) -> None:
    """An empty name is that of the machine."""
    from tui.asking.managing import signing

    call.answer({"name": name}, signing.call_device(call.bench(unlock="must"), name))


@devices.command(help=_("Take a device off the list, by its name; one that lives comes back."))
@click.argument("name")
@click.pass_obj
def forget(call: Call, name: str) -> None:
    """On every device."""
    from tui.asking.managing import signing

    bench = call.bench(unlock="must")
    found = [peer for peer in bench.sync.devices() if name == peer.name] or [
        peer for peer in bench.sync.devices() if peer.id.startswith(name)
    ]
    if len(found) != 1:
        raise NotFoundError(
            _("There is no device {name}.").format(name=name),
            kept=_("Nothing was changed."),
            hint=_("`manabench sync devices` lists them."),
        )
    call.answer({"forgotten": found[0].id}, signing.forget_device(bench, found[0].id))
