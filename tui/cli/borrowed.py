"""The words that click says by itself, in the language of everything else.

Click asks gettext for them by the name it imported. Where a language other than English is spoken
those names are pointed at our catalogue, and these are the texts that a person may get to see.
"""

from __future__ import annotations

import sys

from store.words import N_, NN_, _, ngettext

_TEXTS = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("required"),
    N_("default: {default}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("Missing command."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("No such option {name!r}."),
    N_("No such option: {name}"),
    N_("Option {name!r} does not take a value."),
    N_("Argument {name!r} takes {nargs} values."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("file"),
    N_("directory"),
    N_("path"),
    NN_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    NN_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    NN_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    NN_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
)


def speak() -> None:
    """Let click say its words as ``store.words`` says ours."""
    for name, module in list(sys.modules.items()):
        if name.startswith("click.") and module is not None:
            for ours in (_, ngettext):
                if hasattr(module, ours.__name__):
                    setattr(module, ours.__name__, ours)
