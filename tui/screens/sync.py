"""Syncing: the account, what is to be sent, what waits for a look, invitations, spaces with their
digests, devices, collections. Signing in and out, a round at once, a full one, a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from store.words import N_, _
from tui.asking.managing import signing, sync
from tui.asking.managing.entry import Entry
from tui.asking.managing.sync import ACCOUNT, CONFLICTS, DEVICE, INVITED, SPACE, WAITS
from tui.looks.themes import look_of
from tui.screens.manage import ManageScreen
from tui.screens.pick import Choice
from tui.shell.work import SERVER

if TYPE_CHECKING:
    from store.sync.status import Status
    from store.workbench import Workbench
    from tui.asking.managing.signing import Asked


class SyncScreen(ManageScreen):
    """All that there is to know of syncing; Enter leads on."""

    scopes = ("sync", "narrow", "move", "everywhere", "always")
    title_words = N_("Sync")
    asks_secrets = True

    def __init__(self) -> None:
        super().__init__()
        self._digests: dict[str, tuple[str, str]] = {}
        self._works = False
        self._typed: Asked | None = None

    def read(self, bench: Workbench) -> list[Entry]:
        """Read from the database alone: a server that does not answer holds nothing up."""
        return sync.entries(bench, self._digests, is_ascii=look_of(self).is_ascii)

    def empty_words(self) -> str:
        """There is always the account, or that there is none."""
        return _("This home belongs to no account.")

    def syncing_told(self, status: Status) -> None:
        """How it stands has changed."""
        self.reload()

    def enter(self, entry: Entry) -> None:
        """Sign in where nobody is; else what waits, or the members of a space."""
        if entry.kind == ACCOUNT and not entry.value:
            self._sign_in()
        elif entry.kind == WAITS:
            self.app.do_screen("tui.screens.inbox.InboxScreen")
        elif entry.kind == CONFLICTS:
            self.app.do_screen("tui.screens.conflicts.ConflictsScreen")
        elif entry.kind == SPACE:
            from tui.screens.members import MembersScreen

            self.app.push_screen(MembersScreen(entry.thing))
        elif entry.kind == INVITED:
            self._answer(entry)
        elif entry.kind == DEVICE:
            self._device(entry)
        else:
            self.say(entry.facts.split("\n")[0])

    def cancel(self) -> bool:
        """Escape ends a round that is shown before it leaves the screen."""
        return self.app.cancel_syncing() or super().cancel()

    # Signing in and out -------------------------------------------------------------------------

    def do_sync_sign(self) -> None:
        """In where nobody is signed in, else out."""
        found = next((entry for entry in self._all if entry.kind == ACCOUNT), None)
        if found is None or not found.value:
            self._sign_in()
            return
        from tui.screens.confirm import ConfirmScreen

        question = _("Sign out of {email}? All that is here stays, and changes wait.")
        question = question.format(email=found.words)
        self.app.push_screen(ConfirmScreen(question), self._sign_out)

    def _sign_out(self, agreed: bool | None) -> None:
        if agreed:
            bench = self.app.bench
            self._work(_("Signing out …"), lambda _told: signing.leave(bench))

    def _sign_in(self) -> None:
        """Server, e-mail, password, one after the other; nothing of it is kept as a draft."""
        if self._works:
            self.say(_("One moment; something else is under way."))
            return
        bench = self.app.bench
        self.is_ready = False  # what is typed ahead is for the lines that come, and no command
        self.app.desk.ask(
            "look", lambda: signing.known(bench), self._ask_server, self._failed, owner=self
        )

    def _ask_server(self, known: Asked) -> None:
        self.ready()
        if not known.url and self._typed is not None:
            known = self._typed  # a wrong password costs no second typing of all the rest

        def take(url: str) -> None:
            if url.strip():
                self._ask_email(known._replace(url=url.strip()))

        self.ask_line(_("Server:"), take, text=known.url, hint=_("https://…"))

    def _ask_email(self, asked: Asked) -> None:
        def take(email: str) -> None:
            if email.strip():
                self._ask_password(asked._replace(email=email.strip()))

        self.ask_line(_("E-mail:"), take, text=asked.email, hint=_("ada@example.org"))

    def _ask_password(self, asked: Asked) -> None:
        def take(password: str) -> None:
            if password:
                self._join(asked, password)

        self.ask_line(_("Password:"), take, secret=True)

    def _join(self, asked: Asked, password: str, recovery: str = "") -> None:
        bench = self.app.bench
        self._typed = asked

        def work(told: signing.Told) -> str:
            return signing.join(bench, asked, password, recovery, told)

        def failed(error: Exception) -> None:
            if signing.wants_recovery(bench, error) and not recovery:
                self.ask_line(
                    _("Recovery code:"),
                    lambda code: self._join(asked, password, code) if code.strip() else None,
                    secret=True,
                    hint=_("this account opens only with it"),
                )
            elif signing.wants_address(error) and not asked.sync_url:
                self.app.fail(error)
                self._ask_address(asked, password)
            else:
                self.app.fail(error)

        self._work(_("Signing in …"), work, failed)

    def _ask_address(self, asked: Asked, password: str) -> None:
        """Where syncing lives, when it is not where people sign in."""

        def take(url: str) -> None:
            if url.strip():
                self._join(asked._replace(sync_url=url.strip()), password)

        self.ask_line(_("Sync server:"), take, hint=_("its own address, https://…"))

    # Invitations and devices ----------------------------------------------------------------------

    def _answer(self, entry: Entry) -> None:
        """Join the space one is invited to, or decline."""
        from tui.asking.managing import members

        bench = self.app.bench

        def take(choice: Choice) -> None:
            accept = choice.value == "accept"
            words = _("Asking the server …")
            self._work(words, lambda _told: members.answer(bench, entry.thing, accept=accept))

        offered = [Choice(_("Join it"), "accept"), Choice(_("Decline"), "decline")]
        title = _("Invitation: {name}").format(name=entry.words)
        self.pick(title, lambda: offered, take, numbered=True)

    def _device(self, entry: Entry) -> None:
        """Another name for this device; another one can be taken off the list."""
        bench = self.app.bench
        if not entry.thing:

            def call(name: str) -> None:
                self._work(_("One moment …"), lambda _told: signing.call_device(bench, name))

            self.ask_line(_("Name of this device:"), call, text=entry.words)
            return
        from tui.screens.confirm import ConfirmScreen

        question = _("Take {name} off the list? One that still syncs comes back by itself.")

        def forget(agreed: bool | None) -> None:
            if agreed:
                words = _("Asking the server …")
                self._work(words, lambda _told: signing.forget_device(bench, entry.thing))

        self.app.push_screen(ConfirmScreen(question.format(name=entry.words)), forget)

    # Acts ---------------------------------------------------------------------------------------

    def do_sync_full(self) -> None:
        """Fetch everything again from the start; what stands here stays."""
        bench = self.app.bench
        self._work(_("Fetching everything again …"), lambda told: signing.refetch(bench, told))

    def do_sync_verify(self) -> None:
        """Compare a digest of each space with what the server holds."""
        bench = self.app.bench

        def work(told: signing.Told) -> str:
            self._digests, words = signing.compare(bench, told)
            return words

        self._work(_("Comparing …"), work)

    def _work(
        self,
        words: str,
        work: Callable[[signing.Told], str],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do what speaks to a server, one at a time; its count stands in the jobs line."""
        if self._works:
            self.say(_("One moment; something else is under way."))
            return
        app, self._works = self.app, True
        self.say(words)

        def told(text: str) -> None:
            app.call_later(app.show_job, text)

        def ended() -> None:
            self._works = False
            app.show_job("")
            if self.is_attached:
                self.reload()

        def done(said: str) -> None:
            ended()
            app.say(said)

        def wrong(error: Exception) -> None:
            ended()
            (failed or app.fail)(error)

        app.desk.ask(SERVER, lambda: work(told), done, wrong)
