"""What was acknowledged stays: the server is killed in the middle of its work, and nothing it confirmed is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from runbook_lib import sandbox
from runbook_lib.sandbox import lifecycle
from runbook_lib.sandbox.clock import SystemClock
from runbook_lib.sandbox.roles import READER
from runbook_lib.sandbox.tokens import Caller, Tokens
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID, persona

ARM = "https://management.azure.com"
SUBSCRIPTION = f"/subscriptions/{TRAINING_ID}"
AUTHORIZATION = "providers/Microsoft.Authorization"
WRITERS = 4
KILLS = 6


@dataclass
class Ledger:
    """What the server has confirmed."""

    pid: int
    """The server's process."""
    kill_after: int
    """After how many confirmations it is killed, at once: while the others' requests are still under way."""
    there: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    confirmations: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def confirm(self, entries: set[str], path: str) -> None:
        with self.lock:
            entries.add(path)
            self.confirmations += 1
            if self.confirmations == self.kill_after:
                os.kill(self.pid, signal.SIGKILL)


def signed_in(home: Path, settings: sandbox.Settings) -> requests.Session:
    """A client that is signed in as the owner; its token is made from the key in the state file."""
    store = lifecycle.open_store(home)
    try:
        owner = persona("owner")
        caller = Caller(owner.id, TENANT_ID, "user", "", owner.user_principal_name)
        token = Tokens(store, SystemClock()).issue(ARM, caller)
    finally:
        store.close()
    session = requests.Session()
    session.trust_env = False
    session.proxies, session.verify = {"https": settings.client_url}, str(settings.ca_file)
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def send(session: requests.Session, method: str, path: str) -> requests.Response:
    if AUTHORIZATION in path:
        version, properties = (
            "2022-04-01",
            {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{READER}",
                "principalId": persona("contributor").id,
                "principalType": "User",
            },
        )
        body: dict[str, Any] = {"properties": properties}
    else:
        version, body = "2022-09-01", {"location": "westeurope"}
    return session.request(
        method, f"{ARM}{path}?api-version={version}", json=body if method == "PUT" else None, timeout=20
    )


def work(home: Path, settings: sandbox.Settings, name: str, ledger: Ledger) -> None:
    """Make groups, each with a role assignment, and take every third assignment away, until the server is gone."""
    with signed_in(home, settings) as session:
        for number in range(10_000):
            group = f"{SUBSCRIPTION}/resourceGroups/{name}-{number}"
            assignment = f"{group}/{AUTHORIZATION}/roleAssignments/{uuid.uuid5(uuid.NAMESPACE_URL, group)}"
            try:
                for path in (group, assignment):
                    assert send(session, "PUT", path).status_code == 201
                    ledger.confirm(ledger.there, path)
                if number % 3 == 0:
                    ledger.there.discard(assignment)  # from here on nobody can say, until it is confirmed
                    assert send(session, "DELETE", assignment).status_code == 200
                    ledger.confirm(ledger.gone, assignment)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):  # also in mid-answer
                return


def work_until_killed(home: Path, settings: sandbox.Settings, round_: int, ledger: Ledger) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(work, home, settings, f"round{round_}-{n}", ledger) for n in range(WRITERS)]
        for writer in writers:
            writer.result()
    with lifecycle.running_lock(home).acquire(timeout=20):
        pass  # the lock is free as soon as the process is really gone


def test_killing_the_server_loses_nothing_that_it_confirmed(tmp_path: Path) -> None:
    moments = random.Random(20_231)
    there: set[str] = set()
    gone: set[str] = set()
    for round_ in range(KILLS):
        settings = sandbox.start(tmp_path, pace=sandbox.Pace.INSTANT)
        ledger = Ledger(settings.pid, kill_after=moments.randrange(8, 60))
        work_until_killed(tmp_path, settings, round_, ledger)
        there |= ledger.there
        gone |= ledger.gone
    with sqlite3.connect(lifecycle.state_file(tmp_path)) as state:
        assert state.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    state.close()
    settings = sandbox.start(tmp_path, pace=sandbox.Pace.INSTANT)
    try:
        with signed_in(tmp_path, settings) as session:
            assert [path for path in sorted(there) if send(session, "GET", path).status_code != 200] == []
            assert [path for path in sorted(gone) if send(session, "GET", path).status_code != 404] == []
    finally:
        sandbox.stop(tmp_path)
    assert len(there) > 8 * KILLS / 2 and gone
