"""The board: a web page for the trainer, and the address that learners' machines report to."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import InputError
from ..exercises import NAMES
from .classroom import Classroom, Refused
from .exports import as_csv, handouts_page, qr_code, render, summary_page
from .messages import SIZE_LIMIT, TARGETS, Join, Outcome, Reports, Wanted, parsed
from .settings import Settings
from .store import Store, plain_code
from .troubles import TROUBLES

POLL_SECONDS = 25.0
"""The longest that a learner's machine waits for actions."""
_PAGE_SECONDS = 0.3
"""The page gets at most one update in this time, however many reports come."""
_PING_SECONDS = 10.0
_COOKIE = "runbook_board"
_HEADERS = (
    (b"content-security-policy", b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_FILES = {"board.js": "text/javascript", "board.css": "text/css", "print.css": "text/css"}

Handler = Callable[[Request], Awaitable[Response]]


class _Headers:
    """Adds the headers that keep browsers strict. Not Starlette's middleware, which would hold up streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, receive, sending)


class Gate(Protocol):
    """Tells the trainer from others."""

    async def __call__(self, request: Request) -> Response | None:
        """Return None for the trainer, and for anybody else what they get instead of the page."""
        ...


class Board:
    """The web application around a class. `address` is what learners join at, without the code.

    `prefix` is the path that everything is below, without a slash at its end. `gate` lets the trainer in, by default
    with the key that the address in the terminal holds.
    """

    def __init__(self, classroom: Classroom, address: str, prefix: str = "", gate: Gate | None = None) -> None:
        self.room = classroom
        self.address = address.rstrip("/")
        self.prefix = prefix
        self._gate = gate or self._by_key

    @property
    def join_address(self) -> str:
        """What learners type, and what the QR code holds."""
        return f"{self.address}/{self.room.about.code}"

    def app(self) -> Starlette:
        """Return the application."""
        learners = {
            ("POST", "/api/reports"): self.reports,
            ("POST", "/api/join"): self.join,
            ("GET", "/api/actions"): self.actions,
            ("POST", "/api/actions/{action:int}"): self.settle,
            ("POST", "/api/leave"): self.leave,
        }
        pages = {
            ("GET", "/"): self.welcome,
            ("GET", "/static/{name}"): self.static,
            ("GET", "/{code}"): self.welcome,
        }
        trainers = {
            ("GET", "/board"): self.page,
            ("GET", "/board/events"): self.events,
            ("GET", "/board/news"): self.news,
            ("GET", "/board/export.json"): self.as_json,
            ("GET", "/board/export.csv"): self.as_csv,
            ("GET", "/board/summary"): self.summary,
            ("GET", "/board/handouts"): self.handouts,
            ("POST", "/board/actions"): self.act,
            ("POST", "/board/timer"): self.timer,
            ("POST", "/board/close"): self.close,
        }
        handlers = {**learners, **{key: self._for_trainers(one) for key, one in trainers.items()}, **pages}
        routes = [Route(self.prefix + path, one, methods=[verb]) for (verb, path), one in handlers.items()]
        answers: Any = {Refused: _refused, InputError: _invalid, HTTPException: _failed}
        return Starlette(
            routes=routes, lifespan=self._lifespan, exception_handlers=answers, middleware=[Middleware(_Headers)]
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async def look() -> None:
            while True:
                await asyncio.sleep(2)
                self.room.look_for_absent()

        task = asyncio.create_task(look())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # Learners

    async def join(self, request: Request) -> Response:
        """Let a learner in."""
        return JSONResponse(self.room.join(parsed(Join, await _body(request))).model_dump())

    async def reports(self, request: Request) -> Response:
        """Take in what a learner's machine reports."""
        learner = self._learner(request)
        return JSONResponse({"new": self.room.report(learner, parsed(Reports, await _body(request)))})

    async def actions(self, request: Request) -> Response:
        """Wait for what the trainer does to this learner's world."""
        learner = self._learner(request)
        after, wait = (_number(request, name) for name in ("after", "wait"))
        found = await self.room.actions(learner, int(after), min(wait, POLL_SECONDS))
        return JSONResponse([one.model_dump() for one in found])

    async def settle(self, request: Request) -> Response:
        """Note what became of it."""
        learner = self._learner(request)
        outcome = parsed(Outcome, await _body(request))
        self.room.settle(learner, request.path_params["action"], outcome.outcome, outcome.error)
        return JSONResponse({})

    async def leave(self, request: Request) -> Response:
        """Let a learner go."""
        self.room.leave(self._learner(request))
        return JSONResponse({})

    def _learner(self, request: Request) -> int:
        return self.room.who(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def welcome(self, request: Request) -> Response:
        """Show how to join. Only with the code does it show more than that there's a class."""
        code = plain_code(request.path_params.get("code", "")[:40])
        known = code == self.room.about.code
        status = 200 if known or not code else 404
        return self._html("welcome.html", status, known=known, address=self.join_address if known else "")

    async def static(self, request: Request) -> Response:
        """Return a file of the page."""
        name = request.path_params["name"]
        if name not in _FILES:
            raise HTTPException(404)
        return Response((files(__package__) / "pages" / name).read_bytes(), media_type=_FILES[name])

    # The trainer

    def _for_trainers(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if (instead := await self._gate(request)) is not None:
                return instead
            origin = request.headers.get("origin")
            if request.method == "POST" and origin and origin.partition("://")[2] != request.headers.get("host"):
                raise Refused(403, "other-page", "Another page asked for this. Use the board's own.")
            return await handler(request)

        return checked

    async def _by_key(self, request: Request) -> Response | None:
        key, page = self.room.about.key, f"{self.prefix}/board"
        given = request.query_params.get("key", "")
        if request.url.path == page and secrets.compare_digest(given.encode(), key.encode()):
            answer = RedirectResponse(page, 303)
            answer.set_cookie(_COOKIE, key, httponly=True, samesite="strict", path=page)
            return answer
        if secrets.compare_digest(request.cookies.get(_COOKIE, "").encode(), key.encode()):
            return None
        return self._html("locked.html", 403)

    async def page(self, _: Request) -> Response:
        """Show the board."""
        values: dict[str, Any] = {"code": self.room.about.code, "minutes": self.room.settings.minutes}
        values |= {"troubles": sorted(TROUBLES), "targets": TARGETS, "exercises": NAMES}
        return self._html("board.html", address=self.join_address, **values)

    async def events(self, _: Request) -> Response:
        """Stream what changes, as server-sent events: all at first, then only what's new."""

        async def stream() -> AsyncIterator[str]:
            version = -1
            yield "retry: 1000\n\n"
            while True:
                version, news = await self.room.news(version, _PING_SECONDS)
                yield f"data: {json.dumps(news)}\n\n" if news else ": still here\n\n"
                await asyncio.sleep(_PAGE_SECONDS)

        return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def news(self, request: Request) -> Response:
        """Return what has changed since a version, or wait for it: for proxies that hold streams back."""
        version = int(_number(request, "since")) - 1
        version, news = await self.room.news(version, _PING_SECONDS)
        return JSONResponse({"version": version, "news": news})

    async def act(self, request: Request) -> Response:
        """Send an action to learners."""
        wanted = parsed(Wanted, await _body(request))
        _check_argument(wanted)
        return JSONResponse({"action": self.room.act(wanted)})

    async def timer(self, request: Request) -> Response:
        """Start or stop the timer."""
        try:
            minutes = float(json.loads(await _body(request))["minutes"])
        except (ValueError, TypeError, KeyError):
            minutes = -1
        if not 0 <= minutes <= 600:
            raise InputError("The minutes must be a number from 0 to 600.")
        self.room.set_timer(minutes)
        return JSONResponse({})

    async def close(self, _: Request) -> Response:
        """Close the class."""
        self.room.end()
        return JSONResponse({})

    async def as_json(self, _: Request) -> Response:
        """Return everything on the board as JSON."""
        text = json.dumps(self.room.snapshot(), indent=1, ensure_ascii=False)
        return _download("class.json", text, "application/json")

    async def as_csv(self, _: Request) -> Response:
        """Return the table as CSV."""
        return _download("class.csv", as_csv(self.room.snapshot()), "text/csv")

    async def summary(self, _: Request) -> Response:
        """Show who took part, and how far everybody got."""
        return HTMLResponse(summary_page(self.room.snapshot(), served=True))

    async def handouts(self, _: Request) -> Response:
        """Show one page for each learner, to print."""
        settings, title = self.room.settings, self.room.about.title
        return HTMLResponse(handouts_page(settings, title, self.join_address, served=True))

    def _html(self, name: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(render(name, title=self.room.about.title, qr=qr_code(self.join_address), **values), status)


def _download(name: str, text: str, kind: str) -> Response:
    return Response(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _check_argument(wanted: Wanted) -> None:
    known = {
        "trouble": {*TROUBLES, *NAMES},
        "clear": {"", *TROUBLES},
        "catch-up": {*TARGETS},
        "reset": {"", *NAMES},
    }
    if wanted.kind in known and wanted.argument not in known[wanted.kind]:
        raise InputError(f"There is no {wanted.kind} of that name.")
    if wanted.kind == "message" and not wanted.argument:
        raise InputError("The message is empty.")


async def _body(request: Request) -> bytes:
    """Return a request's body. Raises Refused for a large one, without reading it to the end."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > SIZE_LIMIT:
            raise Refused(413, "too-large", f"A message has at most {SIZE_LIMIT // 1024} KB.")
    return bytes(found)


def _number(request: Request, name: str) -> float:
    text = request.query_params.get(name, "0")
    if not text.isdecimal() or len(text) > 12:
        raise InputError(f"{name} must be a whole number.")
    return float(text)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": {"code": error.code, "message": error.message}}, error.status)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return JSONResponse({"error": {"code": "invalid", "message": error.message}}, 400)


async def _failed(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"code": "http", "message": error.detail}}, error.status_code, error.headers)


def open_board(
    store: Store, settings: Settings, address: str, *, fresh: bool = False, now: Callable[[], float] = time.time
) -> Board:
    """Return the board of the class that's going on, or of a new one."""
    return Board(Classroom.present(store, settings, fresh=fresh, now=now), address)
