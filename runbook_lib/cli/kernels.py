"""Kernels that end with the command. Imported only when one is started, because Jupyter takes a while to load."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from . import interrupts


def kernel_manager(log_file: Path) -> type[RunKernelManager]:
    """Return the class of kernel managers whose kernels print to this file."""
    return type("RunKernelManager", (RunKernelManager,), {"log_file": log_file})


class RunKernelManager(AsyncKernelManager):
    """Starts kernels that Ctrl+C ends, whatever the libraries in between are doing at that moment."""

    log_file: Path = Path(os.devnull)
    """Gets what the kernel's process prints past its notebook, such as the traceback of one that's interrupted."""

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        interrupts.stop_if_pressed()
        # A kernel that runs and isn't known would stay.
        with interrupts.held_back(), self.log_file.open("ab") as log:
            options |= {"stdout": log, "stderr": log}
            await super()._async_launch_kernel(kernel_cmd, **options)
            if process := getattr(self.provisioner, "process", None):
                interrupts.know_kernel(process)
