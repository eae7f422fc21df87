"""The routes of both halves in one application, and how errors leave it."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from store.server import machine
from store.server.answers import instant, json
from store.server.errors import Refusal, wrapper

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from store.server.context import Context
    from store.server.settings import Settings

LOG = logging.getLogger("manabench.server")


def create_app(settings: Settings) -> Starlette:
    """The application over the SQLite file in the data folder; ``app.state.context`` is what its
    endpoints share. It is closed when the lifespan ends.

    Raises StorageError or NewerSchemaError for a folder that cannot serve.
    """
    from store.server.context import Context
    from store.server.settings import DATABASE, prepare
    from store.server.sqlite import File
    from store.server.sqlite_changes import SqliteChanges
    from store.server.sqlite_identity import SqliteIdentity

    prepare(settings.data)
    _ = settings.service_key  # refused before anything is opened
    file = File(settings.data / DATABASE)
    changes = None
    try:
        changes = SqliteChanges(file)
        context = Context(settings, SqliteIdentity(file), changes)
    except BaseException:
        if changes is not None:
            changes.close()
        file.close()
        raise
    return application(context)


def application(context: Context) -> Starlette:
    """The application over any storage."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            context.hub.end_all("server goes down")
            context.close()

    cors = Middleware(
        CORSMiddleware,
        allow_origins=sorted(context.settings.origins),
        allow_credentials=True,
        allow_methods=["GET", "POST", "DELETE", "PATCH", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "X-Client-Id"],
        expose_headers=["Set-Cookie", "set-auth-jwt", "X-Retry-After", "Retry-After"],
    )
    app = Starlette(
        routes=_routes(context),
        middleware=[*([cors] if context.settings.origins else []), Middleware(Quiet)],
        exception_handlers={Refusal: _refused, 404: _unknown},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.context = context
    return app


def _routes(context: Context) -> list[BaseRoute]:
    """Every module's ``routes(context)``."""
    from starlette.routing import Route

    from store.server import accounts, internal, orgs, singletons, sockets, stream, sync, vaults

    parts = (accounts, orgs, internal, vaults, singletons, sync, stream, sockets)
    return [Route("/health", health), *(route for part in parts for route in part.routes(context))]


async def health(_request: Request) -> Response:
    """Whether the server answers."""
    now = instant(time.time_ns() // 1_000_000)
    return json({"status": "ok", "service": "manabench", "timestamp": now})


async def _refused(_request: Request, refusal: Any) -> Response:
    response: Response = refusal.response()
    return response


async def _unknown(request: Request, _error: Any) -> Response:
    """404: plain text, without a body under /api/auth; a slash too many is trimmed."""
    from starlette.responses import PlainTextResponse, RedirectResponse, Response

    path = request.url.path
    if request.method == "GET" and len(path) > 1 and path.endswith("/"):
        trimmed = "/" + path.strip("/")
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(trimmed + query, 301)
    if path.startswith("/api/auth"):
        return Response(status_code=404)
    return PlainTextResponse("404 page not found\n", 404)


class Quiet:
    """Answers for a fault of the program. Its kind and place are logged, never its words or a
    traceback: those may hold secrets, or what people wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._machine = machine.Sayings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; end what raises."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the last resort, which answers and logs
            unable = machine.unable(error)
            if unable is None:
                LOG.error("%s in %s", type(error).__name__, _place(error))
            else:
                self._machine.say(unable.words)
            if begun or scope["type"] != "http":
                raise BrokenOffError from None  # the web server closes the connection
            answer = machine.answer(scope["path"], unable) if unable else _fault(scope["path"])
            await answer(scope, receive, send)


class BrokenOffError(Exception):
    """An answer that had begun met a fault; the log has named it."""


def _place(error: Exception) -> str:
    """Where a fault arose, as module and line."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("store."):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _fault(path: str) -> Response:
    if path.startswith("/api/v1/auth"):
        return wrapper("INTERNAL").response()
    if path.startswith("/api/"):
        return json({"statusCode": 500, "message": "internal server error"}, 500)
    return Refusal(500, "internal error").response()
