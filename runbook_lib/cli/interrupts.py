"""Ctrl+C and its relatives: end the kernels first, so that none outlives the command."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import _exit as end_now
from types import FrameType
from typing import NoReturn

INTERRUPTED_EXIT_CODE = 130
"""128 and the number of the signal, as shells report it."""


class _State:
    """One process has one set of signal handlers, and so one of these."""

    kernels: list[subprocess.Popen[bytes]] = []  # noqa: RUF012  # never copied
    presses = 0
    held = False
    waiting = 0


@contextmanager
def watched() -> Iterator[None]:
    """Inside the block, Ctrl+C ends the kernels and raises KeyboardInterrupt. Pressed again, it ends the process."""
    _State.presses = 0
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *_ends())}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # by nohup, or for a job in the background
            signal.signal(number, _interrupted if number == signal.SIGINT else _ended)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def left_to_child() -> Iterator[None]:
    """Inside the block, every Ctrl+C only raises KeyboardInterrupt: a child of ours gets it too, and decides."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl+C wait until the end of the block, for what mustn't be done by half."""
    _State.held, _State.waiting = True, 0
    try:
        yield
    finally:
        _State.held = False
        if _State.waiting:
            _interrupted(_State.waiting, None)


def pressed() -> bool:
    """Tell whether somebody has pressed Ctrl+C. Libraries can swallow the exception that it raises."""
    return _State.presses > 0


def stop_if_pressed() -> None:
    """Raise KeyboardInterrupt if somebody has pressed Ctrl+C and a library has swallowed that."""
    if pressed():
        raise KeyboardInterrupt


def know_kernel(process: subprocess.Popen[bytes]) -> None:
    """Remember a kernel, which leads a process group of its own."""
    _State.kernels.append(process)


def end_kernels() -> None:
    """Kill all kernels that still run, with everything that they started."""
    while _State.kernels:
        end_kernel(_State.kernels.pop())


def end_kernel(process: subprocess.Popen[bytes]) -> None:
    """Kill a kernel if it still runs, with everything that it started."""
    if process.poll() is None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _ends() -> list[signal.Signals]:
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _interrupted(number: int, _frame: FrameType | None) -> None:
    if _State.held:
        _State.waiting = number
        return
    _State.presses += 1
    end_kernels()
    if _State.presses > 1:
        end_now(INTERRUPTED_EXIT_CODE)
    raise KeyboardInterrupt


def _ended(number: int, _frame: FrameType | None) -> NoReturn:
    """End as the signal ends a process that doesn't handle it, so that the caller sees which one it was."""
    end_kernels()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    end_now(128 + number)
