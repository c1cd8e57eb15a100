"""Azure on this machine: its real host names, answered on loopback by a simulation.

The rest of the product uses only what is named here. `Sandbox` (in this process) and the server's libraries are loaded
on first use, so that the command line starts fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .approval import ApprovalFailed, approve
from .clock import ManualClock, Pace
from .connection import Settings, client_settings, environment
from .fault_control import add_fault, clear_faults, list_faults
from .faults import SERVICES, Effect, Fault
from .lifecycle import (
    DEFAULT_PORT,
    Status,
    default_home,
    reset,
    service_principal_environment,
    settings,
    start,
    status,
    stop,
)
from .lifecycle_errors import (
    HomeUnknown,
    OtherPace,
    PortTaken,
    SandboxError,
    SandboxNotRunning,
    StartFailed,
    StopFailed,
)
from .world import PERSONAS, Persona

if TYPE_CHECKING:
    from .inprocess import Sandbox

__all__ = [
    "DEFAULT_PORT",
    "PERSONAS",
    "SERVICES",
    "ApprovalFailed",
    "Effect",
    "Fault",
    "HomeUnknown",
    "ManualClock",
    "OtherPace",
    "Pace",
    "Persona",
    "PortTaken",
    "Sandbox",
    "SandboxError",
    "SandboxNotRunning",
    "Settings",
    "StartFailed",
    "Status",
    "StopFailed",
    "add_fault",
    "approve",
    "clear_faults",
    "client_settings",
    "default_home",
    "environment",
    "list_faults",
    "reset",
    "service_principal_environment",
    "settings",
    "start",
    "status",
    "stop",
]


def __getattr__(name: str) -> Any:
    if name == "Sandbox":
        from .inprocess import Sandbox

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
