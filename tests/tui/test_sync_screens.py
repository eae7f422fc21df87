"""Syncing in the open workbench: what it shows, what it never touches, how it lets go."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

from store.sync.inbox.incoming import receive
from store.sync.spaces import invited, membership
from store.sync.waiting import conflicts
from tests.harness.homes import Home
from tests.screens import synced
from tests.screens.driving import Driven, driven, on_copy
from tests.screens.homes import Homes, clock, store
from tui.keys.actions import TABLE

LATER = "2026-06-01T12:01:00.000Z"


app_on = partial(on_copy, kind="synced")


async def arrives(on: Driven, collection: str, id: str, field: str, value: object) -> None:
    """Somebody else's value comes in, as the engine brings it."""
    bench = on.app.bench
    app = {"tasks": "todo", "notes": "notes"}[collection]
    row = synced.change(collection, id, bench.scope.id, field, value, LATER)
    await on.app.desk.run("sync", lambda: receive(bench, app, collection, [row]))
    await on.settle()


async def test_a_space_that_the_server_does_not_list_is_told_where_somebody_writes_in_it(
    made: Homes,
) -> None:
    async with app_on(made) as on:
        assert "not listed" not in on.text
        bench = on.app.bench
        with bench.db.transaction() as connection:
            membership.put(connection, bench.scope.number, state="missing")
        on.app.look_around()
        await on.sees("not listed by the server")


async def test_invitations_stand_in_the_inbox_without_asking_the_server(made: Homes) -> None:
    async with app_on(made) as on:
        one = invited.Invited("i1", "Harbour", "member", "")
        invited._keep(on.app.bench, [one])
        await on.follow(("g", "i", "~Invitations to you", "~Harbour"))
        assert on.text.index("Harbour") < on.text.index("onflicts\n")
        await on.press("G", "g", "g", "space")
        # Signed out, so the server is not asked; the invitation stays and the way out is told.
        await on.sees("sign in")
        assert "Harbour" in on.text


# The status line ----------------------------------------------------------------------------------


async def test_a_home_without_an_account_never_loads_syncing(home: Home) -> None:
    with store(home):
        pass
    script = (
        "import asyncio, sys\n"
        "from tests.screens.driving import driven\n"
        "from tests.harness.homes import Home\n"
        "from pathlib import Path\n"
        "async def main():\n"
        "    async with driven(Home(Path(sys.argv[1]))) as on:\n"
        "        await on.follow(('g', 't', 'g', 'S', 'q', 'g', 'i'))\n"
        "    print([n for n in sys.modules if n.startswith('store.sync')])\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home.root)],
        cwd=Path(__file__).parents[2],
        env={**home.env, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_with_an_account_it_is_loaded_only_after_the_first_data(made: Homes) -> None:
    home = made.copy("synced")
    script = (
        "import asyncio, os, sys\n"
        "from tui.shell.opening import Opening\n"
        "opening = Opening(None); opening.start()\n"
        "from tui.shell.manabench import Manabench\n"
        "app = Manabench(opening)\n"
        "told = []\n"
        "begin = app.begin_syncing\n"
        "def begun():\n"
        "    told.extend(n for n in sys.modules if n.startswith('store.sync'))\n"
        "    told.append(len(app.main_list.rows.pages))\n"
        "    begin()\n"
        "app.begin_syncing = begun\n"
        "async def main():\n"
        "    async with app.run_test(size=(80, 24)):\n"
        "        while app.status.syncing is None:\n"
        "            await asyncio.sleep(0.005)\n"
        "        sys.__stdout__.write(str(told)); sys.__stdout__.flush(); os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={**home.env, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.strip("[] \n")) > 10
    made.forget_copies()


async def test_every_screen_says_what_is_wrong_with_syncing(made: Homes) -> None:
    async with app_on(made) as on:
        await on.sees("signed out · 2 conflicts")
        await on.follow(("g", "t"))
        assert "signed out · 2 conflicts" in on.text.split("\n")[0]
    async with app_on(made, size=(40, 15)) as on:
        await on.sees("Personal │ signed out · 2 con")


async def test_the_bookkeeping_of_the_engine_makes_no_list_read_again(made: Homes) -> None:
    from store.sync.status import tell

    async with app_on(made) as on:
        await on.follow(("g", "i"))
        read = []
        on.app.screen.read = lambda bench: read.append(bench) or []  # type: ignore[method-assign]
        bench = on.app.bench
        await on.app.desk.run("sync", lambda: tell(bench, live="websocket"))
        await on.settle()
        assert read == []


# A field in use -----------------------------------------------------------------------------------


async def test_a_field_in_use_keeps_its_text_and_wins_when_it_is_committed(made: Homes) -> None:
    async with app_on(made) as on:
        bench, scope = on.app.bench, on.app.bench.scope
        with bench.step("add") as step:
            id = step.insert("tasks", {"title": "buy milk"})
        on.app.open_record("tasks", id)
        await on.settle()
        await on.press("e")
        await on.type(" and bread")
        await arrives(on, "tasks", id, "title", "buy oat milk")
        assert "buy milk and bread" in on.text
        await on.sees("Changed meanwhile to “buy oat milk”")
        await on.press("enter")
        assert bench.documents.get(scope, "tasks", id)["title"] == "buy milk and bread"
        past = [p.value for p in bench.history.of(scope, "tasks", id) if p.field == "title"]
        assert "buy oat milk" in past
        assert past[0] == "buy milk and bread"


async def test_a_note_in_use_keeps_its_text(made: Homes) -> None:
    async with app_on(made) as on:
        bench, scope = on.app.bench, on.app.bench.scope
        with bench.step("add") as step:
            id = step.insert("notes", {"title": "Ink", "content": "black"})
        on.app.open_record("notes", id)
        await on.settle()
        await on.press("e")
        await on.type("very ")
        await arrives(on, "notes", id, "content", "blue")
        assert "very black" in on.text
        await on.sees("Changed meanwhile to “blue”")
        await on.press("ctrl+s")
        assert bench.documents.get(scope, "notes", id)["content"] == "very black"


async def test_a_change_of_another_field_says_nothing_while_one_types(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        with bench.step("add") as step:
            id = step.insert("tasks", {"title": "buy milk"})
        on.app.open_record("tasks", id)
        await on.settle()
        await on.press("e")
        await arrives(on, "tasks", id, "description", "two litres")
        assert "meanwhile" not in on.text


# Conflicts ----------------------------------------------------------------------------------------


async def test_space_writes_mine_back_and_one_key_undoes_it(made: Homes) -> None:
    async with app_on(made) as on:
        bench, scope = on.app.bench, on.app.bench.scope
        await on.follow(("g", "C", "~heron gone"))
        (one,) = [c for c in conflicts.waiting(bench) if c.collection == "tasks"]
        await on.press("space")
        assert bench.documents.get(scope, "tasks", one.id)["title"] == "heron nest 0"
        await on.sees("· 1 conflict ·")
        await on.follow(("u", "u"))  # the first only shows it: by this clock it is old
        assert bench.documents.get(scope, "tasks", one.id)["title"] == "heron gone"


async def test_marked_conflicts_are_settled_as_one_step(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        await on.follow(("g", "C", "*", "space"))
        assert conflicts.count(bench) == 0
        assert "Nothing is in conflict" in on.text
        steps = bench.db.read("SELECT label FROM steps WHERE kind = 'step' ORDER BY n DESC LIMIT 2")
        assert "keep my version" in steps[0][0]
        assert "keep my version" not in steps[1][0]
        await on.follow(("u", "u"))
        titles = {r.text("title") for r in bench.documents.viewed("tasks", _keys(bench, "tasks"))}
        assert "heron gone" in titles


def _keys(bench: object, table: str) -> list[int]:
    return [pk for (pk,) in bench.db.read(f'SELECT pk FROM "{table}"')]  # type: ignore[attr-defined]


async def test_theirs_changes_nothing_and_a_third_value_settles_it(made: Homes) -> None:
    async with app_on(made) as on:
        bench, scope = on.app.bench, on.app.bench.scope
        await on.follow(("g", "C", "~heron gone"))
        (one,) = [c for c in conflicts.waiting(bench) if c.collection == "tasks"]
        await on.follow(("e", "text: indeed", "enter"))
        assert bench.documents.get(scope, "tasks", one.id)["title"] == "heron nest 0 indeed"
        await on.follow(("r", "~Nothing is in conflict"))
        assert conflicts.count(bench) == 0


async def test_what_was_left_for_theirs_waits_again_after_undo(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        await on.follow(("g", "C"))
        before = conflicts.waiting(bench)
        steps = bench.db.read("SELECT n, undone FROM steps")
        await on.follow(("*", "r", "~Nothing is in conflict"))
        await on.follow(("u", "~undecided again"))
        assert conflicts.waiting(bench) == before
        assert bench.db.read("SELECT n, undone FROM steps") == steps


def test_two_long_texts_stand_in_one_with_marks() -> None:
    from types import SimpleNamespace

    from tui.asking.managing.conflicts import both, is_unmerged

    one = SimpleNamespace(mine="a\nmine\nz", theirs="a\ntheirs\nmore\nz")
    text = both(one)  # type: ignore[arg-type]
    assert text.split("\n") == [
        *("a", "<<<<<<< mine", "mine", "=======", "theirs", "more", ">>>>>>> theirs", "z")
    ]
    assert is_unmerged(text)
    assert not is_unmerged("a\nmine\n=======\nz")


async def test_a_new_conflict_moves_no_focus_and_no_cursor(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        with bench.step("add") as step:
            id = step.insert("tasks", {"title": "buy milk"})
        await on.follow(("g", "t", "j", "j", "j"))
        at, screen = on.app.main_list.rows.cursor_id, on.screen_name
        said = on.text.split("\n")[-1]
        await arrives(on, "tasks", id, "title", "buy oat milk")
        await on.sees("3 conflicts")
        assert (on.app.main_list.rows.cursor_id, on.screen_name) == (at, screen)
        assert on.text.split("\n")[-1] == said


# The inbox ----------------------------------------------------------------------------------------


async def test_each_kind_in_the_inbox_has_its_own_acts(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        await on.follow(("g", "i", "~quarantine"))
        for _row in range(40):
            entry = on.app.screen.entries.chosen
            if entry.kind == "quarantine":
                break
            await on.press("j")
        await on.follow(("space", "~Still not possible"))
        await on.follow(("r", "~Dropped 1 row"))
        assert bench.db.read("SELECT count(*) FROM quarantine")[0][0] == 1
        await on.follow(("G", "space", "~goes out again"))
        assert bench.db.read("SELECT count(*) FROM aside")[0][0] == 0


async def test_what_came_unsealed_is_never_let_act(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "i", "~Heron helper", "/", "text:helper", "enter", "space"))
        await on.sees("its author cannot be known")
        await on.follow(("r", "~will not act here"))
        assert "Heron helper" not in on.text


# Signing in ---------------------------------------------------------------------------------------


async def test_a_password_is_hidden_and_never_kept(made: Homes) -> None:
    home = made.copy("filled")
    async with driven(home, clock=clock) as on:
        await on.follow(("g", "Y", "enter", "text:localhost:1", "enter"))
        await on.follow(("text:ada@example.org", "enter", "text:tramontane"))
        assert "tramontane" not in on.text
        assert "••••" in on.text
        await on.press("escape")
        assert on.app.drafts == {}
        await on.follow(("enter", "enter", "enter"))
        await on.follow(("text:ada@example.org", "enter", "text:tramontane", "enter"))
        assert "tramontane" not in on.text
        assert on.app.drafts == {}
    assert home.find("tramontane") == []
    made.forget_copies()


def test_no_act_of_syncing_deletes_without_being_asked() -> None:
    keyed = {a.id: a.keys for a in TABLE if a.scope in ("sync", "members")}
    assert "d" in keyed["members.remove"]
    assert not any("d" in keys for id, keys in keyed.items() if id != "members.remove")
