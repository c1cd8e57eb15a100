"""A full class on one board: every learner reports at once, again and again, while a page watches.

python3 -m uv run --group dev python -m tests.benchmarks.board [--learners 200] [--rounds 10]

Learners are plain sockets in a process of their own, so that they don't share the board's core. Each keeps a second
connection waiting for the trainer's actions, as its machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from tests.workshop.school import School

TARGET_MS = 100.0


async def ask(port: int, method: str, path: str, token: str, body: str = "") -> tuple[int, bytes]:
    """Send one request on a connection of its own; return status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\nHost: board\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode())
    answer = await reader.read()
    writer.close()
    first, _, rest = answer.partition(b"\r\n")
    return int(first.split()[1]), rest.partition(b"\r\n\r\n")[2]


def reports(number: int) -> str:
    """Return what a machine sends after somebody has pressed a button: two states of a step."""
    at = datetime.now(UTC).isoformat()
    states = [("create-instance", "working"), ("create-instance", "done" if number % 3 else "stuck")]
    made = [{"id": f"{uuid.uuid4()}:{number}", "at": at, "place": place, "state": state} for place, state in states]
    return json.dumps({"sent": at, "reports": made})


async def watch(port: int, key: str, updates: list[float]) -> None:
    """Read what the board streams to its page, and note when each update comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /board/events HTTP/1.1\r\nHost: board\r\nCookie: runbook_board={key}\r\n\r\n".encode())
    while part := await reader.read(1 << 20):
        if b"data: " in part:
            updates.append(time.perf_counter())


async def _class(port: int, code: str, key: str, learners: int, rounds: int) -> dict[str, list[float]]:
    tokens, joins, times, updates = list[str](), list[float](), list[float](), list[float]()
    page = asyncio.create_task(watch(port, key, updates))
    for number in range(learners):
        began = time.perf_counter()
        _, body = await ask(port, "POST", "/api/join", "", json.dumps({"code": code, "name": f"Learner {number}"}))
        joins.append(time.perf_counter() - began)
        tokens.append(json.loads(body)["token"])
    waiting = [asyncio.create_task(ask(port, "GET", "/api/actions?after=0&wait=25", one)) for one in tokens]

    async def report(token: str, number: int) -> None:
        began = time.perf_counter()
        status, body = await ask(port, "POST", "/api/reports", token, reports(number))
        assert status == 200, body
        times.append(time.perf_counter() - began)

    for number in range(rounds):
        await asyncio.gather(*(report(one, number) for one in tokens))
    ended = time.perf_counter()
    await asyncio.sleep(1)
    for one in (page, *waiting):
        one.cancel()
    late = [one - ended for one in updates if one > ended]
    return {"join": joins, "report": times, "last update of the page, after the last report": late[-1:] or [0.0]}


def _learners(results: Any, *arguments: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results.put(runner.run(_class(*arguments)))


def percentile(times: Sequence[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        school = School(Path(folder))
        school.time = time.time()
        school.start()
        assert school.board
        context: Any = multiprocessing.get_context("spawn")
        results = context.Queue()
        arguments = (school.port, school.code, school.board.room.about.key, options.learners, options.rounds)
        process = context.Process(target=_learners, args=(results, *arguments))
        process.start()
        spent = time.process_time()
        found = results.get()
        spent = time.process_time() - spent
        process.join()
        shown = school.shown()
        assert len(shown) == options.learners
        assert all(one["cells"]["create-instance"]["state"] in ("done", "stuck") for one in shown.values())
        school.stop()
    for name, times in found.items():
        print(
            f"{name:<48} n {len(times):5}  median {statistics.median(times) * 1000:6.1f} ms"
            f"  p99 {percentile(times, 0.99):6.1f} ms  worst {max(times) * 1000:6.1f} ms"
        )
    each = spent / len(found["report"]) * 1000
    print(f"the board's own time for each report, with all that goes with it: {each:.2f} ms")
    print(f"target: p99 of a report below {TARGET_MS:.0f} ms, and the page live")
    print(f"load of the machine {os.getloadavg()[0]:5.2f}")


if __name__ == "__main__":
    main()
