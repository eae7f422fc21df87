"""Opening a link: by the desktop where there is one in front of the person, else shown and copied.

A link never starts a program in the terminal. Mixed into the app.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from store.words import _


def opener(environ: Mapping[str, str]) -> str:
    """The program that opens links on the desktop before the person; empty where there is none:
    over SSH, without a display, or without such a program."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ""
    if sys.platform == "darwin":
        return shutil.which("open") or ""
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return ""
    return shutil.which("xdg-open", path=environ.get("PATH")) or ""


def hand_over(program: str, link: str) -> None:
    """Start ``program`` on ``link``, cut off from this terminal. Raises OSError."""
    child = subprocess.Popen(
        [program, link],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    # Somebody has to hear of its end, or it stays in the process table.
    threading.Thread(target=child.wait, name="bench-opener", daemon=True).start()


class Linking:
    """``self`` is always a ``Manabench``."""

    copied: tuple[str, str] = ("", "")

    def open_link(self: Any, link: str) -> None:
        """Open ``link``: a record of this space here, a page or address elsewhere."""
        from store import links

        if link.startswith("manabench:"):
            self._open_own(link)
            return
        if not links.is_safe(link):
            self.say(_("Links of that kind are not opened: {link}").format(link=link), "warn")
            return
        program = opener(os.environ)
        if not program:
            self._give_link(link)
            return

        def opened(_nothing: Any) -> None:
            self.say(_("Opened on the desktop: {link}").format(link=link))

        self.desk.ask(
            "look", lambda: hand_over(program, link), opened, lambda _e: self._give_link(link)
        )

    def _give_link(self: Any, link: str) -> None:
        """Copy it, and let it stand where it can be clicked."""
        from tui import clipboard

        clipboard.copy(self, link, link)

    def _open_own(self: Any, link: str) -> None:
        noun, _slash, id = link.partition(":")[2].partition("/")
        module = next((m for m in self.modules.values() if m.noun == noun), None)
        if module is None or not id:
            self.say(_("That link leads nowhere here."), "warn")
            return
        bench, scope = self.bench, self.bench.scope
        self.desk.ask(
            "look",
            lambda: bench.documents.get(scope, module.main, id)["id"],
            lambda found: self.open_record(module.main, found),
            self.fail,
        )

    def do_copied(self: Any) -> None:
        """Show what was copied last, to be selected by hand."""
        from tui import clipboard

        text, what = self.copied
        if text:
            clipboard.show(self, text, what)
        else:
            self.say(_("Nothing was copied since the start."))
