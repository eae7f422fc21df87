"""How this person reads and writes: the language and the habits of dates, as the settings say.

Called before the first word is said, and again when a setting changes; it then holds for all that
is drawn from there on. A file that is not there costs one look.
"""

from __future__ import annotations

import os

from store import locations, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from store.settings import Settings


def follow(settings: Settings) -> None:
    """Speak the language of ``settings``, and write dates and times its way."""
    words.set_language(settings.language)
    from store import when

    when.set_habits(settings.first_weekday, settings.clock)


def follow_file() -> None:
    """``follow`` what the settings file of this machine says, if there is one."""
    if os.path.isfile(locations.config() / "settings.toml"):
        from store.settings import load

        follow(load())
