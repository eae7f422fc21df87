"""The models that this machine knows, and where their keys lie.

Device level: never synced, for an address on this machine means nothing on another. The list is
one sealed value of the device table; a key lies in the OS keyring or in a sealed value of its own,
and is fetched only for the one connection that needs it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from store.errors import InvalidValueError, LockedError, NotFoundError, StorageError
from store.vault import places
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

Kind = Literal["openai", "anthropic", "google"]
Place = Literal["none", "keyring", "vault"]
KINDS: tuple[str, ...] = get_args(Kind)
PLACES: tuple[str, ...] = get_args(Place)

WINDOW = 32_000
"""Tokens of context where nothing is said: what today's small local models hold at least."""
SECONDS = 120.0
"""Of waiting for one answer."""

_LIST, _KEYS = "models", "model-keys"
_NAME = re.compile(r"[^\W_][\w.:/@+-]{0,79}")


class Model(NamedTuple):
    """One model. ``name`` is what agents and people call it here, ``model`` what its server does.

    url: "" for the provider's own (anthropic, google). window: tokens of context; 0 for what the
    public list says, which adding it fills in. price_in and
    price_out: US dollars for a million tokens, None where the public list decides. seconds: for
    one answer. key_in: where the key lies; the key itself is never part of this.
    """

    name: str
    kind: Kind
    url: str
    model: str
    key_in: Place = "none"
    window: int = 0
    price_in: float | None = None
    price_out: float | None = None
    seconds: float = SECONDS

    @property
    def local(self) -> bool:
        """Whether it answers on this machine."""
        return _host_is(self.url, "is_loopback")


def listed(bench: Workbench) -> list[Model]:
    """The models by name. Raises LockedError: the list is sealed."""
    return sorted(_load(bench)[0].values())


def default(bench: Workbench) -> str:
    """The name of the model for agents that name none; "" without one. Raises LockedError."""
    return _load(bench)[1]


def get(bench: Workbench, name: str) -> Model:
    """The model called ``name``. Raises NotFoundError, LockedError."""
    found = _load(bench)[0].get(name)
    if found is None:
        raise NotFoundError(
            _("This machine knows no model “{name}”.").format(name=name),
            kept=_("Nothing was changed."),
            hint=_("`manabench model list` shows those it knows, `manabench model add` adds one."),
        )
    return found


def chosen(bench: Workbench, agent: Mapping[str, Any]) -> Model:
    """The model of an agent: the one it names if this machine knows it, else the default.

    An agent may have come from another machine, whose models this one does not know; its missions
    go on here with the default. Raises NotFoundError where there is no model at all.
    """
    models, first = _load(bench)
    wanted = agent.get("model")
    name = wanted if isinstance(wanted, str) and wanted in models else first
    if name not in models:
        raise NotFoundError(
            _("No model is set up on this machine."),
            kept=_("The mission is unchanged and nothing was run."),
            hint=_(
                "Add one with `manabench model add NAME --url URL --model MODEL`; a mission with "
                "a script needs none."
            ),
        )
    return models[name]


def add(bench: Workbench, model: Model, key: str = "", *, keyring: bool = False) -> Model:
    """Add a model or replace the one of its name, with its key; the first becomes the default.

    keyring: put the key there rather than into the sealed database. Without a new key a replaced
    model keeps the one it had, if it still talks to the same server. Raises InvalidValueError,
    StorageError where the keyring does not answer, LockedError.
    """
    model = _checked(model)
    _may_travel(model, key)
    # The keyring first: it is outside the transaction and may refuse.
    if key and keyring and not places.keep_text(_entry(bench, model.name), key):
        raise StorageError(
            _("The keyring of this system does not answer."),
            kept=_("Nothing was changed."),
            hint=_("Without --keyring the key is kept sealed in the database."),
        )
    with bench.db.transaction():
        models, first = _load(bench)
        old = models.get(model.name)
        same = old is not None and _server(old.url) == _server(model.url)
        kept: Place = old.key_in if old is not None and same else "none"
        if key:
            kept = "keyring" if keyring else "vault"
        else:
            _may_travel(model, "kept" if kept != "none" else "")
        keys = _keys(bench)
        if key and not keyring:
            keys[model.name] = key
        elif kept != "vault":
            keys.pop(model.name, None)
        model = model._replace(key_in=kept)
        models[model.name] = model
        _save(bench, models, first or model.name, keys)
    if old is not None and old.key_in == "keyring" and kept != "keyring":
        places.remove_from_keyring(_entry(bench, model.name))
    return model


def remove(bench: Workbench, name: str) -> None:
    """Forget a model and its key. If it was the default, the only one left becomes it.

    Raises NotFoundError, LockedError.
    """
    with bench.db.transaction():
        gone = get(bench, name)
        models, first = _load(bench)
        keys = _keys(bench)
        del models[name]
        keys.pop(name, None)
        if first == name:
            first = next(iter(models)) if len(models) == 1 else ""
        _save(bench, models, first, keys)
    if gone.key_in == "keyring":
        places.remove_from_keyring(_entry(bench, name))


def set_default(bench: Workbench, name: str) -> None:
    """Agents that name no model use this one. Raises NotFoundError, LockedError."""
    with bench.db.transaction():
        get(bench, name)
        _save(bench, _load(bench)[0], name, _keys(bench))


def key_of(bench: Workbench, model: Model) -> str:
    """The key of a model, "" if it needs none. Raises StorageError where it should be but is not,
    LockedError."""
    if model.key_in == "none":
        return ""
    if model.key_in == "vault":
        found = _keys(bench).get(model.name, "")
    else:
        found = places.load_text(_entry(bench, model.name)) or ""
    if not found:
        raise StorageError(
            _("The key of the model “{name}” cannot be read.").format(name=model.name),
            kept=_("Nothing was sent."),
            hint=_("Give it again with `manabench model add {name}`.").format(name=model.name),
        )
    return found


def has_key_for(bench: Workbench, model: Model) -> bool:
    """Whether the model of that name has a key that would go to the same server."""
    old = _load(bench)[0].get(model.name)
    return old is not None and old.key_in != "none" and _server(old.url) == _server(model.url)


def _load(bench: Workbench) -> tuple[dict[str, Model], str]:
    if not bench.vault.unlocked:
        raise LockedError(
            _("The vault is locked."),
            kept=_("Nothing was changed."),
            hint=_("Run `manabench unlock` first."),
        )
    held = bench.device.get(_LIST) or {}
    models = {}
    for name, row in (held.get("models") or {}).items():
        known = {field: row[field] for field in Model._fields if field in row}
        models[name] = Model(**known)
    return models, str(held.get("default") or "")


def _keys(bench: Workbench) -> dict[str, str]:
    return dict(bench.device.get(_KEYS) or {})


def _save(
    bench: Workbench, models: Mapping[str, Model], first: str, keys: Mapping[str, str]
) -> None:
    rows = {name: model._asdict() for name, model in models.items()}
    bench.device.set(_LIST, {"models": rows, "default": first})
    bench.device.set(_KEYS, dict(keys))


def _entry(bench: Workbench, name: str) -> str:
    return f"{bench.id}.model.{name}"


def _checked(model: Model) -> Model:
    kept = _("Nothing was changed.")
    if not _NAME.fullmatch(model.name):
        raise InvalidValueError(
            _("“{name}” cannot name a model.").format(name=model.name),
            kept=kept,
            hint=_("Use letters, digits and . : / @ + - _ without blanks."),
        )
    if model.kind not in KINDS:
        raise InvalidValueError(
            _("“{kind}” is no kind of model. There are: {known}.").format(
                kind=model.kind, known=" ".join(KINDS)
            ),
            kept=kept,
        )
    if not model.model.strip():
        raise InvalidValueError(
            _("Which model the server is to use is not said."),
            kept=kept,
            hint=_("Add --model, for example --model qwen3:8b."),
        )
    if not model.window:
        model = model._replace(window=_listed_window(model) or WINDOW)
    if model.window < 1000 or model.seconds <= 0 or min(_prices(model)) < 0:
        raise InvalidValueError(
            _("A window has at least 1000 tokens; a time and prices are not negative."), kept=kept
        )
    return model._replace(url=_address(model))


def _listed_window(model: Model) -> int | None:
    """What the public list says a hosted model can read; nobody tells it of a local one, whose
    server is started with a window of its own."""
    if model.local:
        return None
    from store.ai.planner.prices import listed_window

    return listed_window(model.model)


def _prices(model: Model) -> tuple[float, float]:
    return model.price_in or 0.0, model.price_out or 0.0


def _address(model: Model) -> str:
    """The URL without an end of its own. Raises InvalidValueError for what is none."""
    if not model.url and model.kind != "openai":
        return ""
    try:
        parts = urlsplit(model.url.strip())
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidValueError(
            _("That is no address of a model server."),
            kept=_("Nothing was changed."),
            hint=_("Give one like http://localhost:11434/v1, without a name, password or query."),
        )
    return model.url.strip().rstrip("/")


def _may_travel(model: Model, key: str) -> None:
    """Refuse to send a key through other people's networks in the clear."""
    if key and model.url.startswith("http:") and not _host_is(model.url, "is_private"):
        raise InvalidValueError(
            _("The key would travel unprotected to {url}.").format(url=model.url),
            kept=_("Nothing was changed."),
            hint=_("Use an https address."),
        )


def _host_is(url: str, what: str) -> bool:
    """Whether the host is an address of a kind; ``localhost`` and its like are loopback."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return bool(getattr(ipaddress.ip_address(host), what))
    except ValueError:
        return False


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
