"""What agents may do with contacts. Each tool ends in the step that a key and a command make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.modules.contacts.kept import NAME
from store.queries import Query
from store.told import counted
from store.tool import MOST_SHOWN, Answer, Param, Tool, compact, named, tag_names

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench


def _create(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    fields = {name: value.strip() if name != "notes" else value for name, value in given.items()}
    said = counted("{n} contact added", "{n} contacts added", 1)
    with bench.step(said) as step:
        id = step.insert("contacts", {**fields, "isFavorite": False})
    return Answer(said, {"id": id})


def _list(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    query = Query("contacts", sort="name", filters=("all",))
    keys = bench.documents.keys(bench.scope, query)
    found = bench.documents.by_keys(bench.scope, "contacts", keys[:MOST_SHOWN], NAME)
    names = tag_names(bench, found)
    data = {"contacts": [_short(one, names) for one in found]}
    said = counted("{n} contact read", "{n} contacts read", len(found))
    return Answer(said, data | compact(more=len(keys) - len(found)))


def _get(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    from store.modules.contacts.kept import LINES

    contact = bench.documents.get(bench.scope, "contacts", given["contactId"])
    data = _short(contact, tag_names(bench, [contact])) | compact(
        **{name: contact.text(name) for name in (*LINES, "birthday", "notes")}
    )
    return Answer(counted("{n} contact read", "{n} contacts read", 1), data)


def _short(contact: Record, names: Mapping[str, str]) -> dict[str, Any]:
    return compact(
        id=contact["id"],
        **{name: contact.text(name) for name in NAME},
        tags=named(contact, names),
    )


TOOLS = (
    Tool(
        "create_contact",
        "Add a person to the contacts.",
        _create,
        (
            Param("firstName", "text", "The first name.", required=True, most=200),
            Param("lastName", "text", "The last name.", most=200),
            Param("email", "text", "The e-mail address.", most=320),
            Param("phone", "text", "The phone number.", most=60),
            Param("company", "text", "The company.", most=200),
            Param("notes", "long", "Notes about the person."),
        ),
        risk="low",
    ),
    Tool(
        "get_contacts",
        "List the contacts by name, with their ids and how to reach them; 100 at most.",
        _list,
        policy="auto",
        reads=True,
        risk="low",
    ),
    Tool(
        "get_contact",
        "Read one contact whole: address, birthday and notes too.",
        _get,
        (Param("contactId", "id", "The id of the contact.", required=True, collection="contacts"),),
        policy="auto",
        reads=True,
        risk="low",
    ),
)
