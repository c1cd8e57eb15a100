"""The steps of the guide: one for each section of the article."""

from .assign_access import AssignAccess
from .base import Choice, Context, Progress, Remark, Step, Verification
from .create_instance import CreateInstance
from .results import Change, Check, Outcome, Plan, Problem, Proof, Undone
from .start_here import StartHere

__all__ = [
    "AssignAccess",
    "Change",
    "Check",
    "Choice",
    "Context",
    "CreateInstance",
    "Outcome",
    "Plan",
    "Problem",
    "Progress",
    "Proof",
    "Remark",
    "StartHere",
    "Step",
    "Undone",
    "Verification",
]
