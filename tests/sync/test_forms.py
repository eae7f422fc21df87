"""Which form each field takes on the wire, and that nothing sealed goes out in plaintext."""

from __future__ import annotations

import base64

import orjson
import pytest

from store.collections import CORE
from store.sync import account, wire
from store.sync.inbox import incoming
from store.sync.outbox import outgoing
from store.sync.outbox.forms import SHOWN_UNDECRYPTED, Forms, sealed_names
from store.sync.outbox.resending import resend_for_interop, resend_space
from tests.store.laws.filler import MARKER, fill
from tests.store.support import UNOPENABLE, content
from tests.sync.outbox import linked, of, opened, sent, shared

T0 = "2026-06-01T12:00:00.000Z"


@pytest.fixture
def team(out):
    """A linked shared space, in view and with nothing to send."""
    out.enter(shared(out))
    sent(out)
    return out


def note(bench, id="n1", **fields):
    with bench.step("add") as step:
        return step.insert("notes", {"title": "a title", "content": "a body", **fields}, id=id)


def values(change):
    if "data" in change:
        return change["data"]
    return {name: slot["value"] for name, slot in change["fields"].items()}


def sealed(value):
    return isinstance(value, str) and value.startswith("enc:1:")


# By space ------------------------------------------------------------------------


def test_in_the_personal_space_exactly_the_marked_fields_are_sealed(out):
    everything = {
        "color": "#ef4444",
        "isPinned": True,
        "transcriptModel": "m",
        "metadata": {"a": 1},
    }
    note(out, **everything)
    [change] = sent(out)
    data = change["data"]
    assert {name for name, value in data.items() if sealed(value)} == {
        "title",
        "content",
        "metadata",
    }
    assert data["transcriptModel"] == "m"
    assert opened(out, data["metadata"]) == {"a": 1}


def test_every_declared_field_has_the_form_that_its_declaration_says(out):
    forms = Forms(out)
    for collection in out.registry:
        if not collection.app:
            continue
        personal = out.scope.number if collection.level == "space" else 0
        shape = forms.shape(collection, personal, 0)
        assert shape.sealed == {n for n, f in collection.fields.items() if f.wire}
        assert not shape.sealed & shape.clear


def test_the_user_level_is_sealed_as_the_personal_space_is(out):
    with out.step("add", scope=out.user_scope) as step:
        step.insert("userTagPresets", {"name": "mine", "isDefault": True, "tags": [{"name": "a"}]})
    [change] = sent(out)
    assert sealed(change["data"]["name"])
    assert sealed(change["data"]["tags"])
    assert change["data"]["isDefault"] is True


def test_a_shared_space_is_plaintext_that_its_members_can_read(team):
    note(team)
    [change] = sent(team)
    assert (change["data"]["title"], change["data"]["content"]) == ("a title", "a body")


@pytest.mark.parametrize("type", [None, "unheard-of", ""])
def test_a_space_of_a_type_that_is_not_known_is_sealed(team, type):
    with team.db.transaction() as connection:
        connection.execute(
            "UPDATE spaces SET doc = json_set(doc, '$.type', ?) WHERE id = ?",
            (type, team.scope.id),
        )
    note(team)
    [change] = sent(team)
    assert sealed(change["data"]["title"])


def test_null_is_never_sealed_and_what_is_merely_empty_is(out, clock):
    note(out, content="", metadata={})
    [change] = sent(out)
    assert sealed(change["data"]["content"])
    assert sealed(change["data"]["metadata"])
    clock.tick()
    with out.step("clear") as step:
        step.update("notes", "n1", {"title": None})
    [change] = sent(out)
    assert change["fields"]["title"]["value"] is None


# Private records ------------------------------------------------------------------------


def test_a_private_record_of_a_shared_space_is_sealed_for_its_author(team):
    note(team, visibility="private")
    [change] = sent(team)
    assert sealed(change["data"]["title"])
    assert change["data"]["visibility"] == "private"


@pytest.mark.parametrize("first", ["private", "space"])
def test_a_change_of_visibility_sends_the_protected_fields_in_their_new_form(team, clock, first):
    note(team, visibility=first, color="#ef4444")
    sent(team)
    clock.tick()
    other = {"private": "space", "space": "private"}[first]
    with team.step("change") as step:
        step.update("notes", "n1", {"visibility": other})
    [change] = sent(team)
    assert set(change["fields"]) == {"title", "content", "visibility"}
    assert sealed(change["fields"]["title"]["value"]) == (other == "private")
    assert opened(team, change["fields"]["title"]["value"]) == "a title"
    assert change["fields"]["title"]["at"] == T0
    assert sent(team) == []


def test_a_change_of_visibility_in_the_personal_space_sends_only_itself(out, clock):
    note(out)
    sent(out)
    clock.tick()
    with out.step("change") as step:
        step.update("notes", "n1", {"visibility": "private"})
    [change] = sent(out)
    assert set(change["fields"]) == {"visibility"}


# Interop ------------------------------------------------------------------------


def test_the_interop_setting_sends_what_the_web_shows_undecrypted_in_plaintext(out, clock):
    with out.step("add") as step:
        step.insert("tags", {"name": "red", "color": "#fff"}, id="g1")
        step.insert("tasks", {"title": "secret"}, id="t1")
    [tag, _task] = sent(out)
    assert sealed(tag["data"]["name"])
    clock.tick(100)
    account.keep(out, interop="web")
    assert resend_for_interop(out) >= 1
    again = sent(out)
    [tag] = of(again, "g1")
    assert tag["fields"] == {"name": {"value": "red", "at": T0, "updatedAt": T0}}
    assert of(again, "t1") == []
    assert {(c["table"], *sorted(c["fields"])) for c in again} >= {("tags", "name")}
    account.keep(out, interop="")
    resend_for_interop(out)
    [tag] = of(sent(out), "g1")
    assert sealed(tag["fields"]["name"]["value"])
    with out.step("add") as step:
        step.insert("tags", {"name": "blue"}, id="g2")
    assert sealed(of(sent(out), "g2")[0]["data"]["name"])


def test_what_the_interop_setting_names_is_declared_as_sealed():
    declared = {(c.app, c.wire): c for c in CORE}
    for place, names in SHOWN_UNDECRYPTED.items():
        if place in declared:
            assert all(declared[place].fields[name].wire for name in names)


def test_a_space_that_became_shared_sends_its_protected_fields_again(team, clock):
    note(team)
    sent(team)
    number = team.scope.number
    with team.step("retype") as step:
        step.update("spaces", team.scope.id, {"type": "family"})
    assert resend_space(team, number) >= 1
    [change] = of(sent(team), "n1")
    assert set(change["fields"]) == {"title", "content"}
    assert change["fields"]["title"]["value"] == "a title"


# What came from elsewhere ------------------------------------------------------------------------


def arrive(bench, *rows, app="notes", table="notes"):
    body = orjson.dumps({"serverChanges": list(rows), "syncedUntil": "u"})
    return incoming.receive(bench, app, table, wire.decode_page(body).rows)


def again(bench, id, *names, collection="notes"):
    """Mark fields as to be sent again, as a repair does."""
    with bench.db.transaction() as connection:
        connection.execute(
            f'UPDATE "{collection}" SET dirty = ? WHERE id = ?',
            (orjson.dumps(sorted(names)).decode(), id),
        )


def row(bench, **fields):
    slots = {name: {"value": value, "at": T0} for name, value in fields.items()}
    space = bench.scope.id
    return {"table": "notes", "id": "n1", "op": "update", "fields": slots, "spaceId": space}


def test_a_received_envelope_goes_back_as_it_came_also_while_locked(out):
    came = out.vault.seal1("from elsewhere")
    arrive(out, row(out, title=came, content=out.vault.seal1("x")))
    again(out, "n1", "title")
    out.vault.lock()
    [change] = sent(out)
    assert change["fields"]["title"]["value"] == came


def test_unknown_fields_go_back_as_they_came(out):
    came = out.vault.seal1("s")
    arrive(out, row(out, plain="p", closed=came, odd="enc:7:zzz"))
    again(out, "n1", "plain", "closed", "odd")
    [change] = sent(out)
    assert values(change) == {"plain": "p", "closed": came, "odd": "enc:7:zzz"}


def test_an_unknown_field_that_was_written_here_goes_out_sealed(out):
    note(out, unheard="of")
    [change] = sent(out)
    assert opened(out, change["data"]["unheard"]) == "of"
    assert sealed(change["data"]["unheard"])


def test_what_does_not_open_goes_back_as_it_came_and_never_as_a_marker(team):
    arrive(team, row(team, title=UNOPENABLE, content=UNOPENABLE))
    again(team, "n1", "title", "content")
    [change] = sent(team)
    assert values(change) == {"title": UNOPENABLE, "content": UNOPENABLE}


def test_plaintext_in_a_protected_field_of_the_personal_space_goes_back_sealed(out):
    arrive(out, row(out, title="readable"))
    again(out, "n1", "title")
    [change] = sent(out)
    assert opened(out, change["fields"]["title"]["value"]) == "readable"
    assert sealed(change["fields"]["title"]["value"])


def test_foreign_records_go_back_as_they_came(out):
    came = out.vault.seal1("s")
    slots = {name: {"value": v, "at": T0} for name, v in {"plain": [1], "closed": came}.items()}
    arrive(
        out,
        {"table": "things", "id": "x", "op": "update", "fields": slots, "spaceId": out.scope.id},
        app="odd",
        table="things",
    )
    assert sent(out) == []
    again(out, "x", "plain", "closed", collection="foreign_records")
    assert ("odd", "things", 1) in outgoing.pending(out)
    [change] = sent(out)
    assert (change["table"], change["op"]) == ("things", "update")
    assert change["fields"]["plain"] == {"value": [1], "at": T0, "updatedAt": T0}
    assert change["fields"]["closed"]["value"] == came
    assert outgoing.pending(out) == []


def test_a_foreign_field_that_came_sealed_and_was_sealed_anew_here_goes_out_sealed(out):
    came = out.vault.seal1("s")
    slots = {"closed": {"value": came, "at": T0}}
    rows = [{"table": "things", "id": "x", "op": "update", "fields": slots}]
    arrive(out, *rows, app="odd", table="things")
    own = out.vault.seal("odd/things", "x", "closed", "mine")
    with out.db.transaction() as connection:
        connection.execute(
            "UPDATE foreign_records SET doc = ?", (orjson.dumps({"closed": own}).decode(),)
        )
    again(out, "x", "closed", collection="foreign_records")
    [change] = sent(out)
    assert sealed(change["fields"]["closed"]["value"])
    assert opened(out, change["fields"]["closed"]["value"]) == "mine"


def test_the_names_that_came_sealed_are_told():
    assert sealed_names({"a": "enc:1:x.y", "b": "text", "c": None, "d": "enc:9:z"}) == ["a", "d"]


DEFAULT = "legacy:ai-default"
"""The agent of the personal space, of which nothing has to be sealed for the wire."""


def test_without_the_accounts_key_sealed_records_wait(make):
    bench = make("home")
    account.keep(bench, user="u1", **dict.fromkeys(("email", "name", "identity", "sync"), ""))
    account.keep(bench, signed_in=True, linked=True)
    with bench.db.transaction() as connection:
        connection.execute("INSERT INTO memberships (space, state) SELECT pk, 'linked' FROM spaces")
    bench.enter(bench.spaces.personal())
    note(bench)
    with bench.step("add") as step:
        step.insert("todoProjects", {"name": "plain"}, id="p1")
    box = outgoing.batches(bench)
    assert [c["id"] for batch in box for c in batch.changes] == [DEFAULT, "p1"]
    assert box.locked
    assert bench.db.read("SELECT * FROM aside") == []


def test_nul_in_what_others_sealed_does_not_reach_a_server_in_plaintext(team):
    arrive(team, row(team, title=team.vault.seal1("a\0b"), content="x"))
    again(team, "n1", "title")
    [change] = sent(team)
    assert change["fields"]["title"]["value"] == "ab"


# The hunt ------------------------------------------------------------------------


def test_no_plaintext_of_protected_fields_leaves_a_personal_space(make):
    bench = linked(make("home"))
    for _done in fill(bench):
        pass
    before = content(bench)
    bodies = []
    for batch in outgoing.batches(bench):
        bodies.append(outgoing.encode(batch, "client"))
        outgoing.acknowledge(bench, batch)
    outgoing.reseal(bench)
    bodies += [outgoing.encode(batch, "client") for batch in outgoing.batches(bench)]
    assert content(bench) == before
    declared = {(c.wire): c for c in bench.registry if c.app}
    plain = set()
    for change in (change for body in bodies for change in orjson.loads(body)["changes"]):
        if change.get("spaceId") in (None, bench.spaces.personal()):
            for name, value in (values(change) if change["op"] != "delete" else {}).items():
                field = declared[change["table"]].fields.get(name)
                if field is not None and field.wire and value is not None:
                    assert sealed(value), (change["table"], name)
                elif MARKER.encode() in orjson.dumps(value):
                    plain.add((change["table"], name))
    # What compatible clients expect readable, and nothing else.
    for table, name in plain:
        assert not declared[table].fields[name].wire
    whole = b"".join(bodies)
    assert base64.b64encode(MARKER.encode())[:-4] not in whole
