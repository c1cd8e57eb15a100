"""What creating an instance would do, and what stands in its way: the portal's Review + create."""

from __future__ import annotations

from dataclasses import replace

from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...parameters import DATA_ROLES, CreateInstanceParameters
from ...record.change import Change
from ..core.plan_builder import Draft
from ..core.recipes import Way, az
from ..directory import role_assignments
from ..network import survey as network_survey
from ..network import topology
from ..network.plan import NetworkPlan
from ..network.topology import Wiring
from ..subscription import registration, resources
from ..subscription.resources import Subscription
from . import calls
from .findings import Findings

ROLE = "Azure Digital Twins Data Owner"
_NEW = "Create a resource > Azure Digital Twins > Create"
"""Where the portal's creation of an instance begins."""


def survey(clients: Clients, wanted: CreateInstanceParameters, draft: Draft) -> Findings | None:
    """Look at everything that the plan depends on; None when not even the subscription is clear."""
    subscription = resources.choose_subscription(clients, wanted.subscription, draft)
    draft.choices += _choices(wanted, subscription)
    if subscription is None:
        return None
    group = resources.group(clients, subscription.id, wanted.resource_group)
    provider = resources.provider(clients, subscription.id)
    instance = resources.instance(clients, subscription.id, wanted.resource_group, wanted.instance_name)
    found = Findings(wanted, clients.target.account(), subscription, provider, group, instance)
    if wanted.connectivity == "public":
        return found
    return replace(found, wiring=network_survey.survey(clients, wanted, found.scope, wanted.region))


def draw_up(clients: Clients, found: Findings, draft: Draft) -> None:
    """Write down what would change, and what stands in the way of it."""
    may = Permissions(clients)
    _registration(found, may, draft)
    _group(found, may, draft)
    if found.instance is None:
        _new_instance(clients, found, may, draft)
    else:
        _existing_instance(found, may, draft)
    if found.wiring:
        _network_plan(clients, found, found.wiring, may, draft).draw_up()
        draft.notes.append("Public network access stays on; 04-private-access switches it off.")
    elif found.instance and (there := topology.connections(found.instance)):
        draft.notes.append(f"The instance has private endpoints already, which stay: {', '.join(map(str, there))}.")
    if found.wanted.grant_access:
        _grant(clients, found, may, draft)


def asks_for_approval(clients: Clients, found: Findings) -> bool:
    """Tell whether the private endpoint's connection is a request, because the account may not approve it."""
    plan = _network_plan(clients, found, found.wiring, Permissions(clients), Draft("", "")) if found.wiring else None
    return plan is not None and plan.asks


def _network_plan(clients: Clients, found: Findings, wiring: Wiring, may: Permissions, draft: Draft) -> NetworkPlan:
    return NetworkPlan(clients, found.subscription, wiring, draft, may, found.places)


def _choices(wanted: CreateInstanceParameters, subscription: Subscription | None) -> list[tuple[str, str]]:
    return [
        ("Subscription", str(subscription) if subscription else wanted.subscription or "none"),
        ("Resource group", wanted.resource_group),
        ("Resource name", wanted.instance_name),
        ("Region", wanted.region),
        ("Grant access to resource", f"assign {ROLE} to yourself" if wanted.grant_access else "no"),
        ("Connectivity method", f"{wanted.connectivity.title()} endpoint"),
        *_network_choices(wanted),
        ("System-assigned managed identity", "On" if wanted.system_identity else "Off"),
        ("Tags", ", ".join(f"{name}={value}" for name, value in wanted.tags.items()) or "none"),
    ]


def _network_choices(wanted: CreateInstanceParameters) -> list[tuple[str, str]]:
    """Return what was chosen for the private endpoint; nothing when there is to be none."""
    if wanted.connectivity == "public":
        return []
    named = wanted.virtual_network or network_survey.usual_network(wanted.instance_name)
    return [
        ("Private endpoint", wanted.private_endpoint_name or f"pe-{wanted.instance_name}"),
        (
            "Virtual network",
            topology.name_of(named),
        ),
        ("Subnet", wanted.subnet),
        ("Private DNS zone", topology.ZONE_NAME if wanted.private_dns else "none"),
    ]


def _registration(found: Findings, may: Permissions, draft: Draft) -> None:
    if found.provider.state in ("Registered", "Unknown"):
        return
    change, way = registration.change(found.subscription), registration.way(found.subscription)
    draft.add(change, way)
    draft.allow(may, found.account, change, found.places, command=way.command)


def _group(found: Findings, may: Permissions, draft: Draft) -> None:
    group, wanted = found.group, found.wanted
    if group.state == "Deleting":
        meaning = "Everything in it is being deleted too."
        remedy = "Wait until it is gone, or choose another resource group."
        draft.refuse(
            "resource_group", f"The resource group {group.name!r} is being deleted.", meaning=meaning, remedy=remedy
        )
    elif group.found == "yes" and group.region and group.region != wanted.region:
        draft.notes.append(
            f"The resource group {group.name} is there already, in {group.region}, and is used as it is: its region "
            f"does not bind the instance. A new group of that name in {wanted.region} is not possible."
        )
    elif group.found == "no" and wanted.create_resource_group:
        command = az("group create", name=group.name, location=wanted.region, subscription=found.subscription.id)
        change = Change("create", "Resource group", group.name, found.group_scope, f"in {wanted.region}")
        page = f"{_NEW} > Basics > Resource group > Create new: {group.name}"
        draft.add(change, Way(page, command, (calls.create_group(found),)))
        draft.allow(may, found.account, change, found.places, field="resource_group", command=command)
    elif group.found == "no":
        meaning = f"The subscription {found.subscription.name} has no resource group of that name that you can see."
        remedy = "Correct the name, or set create_resource_group to true."
        draft.wrong("resource_group", f"There is no resource group {group.name!r}.", meaning=meaning, remedy=remedy)


def _new_instance(clients: Clients, found: Findings, may: Permissions, draft: Draft) -> None:
    wanted = found.wanted
    if found.provider.regions and wanted.region not in found.provider.regions:
        offered = ", ".join(sorted(found.provider.regions))
        draft.wrong(
            "region", f"The region {wanted.region!r} does not offer Azure Digital Twins.",
            meaning="It is no region of Azure, or the service is not there yet.", remedy=f"Choose one of: {offered}.",
        )  # fmt: skip
    else:
        _name(clients, found, may, draft)
        _quota(clients, found, draft)
    tags = [f"{name}={value}" for name, value in wanted.tags.items()]
    command = az(
        "dt create", dt_name=wanted.instance_name, resource_group=found.group.name, location=wanted.region,
        mi_system_assigned=wanted.system_identity, tags=tags,
    )  # fmt: skip
    details = f"in {wanted.region}" + (", with a system-assigned identity" if wanted.system_identity else "")
    change = Change("create", "Azure Digital Twins instance", wanted.instance_name, found.scope, details)
    page = f"{_NEW} > Basics > Resource name: {wanted.instance_name} > Region: {wanted.region}"
    page += " > Advanced > System assigned: On" if wanted.system_identity else ""
    page += f" > Tags: {', '.join(tags)}" if tags else ""
    draft.add(change, Way(f"{page} > Review + create > Create", command, (calls.create(found),)))
    draft.allow(may, found.account, change, found.places, command=command)


def _name(clients: Clients, found: Findings, may: Permissions, draft: Draft) -> None:
    from azure.core.exceptions import HttpResponseError

    if found.provider.state not in ("Registered", "Unknown"):
        draft.notes.append("Whether the name is free shows once the resource provider is registered.")
        return
    try:
        taken = name_taken(clients, found.subscription.id, found.wanted.instance_name, found.wanted.region)
    except HttpResponseError as error:
        if error.status_code != 403:
            raise
        draft.notes.append("Whether the name is free cannot be told beforehand: you are not allowed to ask for it.")
        return
    if taken:
        meaning = "The name is part of the host name, so it is unique in a region: also among other customers."
        draft.wrong("instance_name", taken, meaning=meaning, remedy="Choose another name, or another region.")


def name_taken(clients: Clients, subscription: str, name: str, region: str) -> str:
    """Return why a name cannot be used in a region, in Azure's words; empty when it is free."""
    from azure.mgmt.digitaltwins.models import CheckNameRequest

    answer = clients.digital_twins(subscription).digital_twins.check_name_availability(
        region, CheckNameRequest(name=name)
    )
    return "" if answer.name_available else str(answer.message)


def _quota(clients: Clients, found: Findings, draft: Draft) -> None:
    there = resources.instances(clients, found.subscription.id)
    number = sum(str(one.location) == found.wanted.region for one in there)
    if number >= resources.USUAL_LIMIT:
        draft.refuse(
            "region", f"The subscription has {number} instances in {found.wanted.region}, which is the usual limit.",
            meaning="Azure refuses one more, unless Microsoft raised the limit for you.",
            remedy="Delete one that is not needed, or choose another region.", blocking=False,
        )  # fmt: skip


def _existing_instance(found: Findings, may: Permissions, draft: Draft) -> None:
    assert found.instance is not None
    name, region, state = found.wanted.instance_name, str(found.instance.location), resources.state_of(found.instance)
    if region != found.wanted.region:
        meaning = f"An instance {name!r} is in this resource group already, in {region}; an instance cannot move."
        remedy = f"Choose the region {region}, another name, or another resource group."
        draft.wrong(
            "region",
            f"The instance {name!r} cannot be created in {found.wanted.region}.",
            meaning=meaning,
            remedy=remedy,
        )
    elif state == "Deleting":
        remedy = "Wait until it is gone, then run this again."
        draft.refuse("instance_name", f"The instance {name!r} is being deleted.", remedy=remedy)
    elif state in ("Failed", "Canceled"):
        _update(found, may, draft, f"its state is {state}: create it once more")
    elif state in resources.PENDING_STATES:
        draft.notes.append(f"The instance is there and Azure still works on it ({state}); this goes on where it was.")
    if region == found.wanted.region and (found.missing_tags or found.lacks_identity) and state != "Deleting":
        parts = [f"tag {tag}={value}" for tag, value in found.missing_tags.items()]
        _update(found, may, draft, ", ".join(parts + (["system-assigned identity on"] if found.lacks_identity else [])))
    if resources.has_system_identity(found.instance) and not found.wanted.system_identity:
        draft.notes.append("The instance has a system-assigned identity already; it is left on.")
    if kept := [f"{tag}={value}" for tag, value in calls.tags_of(found).items() if tag not in found.wanted.tags]:
        draft.notes.append(f"The instance has other tags, which stay: {', '.join(kept)}.")


def _update(found: Findings, may: Permissions, draft: Draft, details: str) -> None:
    tags = [f"{name}={value}" for name, value in {**calls.tags_of(found), **found.wanted.tags}.items()]
    identity = found.wanted.system_identity or bool(found.instance and resources.has_system_identity(found.instance))
    command = az(
        "dt create", dt_name=found.wanted.instance_name, resource_group=found.group.name, location=found.wanted.region,
        mi_system_assigned=identity, tags=tags,
    )  # fmt: skip
    change = Change("update", "Azure Digital Twins instance", found.wanted.instance_name, found.scope, details)
    pages = (["Tags"] if found.missing_tags else []) + (["Identity"] if found.lacks_identity else [])
    page = f"{found.wanted.instance_name} > {' and '.join(pages)} > Save" if pages else f"{_NEW}, as before"
    draft.add(change, Way(page, command, (calls.update(found),)))
    draft.allow(may, found.account, change, found.places, command=command)


def _grant(clients: Clients, found: Findings, may: Permissions, draft: Draft) -> None:
    account = found.account
    if found.instance:
        there = role_assignments.assignments_of(clients, found.subscription.id, found.scope, account.object_id)
        if role_assignments.matching(there, found.scope, DATA_ROLES[ROLE], account.object_id):
            draft.notes.append(f"You have {ROLE} at the instance already.")
            return
    command = role_assignments.command(found.scope, ROLE, account.object_id, account.kind)
    call = role_assignments.assigning(
        found.subscription.id, found.scope, DATA_ROLES[ROLE], account.object_id, account.kind
    )
    wanted = role_assignments.assignment_id(found.scope, DATA_ROLES[ROLE], account.object_id)
    change = Change("assign", "Role", ROLE, wanted, f"to {account.name} at the instance")
    answer = draft.allow(may, account, change, found.places, field="grant_access", command=command, blocking=False)
    if answer == "no":
        draft.notes.append("Access is left out: somebody who may assign roles has to give it later.")
        return
    page = f"On the same page Basics, before Create: Grant access to resource > Assign {ROLE} Role"
    if found.instance:
        page = role_assignments.page(str(found.instance.name), ROLE, account.name)
    draft.add(change, Way(page, command, (call,)))
