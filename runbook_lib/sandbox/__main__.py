"""The server process: `python -m runbook_lib.sandbox --home FOLDER`. People use `runbook sandbox start` instead."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from . import lifecycle
from .clock import Pace
from .cloud import Cloud
from .connection import make_private_folder, write_private_file
from .owner_key import kept_key
from .server import Edge, bind, run
from .store import Store

log = logging.getLogger("runbook.sandbox")


def main(arguments: list[str] | None = None) -> int:
    """Run a sandbox until a signal ends it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m runbook_lib.sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder that holds the sandbox's own folder")
    parser.add_argument("--port", type=int, help="proxy port; without it 46135, or any free one when that is taken")
    parser.add_argument("--pace", type=Pace, default=Pace.BRISK, choices=list(Pace), help="how long operations take")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    lock = lifecycle.running_lock(options.home)
    try:
        # A check whether a sandbox is running takes the lock for an instant, so wait a little.
        with lock.acquire(timeout=2):
            return _serve(options.home, options.port, options.pace)
    except TimeoutError:
        log.error("a sandbox runs already for %s", options.home)
        return 1


def _serve(home: Path, port: int | None, pace: Pace) -> int:
    try:
        listener = bind(lifecycle.DEFAULT_PORT if port is None else port)
    except OSError as error:
        if port is not None:
            log.error("port %d cannot be had: %s", port, error)
            return lifecycle.PORT_TAKEN_EXIT
        listener = bind(0)
    store: Store = lifecycle.open_store(home)
    try:
        folder = make_private_folder(lifecycle.state_file(home).parent)
        key = kept_key(folder, listener.getsockname()[1])
        run(_until_told(Edge(Cloud(store, pace=pace), folder, listener, key), folder))
    finally:
        store.close()
        listener.close()
    return 0


async def _until_told(edge: Edge, folder: Path) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    settings_file = folder / "settings.json"
    settings_file.unlink(missing_ok=True)  # left by a server that was killed
    async with edge as settings:
        write_private_file(settings_file, settings.to_json().encode())
        log.info("the sandbox answers at %s, pace %s", settings.proxy_url, settings.pace.value)
        try:
            await stop.wait()
        finally:
            settings_file.unlink(missing_ok=True)
    log.info("the sandbox has stopped")


if __name__ == "__main__":
    sys.exit(main())
