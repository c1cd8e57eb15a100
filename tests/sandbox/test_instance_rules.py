"""Which instances Azure Digital Twins accepts: names, regions, quota and bodies."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.digitaltwins.models import CheckNameRequest

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.roles import CONTRIBUTOR
from runbook_lib.sandbox.world import OTHER_CUSTOMERS_INSTANCE, PRODUCTION_ID, TRAINING_ID

from ..azure import management
from .control_plane import (
    ASSIGNMENTS,
    GROUP,
    INSTANCES,
    NEW,
    SUBSCRIPTION,
    TWINS,
    call,
    check_name,
    error,
)

TAKEN = (
    "A DigitalTwins instance with the name '{}' already exists in region 'westeurope'. Please choose a different name."
)


def test_a_free_name(ready: Sandbox) -> None:
    found = check_name(ready, "my-twins")
    assert (found.name_available, found.reason, found.message) == (True, None, "'my-twins' is available.")


@pytest.mark.parametrize("name", ["my-twins", "MY-twins", OTHER_CUSTOMERS_INSTANCE])
def test_a_taken_name(made: Sandbox, name: str) -> None:
    found = check_name(made, name)
    assert (found.name_available, found.reason, found.message) == (False, "AlreadyExists", TAKEN.format(name))
    other_group = f"{SUBSCRIPTION}/resourceGroups/rg-other"
    call(made, "PUT", other_group, {"location": "westeurope"})
    answer = call(made, "PUT", f"{other_group}{INSTANCES}/{name}", NEW)
    assert error(answer) == (409, "Conflict", TAKEN.format(name))
    assert "x-ms-failure-cause" not in answer.headers


def test_a_name_is_taken_only_in_its_region(made: Sandbox) -> None:
    assert check_name(made, "my-twins", "eastus").name_available
    assert not check_name(made, OTHER_CUSTOMERS_INSTANCE, "eastus").name_available


def test_a_name_is_taken_for_every_subscription(made: Sandbox) -> None:
    made.cloud.store.put("provider-registration", f"{PRODUCTION_ID}/Microsoft.DigitalTwins", {"state": "Registered"})
    for assignment in made.cloud.store.list("role-assignment", f"/subscriptions/{PRODUCTION_ID}/"):
        key = f"{assignment['scope']}{ASSIGNMENTS}/{assignment['name']}"
        made.cloud.store.put("role-assignment", key, {**assignment, "role": CONTRIBUTOR})
    elsewhere = TWINS.replace(TRAINING_ID, PRODUCTION_ID)
    call(made, "PUT", elsewhere.partition("/providers")[0], {"location": "westeurope"})
    assert error(call(made, "PUT", elsewhere, NEW)) == (409, "Conflict", TAKEN.format("my-twins"))


@pytest.mark.parametrize("name", ["ab", "a" * 64, "-abc", "abc-", "a_b", "a.b", "äbc"])
def test_a_name_that_breaks_the_rule(ready: Sandbox, name: str) -> None:
    found = check_name(ready, name)
    assert (found.name_available, found.reason) == (False, "Invalid")
    assert error(call(ready, "PUT", f"{GROUP}{INSTANCES}/{name}", NEW)) == (400, "BadRequest", found.message)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "A-1", "123"])
def test_names_at_the_edge_of_the_rule(ready: Sandbox, name: str) -> None:
    assert check_name(ready, name).name_available


@pytest.mark.parametrize("name", ["xbox", "My-Windows-Twins", "microsoft1", "login-twins"])
def test_a_trademark_is_no_name(ready: Sandbox, name: str) -> None:
    message = f"The resource name {name} or a part of the name is a trademarked or reserved word."
    assert error(call(ready, "PUT", f"{GROUP}{INSTANCES}/{name}", NEW)) == (400, "ReservedResourceName", message)


def test_a_name_may_hold_a_word_that_is_reserved_only_as_a_whole(ready: Sandbox) -> None:
    assert call(ready, "PUT", f"{GROUP}{INSTANCES}/xbox-twins", NEW).status_code == 201


def test_a_reader_may_not_even_check_a_name(ready: Sandbox) -> None:
    with pytest.raises(HttpResponseError, match=r"Microsoft\.DigitalTwins/locations/checkNameAvailability/action"):
        management(ready, "reader").digital_twins.check_name_availability("westeurope", CheckNameRequest(name="abc"))


def test_a_name_check_in_a_region_without_the_service(ready: Sandbox) -> None:
    url = f"{SUBSCRIPTION}/providers/Microsoft.DigitalTwins/locations/westus/checkNameAvailability"
    body = {"name": "abc", "type": "Microsoft.DigitalTwins/digitalTwinsInstances"}
    assert error(call(ready, "POST", url, body))[:2] == (400, "NoRegisteredProviderFound")
    assert error(call(ready, "POST", url.replace("westus", "eastus"), {"name": "abc"}))[:2] == (400, "BadRequest")


def test_one_instance_too_many_in_a_region(ready: Sandbox) -> None:
    for number in range(10):
        assert call(ready, "PUT", f"{GROUP}{INSTANCES}/twins-{number}", NEW).status_code == 201
    assert error(call(ready, "PUT", TWINS, NEW)) == (
        400,
        "BadRequest",
        f"Subscription '{TRAINING_ID}' has '10' instances in this region. "
        "Please visit http://aka.ms/dtv2limits for details.",
    )
    assert call(ready, "PUT", TWINS, {"location": "eastus"}).status_code == 201


def test_an_instance_stays_where_it_is(made: Sandbox) -> None:
    assert error(call(made, "PUT", TWINS, {"location": "East US"})) == (
        409,
        "InvalidResourceLocation",
        "The resource 'my-twins' already exists in location 'westeurope' in resource group 'rg-twins'. A resource with "
        "the same name cannot be created in location 'eastus'. Please select a new resource name.",
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"identity": {}}, "InvalidRequestContent"),
        ({"identity": {"type": "Cat"}}, "InvalidRequestContent"),
        ({"identity": "SystemAssigned"}, "InvalidRequestContent"),
        ({"properties": "none"}, "InvalidRequestContent"),
        ({"properties": {"publicNetworkAccess": "Maybe"}}, "BadRequest"),
        ({"tags": {"a": 1}}, "InvalidRequestContent"),
        ({"tags": {"a/b": "c"}}, "InvalidTagNameCharacters"),
    ],
)
def test_bodies_that_are_refused_leave_nothing_behind(ready: Sandbox, body: dict[str, Any], code: str) -> None:
    assert error(call(ready, "PUT", TWINS, {**NEW, **body}))[:2] == (400, code)
    assert call(ready, "GET", TWINS).status_code == 404
    assert check_name(ready, "my-twins").name_available


def test_an_identity_without_a_type(ready: Sandbox) -> None:
    assert error(call(ready, "PUT", TWINS, {**NEW, "identity": {}}))[2] == (
        "The request content was invalid and could not be deserialized: "
        "'Required property 'type' not found in JSON. Path 'identity'.'."
    )
