"""The steps of the guide: one for each section of the article."""

from .assign_access import AssignAccess
from .base import Choice, Context, Progress, Remark, Step, Verification
from .build_graph import BuildGraph
from .call_rest import CallRest
from .clean_up import CleanUp
from .connect_client import ConnectClient
from .create_instance import CreateInstance
from .managed_identity import ManagedIdentity
from .private_access import PrivateAccess
from .problems import Problem
from .results import Change, Check, Outcome, Plan, Proof, Undone
from .start_here import StartHere

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
