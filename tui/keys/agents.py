"""The keys of what agents show: missions, proposals, the timeline, policies, templates."""

from __future__ import annotations

from store.words import N_
from tui.keys.action import one as _a
from tui.keys.action import screen as _screen

_GO = (
    _screen(
        "timeline",
        "g l",
        N_("timeline: what agents did and read"),
        N_("log, acts, audit, data access, revert"),
        "tui.screens.timeline.TimelineScreen",
    ),
    _screen(
        "templates",
        "g p",
        N_("templates: agents, missions and scenes to begin with"),
        N_("gallery, presets, examples"),
        "tui.screens.templates.TemplatesScreen",
    ),
)

_MISSION = (
    _a(
        "mission.pause",
        "mission",
        "space",
        N_("pause it, let it go on"),
        N_("resume, hold"),
        changes=True,
        hint=N_("pause"),
    ),
    _a(
        "mission.run",
        "mission",
        "r",
        N_("run it now"),
        N_("start, retry, try again"),
        hint=N_("run now"),
    ),
    _a(
        "mission.feedback",
        "mission",
        "n",
        N_("tell the next run something"),
        N_("feedback, comment"),
        hint=N_("feedback"),
    ),
    _a(
        "mission.revert",
        "mission",
        "T",
        N_("take back what the run changed"),
        N_("revert, undo a run"),
        hint=N_("take back"),
    ),
    _a(
        "mission.stop",
        "mission",
        "K",
        N_("stop the run"),
        N_("cancel, abort, kill"),
        hint=N_("stop"),
    ),
    _a("mission.when", "mission", "w", N_("when it runs"), N_("cadence, schedule")),
    _a(
        "mission.inputs",
        "mission",
        "I",
        N_("give it a record to read, or take one away"),
        N_("inputs, reads"),
        hint=N_("inputs"),
    ),
    _a("mission.proposals", "mission", "o", N_("its proposals"), N_("open, inbox, approve")),
    _a("mission.edit", "mission", "e, f2", N_("edit its fields"), N_("change"), hint=N_("edit")),
    _a(
        "mission.done",
        "mission",
        "p",
        N_("it is done: it runs no more"),
        N_("complete, finish"),
        changes=True,
    ),
    _a(
        "mission.archive",
        "mission",
        "",
        N_("archive it"),
        N_("shelve, put away"),
        changes=True,
    ),
    _a("mission.take", "mission", "m", N_("let it run on this device"), N_("take over, move here")),
    _a("mission.delete", "mission", "d, delete", N_("delete"), N_("remove"), changes=True),
    _a("mission.history", "mission", "i", N_("history of the mission"), N_("past values")),
)

_PROPOSAL = (
    _a(
        "proposal.approve",
        "proposal",
        "space",
        N_("approve exactly what stands here"),
        N_("accept, allow, yes"),
        hint=N_("approve"),
    ),
    _a(
        "proposal.reject",
        "proposal",
        "r",
        N_("reject, with a word for the next run"),
        N_("refuse, no, feedback"),
        hint=N_("reject"),
    ),
    _a(
        "proposal.edit",
        "proposal",
        "e, f2",
        N_("change what is asked for, then look again"),
        N_("edit the arguments"),
        hint=N_("edit"),
    ),
    _a(
        "inbox.edit",
        "inbox",
        "e, f2",
        N_("change what is asked for"),
        N_("edit the arguments"),
        hint=N_("edit"),
    ),
)

_TIMELINE = (
    _a(
        "timeline.revert",
        "timeline",
        "T",
        N_("take back what was changed"),
        N_("revert, undo"),
        hint=N_("take back"),
    ),
    _a(
        "timeline.tab",
        "timeline",
        "tab",
        N_("what was done, or what was read"),
        N_("data access, acts, reads"),
        hint=N_("data access"),
    ),
    _a(
        "timeline.filter",
        "timeline",
        "v f",
        N_("only one agent, module or space"),
        N_("narrow, filter"),
        hint=N_("filter"),
    ),
    _a(
        "steps.revert",
        "steps",
        "T",
        N_("take this step back"),
        N_("revert, undo"),
        hint=N_("take back"),
    ),
)

_REVERT = (
    _a(
        "revert.go",
        "revert",
        "space",
        N_("take back what stands here"),
        N_("revert, undo, yes"),
        hint=N_("take back"),
    ),
)

_AGENT = (
    _a(
        "agent.policy",
        "agent",
        "space",
        N_("ask first, do at once, or forbid"),
        N_("policy, allow, deny, auto, propose"),
        changes=True,
        hint=N_("decide"),
    ),
    _a(
        "agent.preset",
        "agent",
        "n",
        N_("choose a policy: cautious, standard, trusting"),
        N_("preset"),
        hint=N_("preset"),
    ),
    _a(
        "agent.mode",
        "agent",
        "m",
        N_("propose first, or act and be reverted"),
        N_("mode, autonomy"),
        changes=True,
    ),
    _a(
        "agent.pause",
        "agent",
        "p",
        N_("pause it, let it go on"),
        N_("resume, hold"),
        changes=True,
        hint=N_("pause"),
    ),
    _a("agent.archive", "agent", "r", N_("archive it, bring it back"), N_("shelve"), changes=True),
    _a("agent.sees", "agent", "I", N_("the tags that it sees"), N_("tag filter, scope")),
    _a("agent.edit", "agent", "e, f2", N_("edit its fields"), N_("persona"), hint=N_("edit")),
    _a("agent.model", "agent", "", N_("the model that plans for it"), N_("llm, choose a model")),
    _a("agent.delete", "agent", "d, delete", N_("delete"), N_("remove"), changes=True),
    _a("agent.history", "agent", "i", N_("history of the agent"), N_("past values")),
)

_TEMPLATES = (
    _a(
        "templates.import",
        "templates",
        "n",
        N_("read a template from a file"),
        N_("import, open"),
        hint=N_("from a file"),
    ),
    _a(
        "templates.export",
        "templates",
        "p",
        N_("write this scene as a template"),
        N_("export, save"),
        hint=N_("export"),
    ),
    _a(
        "template.apply",
        "template",
        "a",
        N_("apply what is ticked"),
        N_("make, add, use"),
        changes=True,
        hint=N_("apply"),
    ),
    _a("template.tick", "template", "space", N_("tick, untick"), N_("option"), hint=N_("tick")),
)

AGENTS = (*_GO, *_MISSION, *_PROPOSAL, *_TIMELINE, *_REVERT, *_AGENT, *_TEMPLATES)
