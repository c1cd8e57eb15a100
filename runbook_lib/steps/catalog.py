"""All steps, by the notebooks that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .access.step import AssignAccess
from .clean_up.step import CleanUp
from .core.step import Step
from .data.build_graph import BuildGraph
from .data.call_rest import CallRest
from .data.connect_client import ConnectClient
from .identity.step import ManagedIdentity
from .instance.step import CreateInstance
from .private_link.step import PrivateAccess
from .start.step import StartHere

_STEPS: dict[str, Sequence[type[Step[Any, Any]]]] = {
    "00-start-here": (StartHere,),
    "01-create-instance": (CreateInstance,),
    "02-assign-access": (AssignAccess,),
    "03-managed-identity": (ManagedIdentity,),
    "04-private-access": (PrivateAccess,),
    "05-connect-a-client": (CallRest, BuildGraph, ConnectClient),
    "06-clean-up": (CleanUp,),
}


def steps_of(notebook: str) -> Sequence[type[Step[Any, Any]]]:
    """Return the steps of a notebook of the guide, in order."""
    return _STEPS[notebook]
