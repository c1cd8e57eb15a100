"""Starting, finding, stopping and resetting the sandbox that runs as a process of its own.

Everything of a sandbox is in `<home>/sandbox`: `state.sqlite`, `sandbox.log`, `settings.json`, `key.json`, the
certificates, and two locks. The server holds `running.lock` as long as it lives, so that a stale `settings.json` can be
told from a valid one even after a crash. `start.lock` is held during a start, so that two starts at once make one
server.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .clock import Pace, SystemClock
from .connection import Settings, make_private_folder
from .lifecycle_errors import (
    HomeUnknown,
    OtherPace,
    PortTaken,
    SandboxNotRunning,
    StartFailed,
    StateDamaged,
    StopFailed,
)
from .locking import file_lock, is_held
from .store import Store
from .world import TRAINING_ID, persona, seed

if TYPE_CHECKING:
    from filelock import BaseFileLock

DEFAULT_PORT = 46135
START_TIMEOUT = 30.0
"""Seconds. A start takes less than one, unless the machine is very busy."""
STOP_TIMEOUT = 10.0
LOG_LIMIT = 5_000_000
"""Bytes. A longer log is replaced at the next start."""

PORT_TAKEN_EXIT = 3
"""Exit code of the server process if it can't get the port that it was told to use."""

_spawned: list[subprocess.Popen[bytes]] = []
"""Servers this process started. Kept because dropping a running Popen is reported as a leak."""


@dataclass(frozen=True)
class Status:
    """A running sandbox, for `runbook sandbox status`."""

    pid: int
    proxy_url: str
    pace: Pace
    started: str
    """ISO 8601 in UTC."""
    instances: int
    """How many Azure Digital Twins instances there are in it."""


def default_home() -> Path:
    """Return the folder for data that outlives a run: RUNBOOK_HOME, or the user's data folder."""
    if home := os.environ.get("RUNBOOK_HOME"):
        try:
            return Path(home).expanduser().absolute()
        except (RuntimeError, OSError) as error:  # no such user, or the working folder is gone
            raise HomeUnknown(f"RUNBOOK_HOME is {home!r}, which leads nowhere: {error}") from error
    from platformdirs import user_data_path

    return user_data_path("adt-setup-runbook", appauthor=False)


def state_file(home: Path) -> Path:
    """Return the path of the SQLite file that holds everything in the sandbox; a copy of it is a snapshot."""
    return _folder(home) / "state.sqlite"


def open_store(home: Path) -> Store:
    """Open the state, which only its owner can read: it holds the signing key and the client secrets."""
    make_private_folder(_folder(home))
    # SQLite gives its -wal and -shm files the permissions of the main file.
    os.close(os.open(state_file(home), os.O_CREAT | os.O_RDWR, 0o600))
    try:
        return Store(state_file(home))
    except sqlite3.OperationalError:  # a full disk, or a lock
        raise
    except sqlite3.DatabaseError as error:
        raise _damaged(home, str(error)) from error


def _damaged(home: Path, reason: str) -> StateDamaged:
    return StateDamaged(
        f"The sandbox's file {state_file(home)} is damaged ({reason}). Run `runbook sandbox stop`, delete the file, "
        "and start again. Everything in the sandbox is lost."
    )


def _check_state(home: Path) -> None:
    """Raise StateDamaged if the state can't be read as a whole."""
    try:
        with closing(sqlite3.connect(state_file(home))) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:  # a full disk, or a lock
        return
    except sqlite3.DatabaseError as error:
        raise _damaged(home, str(error)) from error
    if found != "ok":
        raise _damaged(home, " ".join(found.split()))


def running_lock(home: Path) -> BaseFileLock:
    """Return the lock that a server holds as long as it lives."""
    make_private_folder(_folder(home))
    return file_lock(_running_lock_file(home))


def settings(home: Path) -> Settings:
    """Return how to reach the running sandbox. Raises SandboxNotRunning if there isn't one."""
    if not is_held(_running_lock_file(home)):
        raise SandboxNotRunning("The sandbox is not running. Start it with: runbook sandbox start")
    try:
        return Settings.from_json((_folder(home) / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SandboxNotRunning("The sandbox is just starting or stopping. Try again in a moment.") from error


def start(home: Path, port: int | None = None, pace: Pace | None = None) -> Settings:
    """Start a sandbox that outlives the caller, wait until it answers, and return how to reach it.

    If one is already running, it's returned as it is, whatever `port` says. Without a `port`, it uses 46135,
    or any free port if that's taken. The default `pace` is brisk.

    Raises PortTaken if the given port is in use, OtherPace if one is running at another pace than the given one, and
    StartFailed if the server doesn't start.
    """
    make_private_folder(_folder(home))
    try:
        with _start_lock(home).acquire(timeout=START_TIMEOUT):
            try:
                found = settings(home)
                _check_pace(found, pace)
                return found
            except SandboxNotRunning:
                return _spawn(home, port, pace or Pace.BRISK)
    except TimeoutError as error:
        raise StartFailed(f"Another start of the sandbox hasn't finished. {_see_log(home)}") from error


def _check_pace(running: Settings, wanted: Pace | None) -> None:
    if wanted and running.pace is not wanted:
        raise OtherPace(
            f"The sandbox is running at pace {running.pace.value}. To change that, stop it and start it again: "
            f"runbook sandbox stop, then runbook sandbox start --pace {wanted.value}. It keeps its contents."
        )


def _spawn(home: Path, port: int | None, pace: Pace) -> Settings:
    (_folder(home) / "settings.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "runbook_lib.sandbox", "--home", str(home.absolute()), "--pace", pace.value]
    if port is not None:
        command += ["--port", str(port)]
    with _open_log(home) as log:
        # In its own session, so that Ctrl+C in the caller's terminal doesn't end it too.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=_folder(home),
            env=_child_environment(),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    _spawned[:] = [known for known in _spawned if known.poll() is None] + [process]
    try:
        return _wait_until_it_answers(home, process, port)
    except BaseException:  # Ctrl+C too: a start that failed leaves no process behind
        process.kill()
        process.wait()
        raise


def _child_environment() -> dict[str, str]:
    # The child runs in another folder, and must find this very package even if it isn't installed.
    package_root = str(Path(__file__).resolve().parents[2])
    search_path = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(search_path)}


def _wait_until_it_answers(home: Path, process: subprocess.Popen[bytes], port: int | None) -> Settings:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() == PORT_TAKEN_EXIT:
            raise PortTaken(f"Another program is using port {port}. Choose another, or leave it out to get a free one.")
        if process.poll() is not None:
            _check_state(home)
            code = process.returncode
            raise StartFailed(f"The sandbox ended while starting, with exit code {code}. {_see_log(home)}")
        # The server writes its settings once it listens, so if we can read them, we can reach it.
        if (_folder(home) / "settings.json").exists():
            return settings(home)
        time.sleep(0.02)
    raise StartFailed(f"The sandbox didn't start within {START_TIMEOUT:.0f} s. {_see_log(home)}")


def stop(home: Path) -> bool:
    """Stop the running sandbox and wait until it's gone; its state stays. Returns False if none was running.

    Raises StopFailed if the process doesn't end.
    """
    if not _folder(home).is_dir():
        return False
    try:
        with _start_lock(home).acquire(timeout=START_TIMEOUT):
            return _end(home, settings(home).pid)
    except SandboxNotRunning:
        return False
    except TimeoutError as error:
        raise StopFailed(f"A start of the sandbox hasn't finished. {_see_log(home)}") from error


def _end(home: Path, pid: int) -> bool:
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        _signal(pid, number)
        deadline = time.monotonic() + STOP_TIMEOUT
        while time.monotonic() < deadline:
            if not is_held(_running_lock_file(home)):
                _reap(pid)
                return True
            time.sleep(0.02)
    raise StopFailed(f"The sandbox (process {pid}) doesn't end. End it yourself. {_see_log(home)}")


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it can have ended by itself in the meantime
        os.kill(pid, number)


def _reap(pid: int) -> None:
    for process in [found for found in _spawned if found.pid == pid]:
        process.wait(STOP_TIMEOUT)
        _spawned.remove(process)


def status(home: Path) -> Status | None:
    """Describe the running sandbox; None if there isn't one."""
    try:
        found = settings(home)
    except SandboxNotRunning:
        return None
    store = open_store(home)
    try:
        kind = "Microsoft.DigitalTwins/digitalTwinsInstances"
        instances = sum(resource["type"].lower() == kind.lower() for resource in store.list("resource"))
    finally:
        store.close()
    return Status(found.pid, found.proxy_url, found.pace, found.started, instances)


def reset(home: Path) -> None:
    """Delete everything that was made in the sandbox, whether it's running or not.

    A running server just sees the change, because everything it knows is in the file. The signing key is kept, so that
    users stay signed in. Client secrets are new, so call `service_principal_environment` again.
    """
    store = open_store(home)
    try:
        with store.transaction():
            key = store.get("signing-key", "current")
            store.clear()
            if key is not None:
                store.put("signing-key", "current", key)
            seed(store, SystemClock())
    finally:
        store.close()


def service_principal_environment(found: Settings) -> dict[str, str]:
    """Return the AZURE_ variables of the service principal `setup-pipeline`."""
    store = open_store(found.folder.parent)
    try:
        return credential_environment(store)
    finally:
        store.close()


def credential_environment(store: Store) -> dict[str, str]:
    """Return the variables that make azure-identity sign in as `setup-pipeline`."""
    tenant = store.list("tenant")[0]
    application = store.get("application", persona("setup-pipeline").app_id)
    assert application is not None
    return {
        "AZURE_TENANT_ID": tenant["tenantId"],
        "AZURE_CLIENT_ID": application["appId"],
        "AZURE_CLIENT_SECRET": application["secrets"][0],
        "AZURE_SUBSCRIPTION_ID": TRAINING_ID,
    }


def _folder(home: Path) -> Path:
    return home / "sandbox"


def _running_lock_file(home: Path) -> Path:
    return _folder(home) / "running.lock"


def _start_lock(home: Path) -> BaseFileLock:
    return file_lock(_folder(home) / "start.lock")


def _see_log(home: Path) -> str:
    path = _folder(home) / "sandbox.log"
    with suppress(OSError):
        if lines := path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]:
            return f"The last line of its log is: {lines[-1]} (the whole log: {path})"
    return f"Its log is {path}"


def _open_log(home: Path) -> IO[bytes]:
    path = _folder(home) / "sandbox.log"
    fresh = path.exists() and path.stat().st_size > LOG_LIMIT
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if fresh else os.O_APPEND), 0o600)
    return os.fdopen(handle, "ab")
