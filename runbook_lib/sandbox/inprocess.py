"""The sandbox inside the calling program: for tests, and for code that controls the clock."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any

from .clock import Clock, Pace
from .cloud import Cloud
from .connection import Settings, client_settings, make_private_folder
from .owner_key import new_key
from .server import Edge, bind, run
from .store import Store


class Sandbox:
    """A whole sandbox, proxy and TLS included, in a thread of this process.

    `with Sandbox(clock=ManualClock(), pace=Pace.REAL) as sandbox:` starts it and, at the end, stops it and removes its
    certificates. The state stays in memory unless `path` names a SQLite file.
    """

    settings: Settings
    """How to reach it; available once it runs."""

    def __init__(self, *, clock: Clock | None = None, pace: Pace = Pace.INSTANT, path: Path | None = None) -> None:
        self._store = Store(path)
        self.cloud = Cloud(self._store, clock, pace)
        self._folder = tempfile.TemporaryDirectory(prefix="runbook-sandbox-")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="sandbox", daemon=True)

    @property
    def client_settings(self) -> dict[str, Any]:
        """The keyword arguments that send an official client here: `proxies` and `connection_verify`."""
        return client_settings(self.settings)

    def __enter__(self) -> Sandbox:
        """Start, and return once it answers. If it can't start, raises the reason."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._clean_up()
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        """Stop: cut all connections, close all files."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._clean_up()

    def _clean_up(self) -> None:
        self._thread.join()
        self._store.close()
        self._folder.cleanup()

    def _main(self) -> None:
        try:
            run(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        edge = Edge(self.cloud, make_private_folder(Path(self._folder.name)), bind(0), new_key())
        async with edge as self.settings:
            self._ready.set()
            await self._stop.wait()
