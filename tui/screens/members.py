"""The people of one space: who is in it and as what, who is invited, which invitations wait for
me. Every act asks the server and says what it answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store.words import N_, _
from tui.asking.managing import members
from tui.asking.managing.entry import Entry
from tui.asking.managing.members import INVITED, MEMBER, MINE
from tui.screens.manage import ManageScreen
from tui.shell.work import SERVER


class MembersScreen(ManageScreen):
    """Members of the space ``id``, and invitations; the server is asked, which can take a while."""

    scopes = ("members", "narrow", "move", "everywhere", "always")
    title_words = N_("Members")

    def __init__(self, id: str = "") -> None:
        super().__init__()
        self._space = id

    def again(self) -> dict[str, Any]:
        """After unlocking it is asked for anew from the screen of the spaces."""
        return {}

    def reload(self) -> None:
        """Ask the server, in the lane of its own."""
        bench, space = self.app.bench, self._space or self.app.bench.scope.id
        self.app.desk.ask(
            SERVER,
            lambda: members.entries(bench, space),
            self._read,
            self._failed,
            group="members",
            owner=self,
        )

    def noticed(self, changes: Any) -> None:
        """What is changed here is no word about members; only the list of spaces may be."""
        if any(collection in ("spaces", "account") for collection, _space in changes):
            self.reload()

    def empty_words(self) -> str:
        """Why nobody is listed."""
        return _("Nobody is listed here. a invites somebody.")

    def enter(self, entry: Entry) -> None:
        """All that is known of the line."""
        self.say(f"{entry.words} · {entry.note}" if entry.note else entry.words)

    # Acts ---------------------------------------------------------------------------------------

    def do_members_invite(self) -> None:
        """An e-mail, then a role."""
        bench, space = self.app.bench, self._space or self.app.bench.scope.id

        def ask_role(email: str) -> None:
            if not email.strip():
                return
            self.pick(
                _("Role of {name}").format(name=email.strip()),
                members.role_choices,
                lambda choice: self._ask(
                    lambda: members.invite(bench, space, email.strip(), choice.value)
                ),
                numbered=True,
            )

        self.ask_line(_("Invite:"), ask_role, hint=_("an e-mail address"))

    def do_members_role(self) -> None:
        """Another role for the person under the cursor."""
        entry = self.chosen(MEMBER)
        if entry is None:
            return
        bench, space = self.app.bench, self._space or self.app.bench.scope.id
        self.pick(
            _("Role of {name}").format(name=entry.words),
            members.role_choices,
            lambda choice: self._ask(
                lambda: members.set_role(bench, space, entry.value, choice.value)
            ),
            numbered=True,
        )

    def do_members_remove(self) -> None:
        """A person, oneself, or an invitation; a question goes before it, for no key undoes it."""
        entry = self.chosen(MEMBER, INVITED)
        if entry is None:
            return
        from tui.screens.confirm import ConfirmScreen

        bench, space = self.app.bench, self._space or self.app.bench.scope.id
        question, work = members.removal(bench, space, entry)
        leaves = members.is_me(bench, entry)
        self.app.push_screen(
            ConfirmScreen(question),
            lambda agreed: self._ask(work, leaves=leaves) if agreed else None,
        )

    def do_members_accept(self) -> None:
        """Join the space one is invited to."""
        self._answer(accept=True)

    def do_members_reject(self) -> None:
        """Decline an invitation."""
        self._answer(accept=False)

    def _answer(self, *, accept: bool) -> None:
        if (entry := self.chosen(MINE)) is not None:
            bench, id = self.app.bench, entry.thing
            self._ask(lambda: members.answer(bench, id, accept=accept))

    def _ask(self, work: Callable[[], str], *, leaves: bool = False) -> None:
        app = self.app
        self.say(_("Asking the server …"))

        def done(words: str) -> None:
            if leaves and self.is_current:
                app.pop_screen()  # nobody is told who is in a space that they have left
            elif self.is_attached and not leaves:
                self.reload()
            app.say(words)

        app.desk.ask(SERVER, work, done, app.fail)
