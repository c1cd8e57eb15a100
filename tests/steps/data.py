"""The steps about an instance's data, for whoever acts."""

from __future__ import annotations

from typing import Any

from runbook_lib.display.cards import Listing
from runbook_lib.steps.core.results import Plan, Verification
from runbook_lib.steps.data.build_graph import BuildGraph
from runbook_lib.steps.data.call_rest import CallRest
from runbook_lib.steps.data.calls import MODELS_FILE
from runbook_lib.steps.data.connect_client import ConnectClient

from . import plant
from .world import World

HOST = plant.HOST.removeprefix("https://")


def call(world: World, who: str = "owner", **values: Any) -> CallRest:
    return CallRest(world.context(who), values)


def build(world: World, who: str = "owner", **values: Any) -> BuildGraph:
    return BuildGraph(world.context(who), values)


def connect(world: World, who: str = "owner", **values: Any) -> ConnectClient:
    return ConnectClient(world.context(who), values)


def statuses(verification: Verification) -> list[str]:
    return [check.status for check in verification.checks]


def models_file(plan: Plan) -> str:
    """Return the content of the models' file that a plan lists."""
    listed = (block for block in plan.blocks if isinstance(block, Listing))
    (found,) = (block.content for block in listed if block.title.startswith(MODELS_FILE))
    return found
