"""Kernels that end with the command. Imported only when one is started, because Jupyter takes a while to load.

A run keeps one kernel for all its notebooks, and a worker of a fleet for all its runs. Starting Python and importing
Azure's clients takes longer than most notebooks, so each notebook gets the same kernel with an empty namespace.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_path
from jupyter_core.utils import run_sync

from ..record.run_file import RUN_FOLDER_VARIABLE, RunFile
from . import interrupts

_SECONDS = 60.0
_SUBSCRIBED = 0.2
"""Seconds for a kernel's message. What it sends before it knows of a client is lost, and has to be asked for again."""


def kernel_manager(log_file: Path) -> type[RunKernelManager]:
    """Return the class of kernel managers whose kernels print to this file."""
    return type("RunKernelManager", (RunKernelManager,), {"log_file": log_file})


class KeptClient(AsyncKernelClient):
    """Connects once, for all notebooks."""

    def start_channels(self, *arguments: Any, **options: Any) -> None:
        """Connect, unless that's done."""
        if not self.channels_running:
            super().start_channels(*arguments, **options)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Connect, and return when the kernel answers and its messages arrive.

        Raises RuntimeError if it dies or never answers. Theirs then waits until no message comes for a fifth of a
        second; nbclient tells by their ids whose they are.
        """
        self.start_channels()
        deadline = time.monotonic() + (timeout or _SECONDS)
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        self.kernel_info()
        try:
            await self.get_shell_msg(timeout=1)
            await self.get_iopub_msg(timeout=_SUBSCRIBED)
        except Empty:
            return False
        return True


class RunKernelManager(AsyncKernelManager):
    """Starts kernels that Ctrl+C ends, whatever the libraries in between are doing at that moment."""

    log_file: Path = Path(os.devnull)
    """Gets what the kernel's process prints past its notebook, such as the traceback of one that's interrupted."""

    def __init__(self, **options: Any) -> None:
        # Without the old folder in ~/.ipython: asking for it imports all of IPython.
        specs = KernelSpecManager(kernel_dirs=jupyter_path("kernels"))
        super().__init__(client_factory=KeptClient, kernel_spec_manager=specs, **options)
        self._client: Any = None

    def client(self, **options: Any) -> Any:
        """Return the client of this kernel: connecting takes longer than some cells."""
        if self._client is None:
            self._client = super().client(**options)
        return self._client

    def close_client(self) -> None:
        """Close the connections. nbclient leaves the client of a kernel that isn't its own open."""
        if self._client:
            self._client.stop_channels()
        self._client = None

    def end_process(self) -> None:
        """Kill the kernel and wait until it's gone. Jupyter looks only every tenth of a second."""
        if process := getattr(self.provisioner, "process", None):
            interrupts.end_kernel(process)
            process.wait()

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        interrupts.stop_if_pressed()
        # A kernel that runs and isn't known would stay.
        with interrupts.held_back(), self.log_file.open("ab") as log:
            options |= {"stdout": log, "stderr": log}
            await super()._async_launch_kernel(kernel_cmd, **options)
            if process := getattr(self.provisioner, "process", None):
                interrupts.know_kernel(process)


ARGUMENTS = [
    # At every start, ipykernel 7.4 warns about plain TCP on stderr. It only listens on loopback.
    "--IPKernelApp.log_level=ERROR",
    # As nbclient starts them. It's also quicker to forget.
    "--HistoryManager.hist_file=:memory:",
    f"--IPKernelApp.exec_lines=__import__('{RunFile.__module__}', fromlist=['work_in']).work_in()",
    # What every notebook needs is imported while the command itself still imports papermill.
    "--IPKernelApp.exec_lines=__import__('runbook_lib.warm')",
]
_EMPTY = "get_ipython().reset(new_session=True)\n"
"""Forgets all names, inputs and outputs, and counts from 1 again."""
_MOVE = """
from pathlib import Path
from runbook_lib.record.run_file import work_in
work_in(Path({folder!r}))
"""


class KeptKernel:
    """A kernel for one notebook after the other. It starts at once, so that it's ready when the first notebook is."""

    def __init__(self, log_file: Path, folder: Path) -> None:
        """Start it in the folder of a run."""
        self._new = kernel_manager(log_file)
        self._folder = folder
        self._manager: RunKernelManager | None = None
        self._used = False
        self._warm = True
        self._start()
        self._warm = False

    def for_notebook(self, folder: Path) -> RunKernelManager:
        """Return the manager of a kernel with an empty namespace, at work in the folder: this one, or a new one."""
        moves, self._folder = folder != self._folder, folder
        if (self._used or moves) and not run_sync(self._emptied)(moves):
            self.close()
        if self._manager is None:
            self._start()
        assert self._manager is not None
        self._used = True
        return self._manager

    def close(self) -> None:
        """End the kernel. The next notebook gets a new one."""
        if self._manager and not interrupts.pressed():  # then it's dead, and what waits for it would only complain
            self._manager.close_client()
            with suppress(RuntimeError, OSError):
                self._manager.end_process()
                run_sync(self._manager.shutdown_kernel)(now=True)
        self._manager, self._used = None, False

    def _start(self) -> None:
        self._manager = self._new(kernel_name="python3")
        self._used = False
        # One that died can have had too little of something: the next one asks for less.
        arguments = ARGUMENTS if self._warm else ARGUMENTS[:-1]
        environment = os.environ | {RUN_FOLDER_VARIABLE: str(self._folder)}
        run_sync(self._manager.start_kernel)(extra_arguments=arguments, cwd=str(self._folder), env=environment)

    async def _emptied(self, moves: bool) -> bool:
        """Empty the namespace, and move to the folder. False if the kernel doesn't live, answer or get there."""
        assert self._manager is not None
        if not await self._manager.is_alive():
            return False
        client = self._manager.client()
        code = _MOVE.format(folder=str(self._folder)) if moves else ""
        try:
            await client.wait_for_ready(_SECONDS)
            # What moves it is forgotten too.
            reply = await client.execute_interactive(code + _EMPTY, silent=True, store_history=False, timeout=_SECONDS)
            return str(reply["content"]["status"]) == "ok"
        except (RuntimeError, TimeoutError):
            return False
