"""A real board on loopback, with the trainer's browser and learners' machines as plain HTTP clients."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import uvicorn

from runbook_lib.cli.workshop import listen, server
from runbook_lib.workshop.board import Board, open_board
from runbook_lib.workshop.client import Client
from runbook_lib.workshop.membership import Membership
from runbook_lib.workshop.messages import Report
from runbook_lib.workshop.settings import Settings
from runbook_lib.workshop.store import Store

START = 1_790_000_000.0


class School:
    """A board that can be stopped and started again at the same address."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.folder, self.settings = folder, settings or Settings(title="Pumps")
        self.time = START
        self.port = 0
        self.board: Board | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.trainer = requests.Session()
        self.trainer.trust_env = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def code(self) -> str:
        assert self.board
        return self.board.room.about.code

    def start(self, *, fresh: bool = False) -> None:
        """Start the board, and open its page as the trainer."""
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        ready = threading.Event()

        def serve() -> None:
            with closing(listener), closing(Store(self.folder / "board.sqlite")) as store:
                self.board = open_board(store, self.settings, self.address, fresh=fresh, now=lambda: self.time)
                self._server = server(self.board.app())
                self._server.config.timeout_graceful_shutdown = 0
                logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it's stopped in the middle of answers
                ready.set()
                self._server.run(sockets=[listener])

        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()
        ready.wait()
        assert self.board
        page = self.trainer.get(f"{self.address}/board", params={"key": self.board.room.about.key}, timeout=10)
        assert page.status_code == 200, page.text

    def stop(self) -> None:
        assert self._server and self._thread
        self._server.should_exit = True
        self._thread.join()

    def join(self, name: str, personal: str = "", code: str = "") -> Membership:
        return Client(self.address).join(code or self.code, name, personal)

    def ask(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Send what the trainer's page sends."""
        verb = "GET" if body is None else "POST"
        text = None if body is None else json.dumps(body)
        return self.trainer.request(verb, self.address + path, data=text, timeout=10, **options)

    def act(self, kind: str, argument: str = "", *learners: int) -> int:
        answer = self.ask("/board/actions", {"kind": kind, "argument": argument, "learners": learners})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["action"])

    def shown(self) -> dict[str, Any]:
        """What's on the board: the learners' rows by name."""
        found: dict[str, Any] = self.ask("/board/export.json").json()
        return {one["name"]: one for one in found["learners"]}

    def history(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/board/export.json").json()["actions"]
        return found

    @contextmanager
    def page(self) -> Iterator[Iterator[dict[str, Any]]]:
        """Read what the board streams to its page."""
        with self.trainer.get(f"{self.address}/board/events", stream=True, timeout=10) as answer:
            lines = answer.iter_lines()
            yield (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))


def client(member: Membership) -> Client:
    return Client(member.address, member.token)


def report(place: str, state: str, *, ago: float = 0, number: int = 0, **more: Any) -> Report:
    """What a learner's machine would send, `ago` seconds after it happened."""
    at = datetime.now(UTC) - timedelta(seconds=ago)
    identifier = f"{uuid.uuid4()}:{number}"
    return Report.model_validate({"id": identifier, "at": at, "place": place, "state": state, **more})


def post(school: School, path: str, body: Any, token: str = "") -> requests.Response:
    """Send anything at all, as nobody's browser would."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(school.address + path, data=data, headers=headers, timeout=10)


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
