"""Starting, finding, stopping and resetting the sandbox that runs as a process of its own.

Everything of a sandbox lies in `<home>/sandbox`: `state.sqlite`, `sandbox.log`, `settings.json`, `key.json`, the
certificates, and two locks. `running.lock` is held by the server as long as it lives, so a stale `settings.json` is
told from a valid one even after a crash; `start.lock` is held during a start, so that two starts at once make one
server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .clock import Pace, SystemClock
from .connection import Settings, make_private_folder
from .locking import file_lock, is_held
from .store import Store
from .world import persona, seed

if TYPE_CHECKING:
    from filelock import BaseFileLock

DEFAULT_PORT = 46135
START_TIMEOUT = 30.0
"""Seconds; a start takes under one second, unless the machine is very busy."""
STOP_TIMEOUT = 10.0
LOG_LIMIT = 5_000_000
"""Bytes; a longer log is replaced at the next start."""

PORT_TAKEN_EXIT = 3
"""Exit code of the server process when it cannot have the port it was told to use."""

_spawned: list[subprocess.Popen[bytes]] = []
"""Servers this process started. Kept, because dropping a running Popen is reported as a leak."""


class SandboxError(Exception):
    """Something is wrong with the sandbox itself; the message says what to do."""


class SandboxNotRunning(SandboxError):
    """No sandbox runs for this home folder."""


class PortTaken(SandboxError):
    """Another program listens on the port that the user named."""


class StartFailed(SandboxError):
    """The server process ended, or did not answer in time."""


class StopFailed(SandboxError):
    """The server process did not end."""


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
    """Return where the product keeps what outlives a run: RUNBOOK_HOME, or the user's data folder."""
    if home := os.environ.get("RUNBOOK_HOME"):
        return Path(home).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("adt-setup-runbook", appauthor=False)


def state_file(home: Path) -> Path:
    """Return the path of the SQLite file that holds all the sandbox knows; copying it is a snapshot."""
    return _folder(home) / "state.sqlite"


def open_store(home: Path) -> Store:
    """Open the state, which only its owner may read: it holds the signing key and the client secrets."""
    make_private_folder(_folder(home))
    # SQLite gives its -wal and -shm files the rights of the main file.
    os.close(os.open(state_file(home), os.O_CREAT | os.O_RDWR, 0o600))
    return Store(state_file(home))


def running_lock(home: Path) -> BaseFileLock:
    """Return the lock that a server holds as long as it lives."""
    make_private_folder(_folder(home))
    return file_lock(_running_lock_file(home))


def settings(home: Path) -> Settings:
    """Return where the running sandbox is. Raises SandboxNotRunning when there is none."""
    if not is_held(_running_lock_file(home)):
        raise SandboxNotRunning("The sandbox is not running. Start it with: runbook sandbox start")
    try:
        return Settings.from_json((_folder(home) / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SandboxNotRunning("The sandbox is just starting or stopping. Try again in a moment.") from error


def start(home: Path, port: int | None = None, pace: Pace | None = None) -> Settings:
    """Start a sandbox that outlives the caller, wait until it answers, and return where it is.

    When one runs already it is returned as it is, whatever `port` and `pace` say. Without a `port` it takes 46135, or
    any free one when that is taken. `pace` is brisk unless given.

    Raises PortTaken when the port given is in use, StartFailed when the server does not come up.
    """
    make_private_folder(_folder(home))
    try:
        with _start_lock(home).acquire(timeout=START_TIMEOUT):
            try:
                return settings(home)
            except SandboxNotRunning:
                return _spawn(home, port, pace or Pace.BRISK)
    except TimeoutError as error:
        raise StartFailed(f"Another start of the sandbox has not finished. {_see_log(home)}") from error


def _spawn(home: Path, port: int | None, pace: Pace) -> Settings:
    (_folder(home) / "settings.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "runbook_lib.sandbox", "--home", str(home.absolute()), "--pace", pace.value]
    if port is not None:
        command += ["--port", str(port)]
    with _open_log(home) as log:
        # In a session of its own, so that Ctrl+C in the caller's terminal does not end it too.
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
    return _wait_until_it_answers(home, process, port)


def _child_environment() -> dict[str, str]:
    # The child runs in another folder; it must find this very package, also when that is not installed.
    package_root = str(Path(__file__).resolve().parents[2])
    search_path = [package_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(search_path)}


def _wait_until_it_answers(home: Path, process: subprocess.Popen[bytes], port: int | None) -> Settings:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() == PORT_TAKEN_EXIT:
            raise PortTaken(f"Port {port} is taken by another program. Choose another one, or none to get a free one.")
        if process.poll() is not None:
            code = process.returncode
            raise StartFailed(f"The sandbox ended while starting, with exit code {code}. {_see_log(home)}")
        # The server writes its settings once it listens; being able to read them is being able to reach it.
        if (_folder(home) / "settings.json").exists():
            return settings(home)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise StartFailed(f"The sandbox did not start within {START_TIMEOUT:.0f} s. {_see_log(home)}")


def stop(home: Path) -> bool:
    """End the running sandbox and wait until it is gone; its state stays. False when there was none.

    Raises StopFailed when the process does not end.
    """
    if not _folder(home).is_dir():
        return False
    try:
        with _start_lock(home).acquire(timeout=START_TIMEOUT):
            return _end(home, settings(home).pid)
    except SandboxNotRunning:
        return False
    except TimeoutError as error:
        raise StopFailed(f"A start of the sandbox has not finished. {_see_log(home)}") from error


def _end(home: Path, pid: int) -> bool:
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        _signal(pid, number)
        deadline = time.monotonic() + STOP_TIMEOUT
        while time.monotonic() < deadline:
            if not is_held(_running_lock_file(home)):
                _reap(pid)
                return True
            time.sleep(0.02)
    raise StopFailed(f"The sandbox (process {pid}) does not end. End it by hand. {_see_log(home)}")


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself in the meantime
        os.kill(pid, number)


def _reap(pid: int) -> None:
    for process in [found for found in _spawned if found.pid == pid]:
        process.wait(STOP_TIMEOUT)
        _spawned.remove(process)


def status(home: Path) -> Status | None:
    """Describe the running sandbox; None when there is none."""
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
    """Delete everything that was made in the sandbox, whether it runs or not.

    A running server notices nothing but the change: all it knows lies in the file. The signing key is kept, so that
    users stay signed in; client secrets are new, so `service_principal_environment` has to be asked again.
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
    """Return AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of the service principal `setup-pipeline`."""
    store = open_store(found.folder.parent)
    try:
        return credential_environment(store)
    finally:
        store.close()


def credential_environment(store: Store) -> dict[str, str]:
    """Return the variables by which azure-identity signs in as `setup-pipeline`."""
    tenant = store.list("tenant")[0]
    application = store.get("application", persona("setup-pipeline").app_id)
    assert application is not None
    return {
        "AZURE_TENANT_ID": tenant["tenantId"],
        "AZURE_CLIENT_ID": application["appId"],
        "AZURE_CLIENT_SECRET": application["secrets"][0],
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
