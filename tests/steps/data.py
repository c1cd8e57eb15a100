"""The steps about an instance's data, for whoever acts."""

from __future__ import annotations

from typing import Any

from runbook_lib.display.cards import Listing
from runbook_lib.steps import BuildGraph, CallRest, ConnectClient
from runbook_lib.steps.core.results import Plan, Proof
from runbook_lib.steps.data.calls import MODELS_FILE

from . import plant
from .world import World

HOST = plant.HOST.removeprefix("https://")


def call(world: World, who: str = "owner", **values: Any) -> CallRest:
    return CallRest(world.context(who), values)


def build(world: World, who: str = "owner", **values: Any) -> BuildGraph:
    return BuildGraph(world.context(who), values)


def connect(world: World, who: str = "owner", **values: Any) -> ConnectClient:
    return ConnectClient(world.context(who), values)


def statuses(proof: Proof) -> list[str]:
    return [check.status for check in proof.checks]


def models_file(plan: Plan) -> str:
    """Return the content of the models' file that a plan lists."""
    listed = (block for block in plan.blocks if isinstance(block, Listing))
    (found,) = (block.content for block in listed if block.title.startswith(MODELS_FILE))
    return found
