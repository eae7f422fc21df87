"""From a known model to one that can be asked, and from its errors to words for a person.

Loads ``pydantic_ai``; imported only when a model is really talked to. The library's own retries
are off: the loop retries, because it alone knows the run's time and budget.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic_ai import exceptions as faults

from store.errors import ManabenchError, NetworkError, ServerError, UsageError
from store.sync.sign.calling import trust
from store.words import N_, _

if TYPE_CHECKING:
    from pydantic_ai.models import Model as Asked

    from store.ai.planner.models import Model

CONNECT = 10.0
LARGEST = 16_000_000
"""Bytes of one answer; a longer one is no answer of a model."""

_KEPT = N_("Nothing was changed by this call.")


_TELLTALE = ("x-stainless-", "x-goog-api-client")
"""Headers in which the libraries tell of the system, the interpreter and themselves."""


class TooLargeError(httpx2.TransportError):
    """An answer without an end."""


@asynccontextmanager
async def connected(model: Model, key: str) -> AsyncIterator[Asked]:
    """The model, ready to be asked; its connections end with the block.

    Raises UsageError where the library of its kind is not installed.
    """
    timeout = httpx2.Timeout(model.seconds, connect=min(CONNECT, model.seconds))
    async with httpx2.AsyncClient(
        timeout=timeout,
        verify=trust(model.url or "https:"),
        follow_redirects=False,
        trust_env=not model.local,  # a proxy of the network is no way to this machine
        event_hooks={"request": [_quiet], "response": [_bound]},
    ) as client:
        yield _MAKERS[model.kind](model, key, client)


async def _quiet(request: httpx2.Request) -> None:
    """Say nothing about this machine but the program's name."""
    for name in [name for name in request.headers if name.lower().startswith(_TELLTALE)]:
        del request.headers[name]
    request.headers["user-agent"] = "manabench"


async def _bound(response: httpx2.Response) -> None:
    response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = 0
        async for piece in self._inner:
            total += len(piece)
            if total > LARGEST:
                raise TooLargeError(str(LARGEST))
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


def _openai(model: Model, key: str, client: httpx2.AsyncClient) -> Asked:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    # A key is always passed, or the library would take one from the environment.
    given: dict[str, Any] = {"base_url": model.url, "api_key": key or "none", "http_client": client}
    provider: Any
    if model.url.startswith("https://api.openai.com/"):
        provider = OpenAIProvider(**given)
    else:
        provider = OpenAICompatibleProvider("compatible", profile=_plainest(), **given)
    talker = provider.client
    talker.max_retries = 0
    talker.organization = talker.project = None  # read from the environment
    return OpenAIChatModel(model.model, provider=provider)


def _plainest() -> Any:
    """What every server of that protocol takes: many know neither strict tools nor the newer name
    of the longest answer."""
    from pydantic_ai.profiles.openai import OpenAIModelProfile

    return OpenAIModelProfile(
        openai_supports_strict_tool_definition=False,
        openai_chat_supports_max_completion_tokens=False,
    )


def _anthropic(model: Model, key: str, client: httpx2.AsyncClient) -> Asked:
    try:
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider
    except ImportError:
        raise lacking(model) from None
    url = model.url or "https://api.anthropic.com"
    provider: Any = AnthropicProvider(api_key=key or "none", base_url=url, http_client=client)
    provider.client.max_retries = 0
    provider.client.auth_token = None  # read from the environment
    return AnthropicModel(model.model, provider=provider)


def _google(model: Model, key: str, client: httpx2.AsyncClient) -> Asked:
    try:
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider
    except ImportError:
        raise lacking(model) from None
    provider = GoogleProvider(api_key=key or "none", http_client=client, base_url=model.url or None)
    return GoogleModel(model.model, provider=provider)


_MAKERS: dict[str, Callable[[Model, str, httpx2.AsyncClient], Asked]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}


def lacking(model: Model) -> UsageError:
    """The error where the library of a kind of model is not installed."""
    return UsageError(
        _("Models of the kind “{kind}” need a library that is not installed.").format(
            kind=model.kind
        ),
        kept=_(_KEPT),
        hint=_("Install it: pip install 'manabench[{kind}]'").format(kind=model.kind),
    )


# -- what went wrong --------------------------------------------------------------------------


def again(error: BaseException) -> bool:
    """Whether another attempt may fare better."""
    if isinstance(error, faults.ModelQuotaExceededError):
        return False
    if isinstance(error, faults.ModelTimeoutError):
        return False  # it was given all the time there is for one answer
    if isinstance(
        error,
        faults.ModelRateLimitError
        | faults.ModelUnavailableError
        | faults.ModelServerError
        | faults.ModelConnectionError,
    ):
        return True
    return isinstance(error, faults.ModelHTTPError) and error.status_code in (408, 409, 429)


def never_sent(error: BaseException | None) -> bool:
    """Whether the server was not even reached, so that it cannot have read anything."""
    while error is not None:
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
            return True
        error = error.__cause__ or error.__context__
    return False


def told(error: BaseException, model: Model) -> ManabenchError:
    """A fault of the library in our words.

    The server's own words are left out: some repeat what they were asked.
    """
    status = error.status_code if isinstance(error, faults.ModelHTTPError) else 0
    if isinstance(error, faults.UserError):
        return ServerError(
            _("The model “{name}” cannot do what a mission needs.").format(name=model.name),
            kept=_(_KEPT),
            hint=_(_ABLE).format(name=model.name),
        )
    if isinstance(error, faults.ModelTimeoutError | faults.ModelRequestTimeout):
        return NetworkError(
            _("The model “{name}” did not answer in time.").format(name=model.name),
            kept=_(_KEPT),
            hint=_("Try again, or give it more time with `manabench model add --timeout`."),
        )
    if isinstance(error, faults.ModelConnectionError) and not status:
        return NetworkError(
            _("The model “{name}” cannot be reached.").format(name=model.name),
            kept=_(_KEPT),
            hint=_("Check that its server runs and that the address is right."),
        )
    for kind, message, hint in _TOLD:
        if isinstance(error, kind):
            return ServerError(
                _(message).format(name=model.name, status=status),
                kept=_(_KEPT),
                hint=_(hint).format(name=model.name),
                status=status,
            )
    return ServerError(
        _("The model “{name}” answered with something that is no answer.").format(name=model.name),
        kept=_(_KEPT),
        hint=_("Check the address, and whether this model can call tools: manabench model test"),
        status=status,
    )


_WAIT = N_("Wait a while and try again.")
_ABLE = N_("Not every model can call tools; see what it can: manabench model test {name}")
_TOLD: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        faults.ModelAuthenticationError,
        N_("The server of the model “{name}” does not accept the key."),
        N_("Give the key again with `manabench model add {name}`."),
    ),
    (
        faults.ModelNotFoundError,
        N_("The server does not know the model that “{name}” stands for."),
        N_("Check --model and that the address ends as the server wants it, often in /v1."),
    ),
    (
        faults.ModelQuotaExceededError,
        N_("The account of the model “{name}” has no credit left."),
        N_("Add credit at the provider, or choose another model."),
    ),
    (faults.ModelRateLimitError, N_("The server of the model “{name}” asks for a pause."), _WAIT),
    (
        faults.ModelContextWindowExceededError,
        N_("The conversation is longer than the model “{name}” can read."),
        N_("Link fewer inputs, or say the model's true window with --window."),
    ),
    (
        faults.ModelUnavailableError,
        N_("The server of the model “{name}” is busy or down (status {status})."),
        _WAIT,
    ),
    (
        faults.ModelServerError,
        N_("The server of the model “{name}” failed (status {status})."),
        _WAIT,
    ),
    (
        faults.ModelHTTPError,
        N_("The server of the model “{name}” refused the request (status {status})."),
        _ABLE,
    ),
    (
        faults.OutputTokenLimitExceeded,
        N_("The model “{name}” stopped in the middle of its answer."),
        N_("Ask for less in one mission, or choose another model."),
    ),
    (
        faults.ContentFilterError,
        N_("The server of the model “{name}” held its answer back."),
        N_("Look at the mission's inputs, or choose another model."),
    ),
)
