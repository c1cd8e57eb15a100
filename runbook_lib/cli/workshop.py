"""`runbook workshop`: the commands for a class."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import sandbox
from ..errors import InputError, RunbookError
from .output import say

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from uvicorn import Server

    from ..workshop.settings import Settings
    from ..workshop.store import Store

_GRACE_SECONDS = 1
_BACKLOG = 1024
"""Connections that can wait: a whole class at once."""
_FILE = click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
_OUT = click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file.")


@click.group("workshop")
def workshop_group() -> None:
    """Teach a class: a board that shows where everybody is, and what you can do about it.

    \b
    Example:
      runbook workshop start
    """


@workshop_group.command()
@_FILE
@click.option("--host", help="The address to listen at. Default: this machine's in the local network.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port. Default: 46136.")
@click.option("--new", is_flag=True, help="Begin a new class, even if the last one isn't closed.")
def start(file: Path | None, host: str | None, port: int | None, new: bool) -> None:
    """Start the board, with the class in FILE (workshop.yaml), and serve it until Ctrl+C.

    A class that wasn't closed goes on: learners come back by themselves.

    \b
    Examples:
      runbook workshop start
      runbook workshop start workshop.yaml --host 127.0.0.1
    """
    _require_extra()
    from ..workshop.board import open_board
    from ..workshop.exports import qr_lines

    settings = _settings(file)
    host = host or settings.host or _own_address()
    listener = listen(host, port or settings.port)
    with closing(listener), _only_one(), closing(_store()) as store:
        own = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        board = open_board(store, settings, settings.address or own, fresh=new)
        say(qr_lines(board.join_address))
        say(f"Class     {board.room.about.title}, code {board.room.about.code}")
        say(f"Join      runbook lab --join {board.join_address} --as NAME")
        say(f"Board     {own}/board?key={board.room.about.key}  (for you only)")
        say("Stop      Ctrl+C. The class goes on when you start it again, until you close it on the board.")
        server(board.app()).run(sockets=[listener])


@workshop_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--host", help="The address to listen at. Default: this machine's in the local network.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The Hub's port.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write hand-outs to this file.")
def hub(file: Path, host: str | None, port: int, output: Path | None) -> None:
    """Serve the class in the browser, with a JupyterHub: nobody installs anything. Runs until Ctrl+C.

    The names in FILE (workshop.yaml) are the users. Each has a sign-in code, JupyterLab on the guide, and a sandbox.
    The board is a service of the Hub, for the trainer only.

    \b
    Example:
      runbook workshop hub workshop.yaml -o handouts.html
    """
    _require_extra("hub", "jupyterhub", "configurable_http_proxy")
    from .hub import plan_hub, run_hub

    settings = _settings(file)
    if not settings.names:
        raise InputError(f"{file} has no names, and they are the users.", remedy="Add names: [Ada, Bob]", who="You.")
    address = host or settings.host or _own_address()
    with _only_one(), closing(_store()) as store:
        plan = plan_hub(store, settings, _folder() / "hub", address, port)
        url = settings.address or f"http://{address}:{port}"
        say(f"Learners  {url}   with these codes, which the hand-outs have too:")
        for name, code in plan.codes.items():
            say(f"          {name:<24} {code}")
        say(f"Trainer   {url}/services/board   as trainer, password {plan.key}  (for you only)")
        if output:
            from ..workshop.exports import handouts_page

            _write(output, handouts_page(settings, settings.title, url, codes=plan.codes))
    with _only_one():
        sys.exit(run_hub(plan))


@workshop_group.command()
def leave() -> None:
    """Leave the class that this machine is in. Nothing more is sent, also by a lab that's still open.

    \b
    Example:
      runbook workshop leave
    """
    from ..workshop import membership
    from ..workshop.client import Client

    home = sandbox.default_home()
    known = membership.read(home)
    if known is None:
        say("This machine is in no class.")
        return
    membership.forget(home)
    try:
        Client(known.address, known.token).leave()
    except RunbookError:
        say("You've left. The board doesn't answer, so it shows you as away.")
    else:
        say("You've left the class.")
    say(f"To come back under the same name, join with:  --personal {known.personal}")


@workshop_group.command()
@_FILE
@_OUT
def handouts(file: Path | None, output: Path) -> None:
    """Write a page to print for each of the names in FILE (workshop.yaml), with code and QR code of the class.

    The class is the one that `runbook workshop start` began. The board has the same pages.

    \b
    Example:
      runbook workshop handouts workshop.yaml -o handouts.html
    """
    _require_extra()
    from ..workshop.exports import handouts_page

    settings = _settings(file)
    with closing(_store()) as store:
        if not (known := store.classes()):
            raise InputError("There's no class yet.", remedy="Begin one: runbook workshop start", who="You.")
        address = settings.address or f"http://{settings.host or _own_address()}:{settings.port}"
        _write(output, handouts_page(settings, known[-1].title, f"{address.rstrip('/')}/{known[-1].code}"))


@workshop_group.command()
@_FILE
@_OUT
def summary(file: Path | None, output: Path) -> None:
    """Write who took part in the last class, and how far everybody got, as a page to print.

    \b
    Example:
      runbook workshop summary -o participation.html
    """
    _require_extra()
    from ..workshop.classroom import Classroom
    from ..workshop.exports import summary_page

    with closing(_store()) as store:
        if not (known := store.classes()):
            raise InputError("There's no class yet.", remedy="Begin one: runbook workshop start", who="You.")
        _write(output, summary_page(Classroom(store, _settings(file), known[-1]).snapshot()))


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    say(f"Written: {path}")


def _settings(file: Path | None) -> Settings:
    from ..workshop.settings import read_settings

    return read_settings(file)


def _folder() -> Path:
    folder = sandbox.default_home() / "workshop"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _store() -> Store:
    from ..workshop.store import Store

    return Store(_folder() / "board.sqlite")


@contextmanager
def _only_one() -> Iterator[None]:
    """Serve one board at a time: each keeps the class in memory. Raises InputError if there's another."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(_folder() / "board.lock", timeout=0, mode=0o600):
            yield
    except Timeout as error:
        raise InputError("Another board is running on this machine.", remedy="Use that one, or stop it.") from error


def _require_extra(extra: str = "workshop", *more: str) -> None:
    """Raise InputError with the command that installs what only trainers need."""
    from importlib.util import find_spec

    if missing := [name for name in ("starlette", "jinja2", "segno", *more) if find_spec(name) is None]:
        raise InputError(
            f"This needs {', '.join(missing)}, which only trainers need.",
            remedy=f"Install the extra: python3 -m uv sync --extra {extra}  (without a clone: "
            f'pip install "adt-setup-runbook[{extra}]")',
            who="You.",
        )


def _own_address() -> str:
    """Return this machine's address in the local network; that of the machine itself without one."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # UDP: nothing is sent, the system only chooses an interface
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that learners can reach. Raises InputError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there, it would let two boards share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise InputError(
            f"The board can't listen at {host}, port {port}: {reason}.", remedy="Use --host or --port.", who="You."
        ) from error
    return listener


def server(app: Starlette) -> Server:
    """Return the server for a board."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)
