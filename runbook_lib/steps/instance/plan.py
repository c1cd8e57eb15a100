"""What creating an instance would do, and what's in its way: the portal's Review + create."""

from __future__ import annotations

from dataclasses import replace

from ...azure.answers import ask
from ...azure.clients import Clients
from ...azure.permissions import Permissions
from ...parameters import CreateInstanceParameters
from ...parameters.naming_rules import RUN_TAG
from ...record.change import Change
from ..core.kinds import run_tags
from ..core.plan_builder import PlanBuilder
from ..core.recipes import Recipe, az, tag_words
from ..directory import role_assignments
from ..directory.role_assignments import NewAssignment
from ..subscription import registration, resources
from ..subscription.kinds import GROUP
from ..subscription.resources import Subscription
from . import calls
from .findings import Findings
from .kinds import INSTANCE

DATA_OWNER = "Azure Digital Twins Data Owner"
_NEW = "Create a resource > Azure Digital Twins > Create"
"""Where you start to create an instance in the portal."""


def survey(clients: Clients, wanted: CreateInstanceParameters, builder: PlanBuilder) -> Findings | None:
    """Look at everything that the plan depends on; None if not even the subscription is clear."""
    subscription = builder.settle(resources.choose_subscription(clients, wanted.subscription))
    builder.choices += _choices(wanted, subscription, clients.target.cloud.private_zone)
    if subscription is None:
        return None
    group = resources.group(clients, subscription.id, wanted.resource_group)
    provider = resources.provider(clients, subscription.id)
    instance = resources.instance(clients, subscription.id, wanted.resource_group, wanted.instance_name)
    found = Findings(wanted, clients.target.account(), subscription, provider, group, instance, builder.run_id)
    if wanted.connectivity == "public":
        return found
    from . import private_endpoint

    return private_endpoint.survey(clients, found)


def draw_up(clients: Clients, found: Findings, builder: PlanBuilder) -> Findings:
    """Add what would change and what's in its way to the plan; return the findings, with whether you have access."""
    may = Permissions(clients)
    registration.add_registration(may, found.subscription, builder)
    _group(found, may, builder)
    if found.instance is None:
        _new_instance(clients, found, may, builder)
    else:
        _existing_instance(found, may, builder)
    if found.topology:
        from . import private_endpoint

        found = private_endpoint.draw_up(found, may, builder)
    elif found.instance and found.instance.private_endpoint_connections:
        from ..network.topology import connections

        there = ", ".join(map(str, connections(found.instance)))
        builder.notes.append(f"The instance already has private endpoints, which stay: {there}.")
    if found.wanted.grant_access:
        return replace(found, has_access=_grant(clients, found, may, builder))
    if found.instance and ask(lambda: _has_access(clients, found), {403: False}):
        builder.notes.append(f"You already have {DATA_OWNER} on the instance, which stays: no role is taken away here.")
        return replace(found, has_access=True)
    return found


def _choices(
    wanted: CreateInstanceParameters, subscription: Subscription | None, zone_name: str
) -> list[tuple[str, str]]:
    return [
        ("Subscription", subscription.choice if subscription else wanted.subscription or "none"),
        ("Resource group", wanted.resource_group),
        ("Resource name", wanted.instance_name),
        ("Region", wanted.region),
        ("Grant access to resource", f"assign {DATA_OWNER} to yourself" if wanted.grant_access else "no"),
        ("Connectivity method", f"{wanted.connectivity.title()} endpoint"),
        *_private_endpoint(wanted, zone_name),
        ("System-assigned managed identity", "On" if wanted.system_identity else "Off"),
        ("Tags", ", ".join(f"{name}={value}" for name, value in wanted.tags.items()) or "none"),
    ]


def _private_endpoint(wanted: CreateInstanceParameters, zone_name: str) -> list[tuple[str, str]]:
    """Return what you chose for the private endpoint; nothing if you don't want one."""
    if wanted.connectivity == "public":
        return []
    from . import private_endpoint

    return private_endpoint.choices(wanted, zone_name)


def _group(found: Findings, may: Permissions, builder: PlanBuilder) -> None:
    group, wanted = found.group, found.wanted
    if group.state == "Deleting":
        message, meaning = f"The resource group {group.name!r} is being deleted.", "That deletes everything in it too."
        remedy = "Wait until it's gone, or choose another resource group."
        builder.refuse("resource_group", message, meaning=meaning, remedy=remedy)
    elif group.found == "yes" and group.region and not resources.same_region(group.region, wanted.region):
        builder.notes.append(
            f"The resource group {group.name} already exists in {group.region} and is used as it is. The instance can "
            f"still be in {wanted.region}."
        )
    elif group.found == "no" and wanted.create_resource_group:
        tags = tag_words(run_tags(found.run_id))
        where = {"location": wanted.region, "subscription": found.subscription.id}
        command = az("group create", name=group.name, **where, tags=tags)
        change = Change("create", GROUP.name, group.name, found.group_scope, f"in {wanted.region}")
        page = f"{_NEW} > Basics > Resource group > Create new: {group.name}"
        builder.add(change, Recipe(page, command, (calls.create_group(found),)))
        builder.allow(may, change, found.places, field="resource_group", command=command)
    elif group.found == "no":
        meaning = f"You can't see a resource group with that name in the subscription {found.subscription.name}."
        remedy = "Correct the name, or set create_resource_group to true."
        builder.wrong("resource_group", f"There is no resource group {group.name!r}.", meaning=meaning, remedy=remedy)


def _new_instance(clients: Clients, found: Findings, may: Permissions, builder: PlanBuilder) -> None:
    wanted = found.wanted
    if found.provider.regions and wanted.region not in found.provider.regions:
        offered = ", ".join(sorted(found.provider.regions))
        builder.wrong(
            "region",
            f"The region {wanted.region!r} doesn't offer Azure Digital Twins.",
            meaning="It isn't an Azure region, or the service isn't available there yet.",
            remedy=f"Choose one of: {offered}.",
        )
    else:
        _name(clients, found, builder)
        _quota(clients, found, builder)
    details = f"in {wanted.region}" + (", with a system-assigned identity" if wanted.system_identity else "")
    change = Change("create", INSTANCE.name, wanted.instance_name, found.scope, details)
    page = f"{_NEW} > Basics > Resource name: {wanted.instance_name} > Region: {wanted.region}"
    page += " > Advanced > System assigned: On" if wanted.system_identity else ""
    page += f" > Tags: {', '.join(tag_words(found.tags))}" if found.tags else ""
    builder.notes.append(f"New things get the tag {RUN_TAG}, by which clean-up knows what this run made.")
    command = _create_command(found)
    builder.add(change, Recipe(f"{page} > Review + create > Create", command, (calls.create(found),)))
    builder.allow(may, change, found.places, command=command)


def _name(clients: Clients, found: Findings, builder: PlanBuilder) -> None:
    if found.provider.state not in ("Registered", "Unknown"):
        builder.notes.append("The name can't be checked until the resource provider is registered.")
        return
    where = found.wanted.instance_name, found.wanted.region
    taken = ask(lambda: name_taken(clients, found.subscription.id, *where), {403: None})
    if taken is None:
        builder.notes.append("You aren't allowed to check in advance whether the name is free.")
    if taken:
        meaning = "The name is part of the host name, so it must be unique in its region, across all customers."
        builder.wrong("instance_name", taken, meaning=meaning, remedy="Choose another name, or another region.")


def name_taken(clients: Clients, subscription: str, name: str, region: str) -> str:
    """Return why you can't use a name in a region, in Azure's words; empty if it's free."""
    from azure.mgmt.digitaltwins.models import CheckNameRequest

    answer = clients.digital_twins(subscription).digital_twins.check_name_availability(
        region, CheckNameRequest(name=name)
    )
    return "" if answer.name_available else str(answer.message)


def _quota(clients: Clients, found: Findings, builder: PlanBuilder) -> None:
    there = resources.instances(clients, found.subscription.id)
    number = sum(resources.same_region(str(one.location), found.wanted.region) for one in there)
    if number >= resources.USUAL_LIMIT:
        builder.refuse(
            "region",
            f"The subscription has {number} instances in {found.wanted.region}, which is the usual limit.",
            meaning="Azure refuses another one, unless Microsoft has raised your limit.",
            remedy="Delete one that you don't need, or choose another region.",
            blocking=False,
        )


def _existing_instance(found: Findings, may: Permissions, builder: PlanBuilder) -> None:
    assert found.instance is not None
    name, region, state = found.wanted.instance_name, str(found.instance.location), resources.state_of(found.instance)
    here = resources.same_region(region, found.wanted.region)
    if not here:
        message = f"The instance {name!r} can't be created in {found.wanted.region}."
        meaning = f"This resource group already has an instance {name!r}, in {region}, and instances can't move."
        remedy = f"Choose the region {region}, another name, or another resource group."
        builder.wrong("region", message, meaning=meaning, remedy=remedy)
    elif state == "Deleting":
        remedy = "Wait until it's gone, then run this again."
        builder.refuse("instance_name", f"The instance {name!r} is being deleted.", remedy=remedy)
    elif state in resources.PENDING_STATES:
        builder.notes.append(f"Azure is still working on the instance ({state}). This step continues from there.")
    parts = [f"its state is {state}: create it again"] if found.has_failed else []
    parts += [f"tag {tag}={value}" for tag, value in found.missing_tags.items()]
    parts += ["system-assigned identity on"] if found.missing_identity else []
    if here and parts and state != "Deleting":
        _update(found, may, builder, ", ".join(parts))
    if resources.has_system_identity(found.instance) and not found.wanted.system_identity:
        builder.notes.append("The instance already has a system-assigned identity, which stays on.")
    named = {tag.lower() for tag in (*found.wanted.tags, RUN_TAG)}
    if kept := tag_words({tag: value for tag, value in found.tags.items() if tag.lower() not in named}):
        builder.notes.append(f"The instance has other tags, which stay: {', '.join(kept)}.")


def _update(found: Findings, may: Permissions, builder: PlanBuilder, details: str) -> None:
    change = Change("update", INSTANCE.name, found.wanted.instance_name, found.scope, details)
    pages = (["Tags"] if found.missing_tags else []) + (["Identity"] if found.missing_identity else [])
    page = f"{found.wanted.instance_name} > {' and '.join(pages)} > Save" if pages else f"{_NEW}, as before"
    command = _update_command(found)
    builder.add(change, Recipe(page, command, (calls.update(found),)))
    builder.allow(may, change, found.places, command=command)


def _create_command(found: Findings) -> str:
    return az(
        "dt create",
        dt_name=found.wanted.instance_name,
        resource_group=found.group.name,
        location=found.wanted.region,
        mi_system_assigned=found.wanted_identities.system,
        mi_user_assigned=list(found.identities.users),
        tags=tag_words(found.tags),
    )


def _update_command(found: Findings) -> str:
    """Write the commands that change only what is missing: `az dt create` writes the whole instance."""
    if found.has_failed:
        return _create_command(found)
    commands = []
    if found.missing_identity:
        where = {"dt_name": found.wanted.instance_name, "resource_group": found.group.name}
        commands.append(az("dt identity assign", **where, mi_system_assigned=True))
    if found.missing_tags:
        tags = tag_words(found.missing_tags)
        commands.append(az("tag update", resource_id=found.scope, operation="Merge", tags=tags))
    return "\n".join(commands)


def _grant(clients: Clients, found: Findings, may: Permissions, builder: PlanBuilder) -> bool:
    """Add the assignment, unless it's there or can't be made; tell whether it's there."""
    wanted = own_access(found)
    if found.instance and _has_access(clients, found):
        builder.notes.append(f"You already have {DATA_OWNER} on the instance.")
        return True
    at_creation = f"On the same page Basics, before Create: Grant access to resource > Assign {DATA_OWNER} Role"
    recipe = wanted.recipe("" if found.instance else at_creation)
    command = recipe.command
    answer = builder.allow(may, wanted.change, found.places, field="grant_access", command=command, blocking=False)
    if answer == "no":
        builder.notes.append("Access is left out: someone who can assign roles has to give it to you later.")
    else:
        builder.add(wanted.change, recipe)
    return False


def _has_access(clients: Clients, found: Findings) -> bool:
    wanted = own_access(found)
    there = role_assignments.assignments_of(clients, found.subscription.id, found.scope, wanted.principal_id)
    return wanted.among(there) is not None


def own_access(found: Findings) -> NewAssignment:
    """Return the role assignment that you get with the instance."""
    account = found.account
    who = account.object_id, account.kind, account.name
    return NewAssignment(found.run_id, found.subscription.id, found.scope, DATA_OWNER, *who)
