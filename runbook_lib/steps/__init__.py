"""The steps of the guide: one for each section of the article."""

from ..record.change import Change
from .access.step import AssignAccess
from .clean_up.step import CleanUp
from .core.problems import Problem
from .core.results import Check, Outcome, Plan, Proof, Undone
from .core.step import Choice, Context, Progress, Remark, Step, Verification
from .data.build_graph import BuildGraph
from .data.call_rest import CallRest
from .data.connect_client import ConnectClient
from .identity.step import ManagedIdentity
from .instance.step import CreateInstance
from .private_link.step import PrivateAccess
from .start.step import StartHere

__all__ = [
    "AssignAccess",
    "BuildGraph",
    "CallRest",
    "Change",
    "Check",
    "Choice",
    "CleanUp",
    "ConnectClient",
    "Context",
    "CreateInstance",
    "ManagedIdentity",
    "Outcome",
    "Plan",
    "PrivateAccess",
    "Problem",
    "Progress",
    "Proof",
    "Remark",
    "StartHere",
    "Step",
    "Undone",
    "Verification",
]
