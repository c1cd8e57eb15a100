"""Writing the recipes of plans in one of the formats."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..azure.clients import Clients
from ..errors import InputError
from ..explain.translate import explaining
from ..steps.core.recipes import Recipe, az
from . import Format

if TYPE_CHECKING:
    from .resources import Written


@dataclass(frozen=True)
class Export:
    """A plan in another tool's language."""

    files: Mapping[str, str]
    """Text by file name. The first one is the one to deploy or run."""
    commands: tuple[str, ...]
    """What to run, in order."""
    left_out: tuple[str, ...] = ()
    """Requests of the plan that the format can't say, as method and path."""


def export(recipes: Sequence[Recipe], wanted: Format, clients: Clients) -> Export:
    """Write the recipes of a plan in a format. Reads in Azure what a plan only changes, and writes nothing there.

    Raises InputError if there's nothing that the format can say, and what explains Azure's refusals.
    """
    from . import scripts
    from .requests import planned_requests

    cloud = clients.target.cloud
    requests = planned_requests([call for one in recipes for call in one.calls], cloud)
    if not any(one.writes for one in requests):
        raise InputError("The plan changes nothing, so there is nothing to write.", remedy="Plan something else.")
    if wanted == "bash":
        return Export({"setup.sh": scripts.bash(recipes, cloud)}, ("bash setup.sh",))
    if wanted == "powershell":
        signing_in = "Connect-AzAccount" if cloud.is_default else f"Connect-AzAccount -Environment {cloud.name}"
        return Export({"setup.ps1": scripts.powershell(requests)}, (signing_in, "./setup.ps1"))
    from .resources import written

    with explaining("reading what the plan changes"):
        found = written(requests, clients)
    if not found.resources:
        raise InputError(
            "No template can say what this plan does: it only deletes, registers, or writes data.",
            remedy="Write it as bash or powershell.",
        )
    if wanted == "terraform":
        from . import terraform

        text = terraform.file(found.resources, found.registrations, cloud)
        return Export({"main.tf": text}, ("terraform init", "terraform apply"), found.left_out)
    return _template(found, wanted, clients)


def _template(found: Written, wanted: Format, clients: Clients) -> Export:
    from . import arm, bicep

    if wanted == "bicep":
        files = bicep.files(found.resources)
    else:
        files = {"main.json": json.dumps(arm.template(found.resources), indent=2, ensure_ascii=False) + "\n"}
    subscription = found.resources[0].subscription
    first = [
        az("provider register", namespace=one, subscription=subscription, wait=True) for one in found.registrations
    ]
    choosing = filter(None, [clients.target.cloud.choosing])
    return Export(files, (*choosing, *first, _deploying(found, next(iter(files)), clients)), found.left_out)


def _deploying(found: Written, file: str, clients: Clients) -> str:
    from .resources import groups, parts

    shared = parts(found.resources)
    if len(shared) == 1 and not groups(found.resources):
        where = {"subscription": shared[0].subscription, "resource_group": shared[0].group}
        return az("deployment group create", **where, template_file=file)
    subscription = found.resources[0].subscription
    named = (str(one.body.get("location", "global")) for one in found.resources)
    location = next((one for one in named if one != "global"), "")
    if not location:  # of the deployment's own record; any will do
        location = str(clients.resources(subscription).resource_groups.get(shared[0].group).location)
    return az("deployment sub create", subscription=subscription, location=location, template_file=file)
