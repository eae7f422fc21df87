"""tools and agent policy: what agents may call, and what one agent may do."""

from __future__ import annotations

import pytest

from tests.tui.cli.harness import Commands


def decisions(cli: Commands, *args: str) -> dict[str, str]:
    found = cli("agent", "policy", "Mana", *args, "--json").data["decisions"]
    assert isinstance(found, dict)
    return found


def test_every_tool_is_listed_with_its_policy_and_parameters(cli: Commands) -> None:
    listed = {tool["name"]: tool for tool in cli("tools", "--json").data}
    create = listed["create_task"]
    assert (create["module"], create["policy"], create["readOnly"]) == ("todo", "propose", False)
    assert create["parameters"]["required"] == ["title"]
    assert create["parameters"]["properties"]["priority"]["enum"] == ["low", "medium", "high"]
    assert (listed["get_contacts"]["policy"], listed["get_contacts"]["readOnly"]) == ("auto", True)
    shown = cli("tools").out
    assert "create_task(title, dueDate?, priority?, description?)  propose  writes  todo" in shown
    assert {tool["module"] for tool in cli("tools", "--module", "notes", "--json").data} == {
        "notes"
    }
    assert cli("tools", "--module", "garden").code == 3


def test_a_tool_is_listed_as_the_agent_s_policy_has_it(cli: Commands) -> None:
    assert decisions(cli)["create_task"] == "propose"
    changed = decisions(cli, "--preset", "trusting", "--tool", "update_task=deny")
    assert (changed["create_task"], changed["update_task"]) == ("auto", "deny")
    assert changed["update_note"] == "propose"
    listed = {tool["name"]: tool for tool in cli("tools", "--agent", "Mana", "--json").data}
    assert {name: tool["decision"] for name, tool in listed.items()} == decisions(cli)
    assert listed["create_task"]["policy"] == "propose"


def test_a_policy_is_changed_word_by_word_kept_and_undone(cli: Commands) -> None:
    cli("agent", "policy", "Mana", "--mode", "act", "--module", "notes=deny", "--default", "deny")
    found = cli("agent", "policy", "Mana", "--json").data
    assert (found["mode"], found["preset"]) == ("act", "custom")
    assert found["policy"]["defaultsByModule"] == {"notes": "deny"}
    assert {found["decisions"][name] for name in ("create_task", "list_notes")} == {"deny"}
    shown = cli("agent", "policy", "Mana").out
    assert "acts, and you take back" in shown
    cli("agent", "policy", "Mana", "--module", "notes=")
    assert cli("agent", "policy", "Mana", "--json").data["policy"]["defaultsByModule"] == {}
    cli("undo", "2")
    assert cli("agent", "policy", "Mana", "--json").data["preset"] == "standard"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--tool", "nothing=auto"),
        ("--tool", "create_task=always"),
        ("--tool", "create_task"),
        ("--module", "garden=auto"),
        ("--preset", "aggressive"),
        ("--mode", "yolo"),
        ("--default", "yes"),
    ],
)
def test_a_wrong_word_changes_nothing(cli: Commands, wrong: tuple[str, str]) -> None:
    before = cli("agent", "policy", "Mana", "--json").data
    assert cli("agent", "policy", "Mana", "--mode", "act", *wrong).code == 2
    assert cli("agent", "policy", "Mana", "--json").data == before


def test_only_a_destructive_tool_can_be_allowed_to_the_agents_of_a_space(cli: Commands) -> None:
    assert cli("tools", "--allow", "create_task").code == 3
    assert cli("tools", "--allow", "a", "--disallow", "b").code == 2
    assert cli("tools", "--disallow", "create_task", "--json").data == {"allowDestructive": []}
