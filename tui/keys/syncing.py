"""The keys of what syncing shows: its screen, conflicts, the members of a space."""

from __future__ import annotations

from store.words import N_
from tui.keys.action import one as _a
from tui.keys.action import screen as _screen

_GO = (
    _screen(
        "sync",
        "g Y",
        N_("sync: account, state, what is to send"),
        N_("server, account, login, upload, download, digest"),
        "tui.screens.sync.SyncScreen",
    ),
    _screen(
        "conflicts",
        "g C",
        N_("conflicts: mine and theirs"),
        N_("lost values, merge"),
        "tui.screens.conflicts.ConflictsScreen",
    ),
    _a("sync.now", "everywhere", "", N_("sync now"), N_("send, fetch, push, pull")),
)

_SYNC = (
    _a(
        "sync.round",
        "sync",
        "n",
        N_("send and fetch now"),
        N_("sync, push, pull"),
        run="do_sync_now",
        hint=N_("sync now"),
    ),
    _a("sync.full", "sync", "r", N_("fetch everything again"), N_("full, repair, re-pull")),
    _a(
        "sync.verify",
        "sync",
        "V",
        N_("compare with the server"),
        N_("verify, digest, check"),
        hint=N_("compare"),
    ),
    _a(
        "sync.sign",
        "sync",
        "p",
        N_("sign in, sign out"),
        N_("login, logout, account, password"),
        hint=N_("sign in or out"),
    ),
)

_CONFLICTS = (
    _a(
        "conflicts.mine",
        "conflicts",
        "space",
        N_("keep mine: write it back"),
        N_("restore my value"),
        changes=True,
        hint=N_("mine"),
    ),
    _a(
        "conflicts.theirs",
        "conflicts",
        "r",
        N_("keep theirs: leave it as it is"),
        N_("dismiss, accept"),
        hint=N_("theirs"),
    ),
    _a(
        "conflicts.edit",
        "conflicts",
        "e, f2",
        N_("write a third value"),
        N_("edit, merge"),
        changes=True,
        hint=N_("edit"),
    ),
    _a("conflicts.history", "conflicts", "i", N_("history of the record"), N_("past values")),
)

_MEMBERS = (
    _a(
        "spaces.members",
        "spaces",
        "p",
        N_("its members and invitations"),
        N_("people, share, invite"),
        hint=N_("members"),
    ),
    _a(
        "members.invite", "members", "a", N_("invite somebody"), N_("add, share"), hint=N_("invite")
    ),
    _a("members.role", "members", "p", N_("change the role"), N_("admin, owner"), hint=N_("role")),
    _a(
        "members.remove",
        "members",
        "d, delete",
        N_("remove the person, cancel the invitation, or leave"),
        N_("delete, leave"),
        hint=N_("remove"),
    ),
    _a(
        "members.accept",
        "members",
        "space",
        N_("accept the invitation"),
        N_("join"),
        hint=N_("accept"),
    ),
    _a("members.reject", "members", "r", N_("decline the invitation"), N_("reject, refuse")),
)

SYNC = (*_GO, *_SYNC, *_CONFLICTS, *_MEMBERS)
