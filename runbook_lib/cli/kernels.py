"""Kernels that end with the command. Imported only when one is started, because Jupyter takes a while to load.

A run keeps one kernel for all its notebooks. Starting Python and importing Azure's clients takes longer than most
notebooks, so each notebook after the first gets the same kernel with an empty namespace.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from . import interrupts


def kernel_manager(log_file: Path) -> type[RunKernelManager]:
    """Return the class of kernel managers whose kernels print to this file."""
    return type("RunKernelManager", (RunKernelManager,), {"log_file": log_file})


class RunKernelManager(AsyncKernelManager):
    """Starts kernels that Ctrl+C ends, whatever the libraries in between are doing at that moment."""

    log_file: Path = Path(os.devnull)
    """Gets what the kernel's process prints past its notebook, such as the traceback of one that's interrupted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: list[Any] = []

    def client(self, **options: Any) -> Any:
        """Return a client, and remember it: nbclient leaves the clients of a kernel that isn't its own open."""
        self._clients.append(super().client(**options))
        return self._clients[-1]

    def close_clients(self) -> None:
        """Close the connections of all clients."""
        while self._clients:
            self._clients.pop().stop_channels()

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
    # What every notebook needs is imported while the command itself still imports papermill.
    "--IPKernelApp.exec_lines=__import__('runbook_lib.warm')",
]
_EMPTY = "get_ipython().reset(new_session=True)"
"""Forgets all names, inputs and outputs, and counts from 1 again."""
_SECONDS = 60.0


class KeptKernel:
    """The kernel of a run. It starts at once, so that it's ready when the first notebook is."""

    def __init__(self, log_file: Path, folder: Path) -> None:
        self._new = kernel_manager(log_file)
        self._folder = folder
        self._manager: RunKernelManager | None = None
        self._used = False
        self._warm = True
        self._start()
        self._warm = False

    def for_notebook(self) -> RunKernelManager:
        """Return the manager of a kernel with an empty namespace: the one that's there, or a new one."""
        if self._manager:
            self._manager.close_clients()
        if self._used and not run_sync(self._emptied)():
            self.close()
        if self._manager is None:
            self._start()
        assert self._manager is not None
        self._used = True
        return self._manager

    def close(self) -> None:
        """End the kernel. The next notebook gets a new one."""
        if self._manager and not interrupts.pressed():  # then it's dead, and what waits for it would only complain
            self._manager.close_clients()
            with suppress(RuntimeError, OSError):
                run_sync(self._manager.shutdown_kernel)(now=True)
        self._manager, self._used = None, False

    def _start(self) -> None:
        self._manager = self._new(kernel_name="python3")
        self._used = False
        # One that died can have had too little of something: the next one asks for less.
        arguments = ARGUMENTS if self._warm else ARGUMENTS[:1]
        run_sync(self._manager.start_kernel)(extra_arguments=arguments, cwd=str(self._folder))

    async def _emptied(self) -> bool:
        """Empty the namespace. False if the kernel doesn't live or answer."""
        assert self._manager is not None
        if not await self._manager.is_alive():
            return False
        client = self._manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=_SECONDS)
            reply = await client.execute_interactive(_EMPTY, silent=True, store_history=False, timeout=_SECONDS)
            return str(reply["content"]["status"]) == "ok"
        except (RuntimeError, TimeoutError):
            return False
        finally:
            self._manager.close_clients()
