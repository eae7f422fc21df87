"""The keys of the screens that manage spaces, tags, scenes and what waits."""

from __future__ import annotations

from store.words import N_
from tui.keys.action import one as _a
from tui.keys.action import screen as _screen

_GO = (
    _screen(
        "spaces",
        "g S",
        N_("all spaces: make, rename, delete"),
        N_("spaces, tenants, workspaces, new space"),
        "tui.screens.spaces.SpacesScreen",
    ),
    _screen(
        "tags",
        "g T",
        N_("all tags: colours, groups, presets"),
        N_("tags, labels, merge, tag groups, tag presets"),
        "tui.screens.tags.TagsScreen",
    ),
    _screen(
        "scenes",
        "g L",
        N_("all scenes: cards, order, tag filter"),
        N_("scenes, layouts, cards, dashboards"),
        "tui.screens.scenes.ScenesScreen",
    ),
    _screen(
        "inbox",
        "g i",
        N_("what waits for a look"),
        N_("inbox, held deletions, proposals, conflicts"),
        "tui.screens.inbox.InboxScreen",
    ),
)

_SHARED = (
    _a("manage.add", "manage", "a", N_("add one"), N_("new, create"), changes=True, hint=N_("add")),
    _a(
        "manage.edit",
        "manage",
        "e, f2",
        N_("rename"),
        N_("edit, name"),
        changes=True,
        hint=N_("rename"),
    ),
    _a("manage.delete", "manage", "d, delete", N_("delete"), N_("remove"), changes=True),
    _a("manage.main", "manage", "space", N_("the same as Enter"), N_("use, show, switch")),
    _a("manage.history", "manage", "i", N_("history of this line"), N_("past values")),
    _a("manage.filter", "narrow", "/", N_("show only lines with words"), N_("narrow, filter")),
    _a("marking.one", "marking", "x", N_("mark"), N_("select"), hint=N_("mark")),
    _a("marking.to_here", "marking", "X", N_("mark up to here"), N_("select range")),
    _a("marking.all", "marking", "*", N_("mark all of this kind"), N_("select all")),
    _a(
        "order.later",
        "ordering",
        "J",
        N_("move it down in the order"),
        N_("reorder, later"),
        run="do_order",
        argument="later",
        changes=True,
    ),
    _a(
        "order.earlier",
        "ordering",
        "K",
        N_("move it up in the order"),
        N_("reorder, earlier"),
        run="do_order",
        argument="earlier",
        changes=True,
    ),
)

_SPACES = (
    _a("spaces.type", "spaces", "t", N_("change its type"), N_("retype, kind"), changes=True),
    _a(
        "spaces.modules",
        "spaces",
        "m",
        N_("allow modules in it"),
        N_("widen, narrow"),
        hint=N_("modules"),
    ),
    _a(
        "spaces.context",
        "spaces",
        "n",
        N_("its context document, made if there is none"),
        N_("context note, about"),
        hint=N_("context"),
    ),
    _a("spaces.slug", "spaces", "", N_("change its short name"), N_("slug"), changes=True),
    _a(
        "spaces.budget",
        "spaces",
        "",
        N_("what its agents may spend a day"),
        N_("budget, limit, tokens, money"),
        changes=True,
    ),
)

_TAGS = (
    _a("tags.color", "tags", "p", N_("colour"), N_("paint, color"), changes=True, hint=N_("paint")),
    _a("tags.icon", "tags", "", N_("change its icon"), N_("symbol"), changes=True),
    _a("tags.group", "tags", "m", N_("move to a group"), N_("regroup, file"), changes=True),
    _a(
        "tags.merge",
        "tags",
        "M",
        N_("merge into another tag"),
        N_("join, unite"),
        changes=True,
        hint=N_("merge"),
    ),
    _a("tags.add_group", "tags", "n", N_("add a group"), N_("new group"), changes=True),
    _a(
        "tags.add_preset",
        "tags",
        "N",
        N_("make a preset of these tags"),
        N_("new tag preset, freeze"),
        changes=True,
    ),
    _a(
        "tags.default",
        "tags",
        "r",
        N_("let new spaces begin with this preset"),
        N_("default preset"),
    ),
)

_SCENES = (
    _a(
        "scenes.duplicate",
        "scenes",
        "n",
        N_("duplicate"),
        N_("copy the scene"),
        changes=True,
        hint=N_("copy"),
    ),
    _a("scenes.card", "scenes", "m", N_("add a card"), N_("module"), changes=True, hint=N_("card")),
    _a("scenes.tags", "scenes", "t", N_("its tag filter"), N_("only tags"), hint=N_("filter")),
    _a(
        "scenes.lens",
        "scenes",
        "p",
        N_("its agent: new missions and the timeline begin with it"),
        N_("agent lens, view as"),
    ),
    _a("scenes.describe", "scenes", "", N_("describe the scene"), N_("subtitle"), changes=True),
    _a(
        "scenes.wider",
        "scenes",
        "+",
        N_("make the card wider"),
        N_("card width"),
        run="do_scenes_width",
        argument="1",
    ),
    _a(
        "scenes.narrower",
        "scenes",
        "-",
        N_("make the card narrower"),
        N_("card width"),
        run="do_scenes_width",
        argument="-1",
    ),
)

_INBOX = (
    _a(
        "inbox.accept",
        "inbox",
        "space",
        N_("accept: do what waits"),
        N_("delete what is held, approve, try again"),
        hint=N_("accept"),
    ),
    _a(
        "inbox.refuse",
        "inbox",
        "r",
        N_("refuse: leave it as it is"),
        N_("keep what is held, reject, drop"),
        hint=N_("refuse"),
    ),
    _a("inbox.history", "inbox", "i", N_("history of the record"), N_("past values")),
)

MANAGE = (*_GO, *_SPACES, *_TAGS, *_SCENES, *_INBOX, *_SHARED)
