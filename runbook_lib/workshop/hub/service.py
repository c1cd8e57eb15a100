"""The board as a service of the Hub: the Hub signs the trainer in, and only admins get in."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

import uvicorn
from jupyterhub.services.auth import HubOAuth
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ..board import Board
from ..classroom import Classroom
from ..settings import Settings
from ..store import Store
from .plan import PREFIX, read_plan

_COOKIE = "runbook_board_session"


class HubGate:
    """Lets admins of the Hub in, by the Hub's own sign-in (OAuth)."""

    def __init__(self) -> None:
        self._hub: Any = HubOAuth(cache_max_age=60)
        self._tokens: dict[str, str] = {}

    async def __call__(self, request: Request) -> Response | None:
        """Return None for an admin; send others to the Hub to sign in, or away."""
        token = self._tokens.get(request.cookies.get(_COOKIE, ""))
        user = await asyncio.to_thread(self._hub.user_for_token, token) if token else None
        if user:
            return None if user.get("admin") else PlainTextResponse("The board is the trainer's.", 403)
        if request.method != "GET":
            return PlainTextResponse("Sign in again: load the page once more.", 401)
        state = self._hub.generate_state(next_url=f"{PREFIX}/board")
        answer = RedirectResponse(f"{self._hub.login_url}&state={state}", 303)
        # Lax, because the Hub sends the browser back from its own page.
        answer.set_cookie(self._hub.state_cookie_name, state, httponly=True, samesite="lax", path=PREFIX)
        return answer

    async def callback(self, request: Request) -> Response:
        """Take the browser back from the Hub, with a code for a token."""
        state = request.query_params.get("state", "")
        known = request.cookies.get(self._hub.state_cookie_name, "")
        if not state or not secrets.compare_digest(state.encode(), known.encode()):
            return PlainTextResponse("This sign-in didn't begin here. Open the board again.", 403)
        token = await asyncio.to_thread(self._hub.token_for_code, request.query_params.get("code", ""))
        session = secrets.token_urlsafe(32)
        self._tokens[session] = token
        answer = RedirectResponse(f"{PREFIX}/board", 303)
        answer.set_cookie(_COOKIE, session, httponly=True, samesite="lax", path=PREFIX)
        return answer


def service(board: Board, gate: HubGate) -> Starlette:
    """Return the board's application with the Hub's way back."""
    app = board.app()
    app.router.routes.insert(0, Route(f"{PREFIX}/oauth_callback", gate.callback))
    app.router.routes.insert(0, Route(f"{PREFIX}/", lambda _: RedirectResponse(f"{PREFIX}/board")))
    return app


def main() -> None:
    """Serve until the Hub ends it."""
    plan, gate = read_plan(), HubGate()
    with closing(Store(Path(plan.folder).parent / "board.sqlite")) as store:
        room = Classroom.present(store, Settings.model_validate(plan.settings))
        app = service(Board(room, plan.board, PREFIX, gate), gate)
        uvicorn.run(
            app, host="127.0.0.1", port=plan.board_port, log_level="warning", access_log=False, server_header=False,
            proxy_headers=False, ws="none", timeout_graceful_shutdown=1,
        )  # fmt: skip


if __name__ == "__main__":
    main()
