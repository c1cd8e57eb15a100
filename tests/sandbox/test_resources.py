"""Tenants, subscriptions, regions, provider registration and resource groups, mostly through the official SDKs."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.arm.digital_twins.lifecycle import CREATE_SECONDS
from runbook_lib.sandbox.arm.registrations import REGISTER_SECONDS, UNREGISTER_SECONDS
from runbook_lib.sandbox.arm.resource_groups import DELETE_CONTENT_SECONDS, DELETE_SECONDS
from runbook_lib.sandbox.clock import stamp
from runbook_lib.sandbox.roles import DATA_READER
from runbook_lib.sandbox.world import DOMAIN, PLATFORM_GROUP, PRODUCTION_ID, TENANT_ID, TRAINING_ID, derive_id, persona

from ..azure import authorization, close_clients, http, management, resources, subscriptions
from .control_plane import ASSIGNMENTS, GROUP, INSTANCES, SUBSCRIPTION, TWINS, call, error, instance, prepare

NAMESPACE = "Microsoft.DigitalTwins"


def polled(answer: Any) -> str:
    """Path and query of the address at which the client shall look."""
    return str(answer.headers["Location"])


# ---- subscriptions ---------------------------------------------------------------------------------------------------


def test_a_caller_sees_the_subscriptions_in_which_it_has_a_role(sandbox: Sandbox) -> None:
    def seen(who: str) -> list[str]:
        return [str(s.subscription_id) for s in subscriptions(sandbox, who).subscriptions.list()]

    assert seen("owner") == [TRAINING_ID, PRODUCTION_ID]
    assert seen("reader") == [TRAINING_ID]


def test_a_role_on_one_resource_makes_its_subscription_visible(sandbox: Sandbox, clock: ManualClock) -> None:
    production = f"/subscriptions/{PRODUCTION_ID}"
    assert PRODUCTION_ID not in call(sandbox, "GET", "/subscriptions", persona="reader").text
    key = f"{production}/resourceGroups/rg{INSTANCES}/twins{ASSIGNMENTS}/{derive_id('a')}"
    sandbox.cloud.store.put(
        "role-assignment",
        key,
        {
            "name": derive_id("a"),
            "scope": key.partition(ASSIGNMENTS)[0],
            "role": DATA_READER,
            "principalId": persona("reader").id,
            "effectiveOn": stamp(clock.now()),
        },
    )
    assert PRODUCTION_ID in call(sandbox, "GET", "/subscriptions", persona="reader").text
    assert call(sandbox, "GET", production, persona="reader").status_code == 200
    assert call(sandbox, "GET", f"{production}/resourcegroups", persona="reader").json() == {"value": []}


def test_a_subscription_shows_its_tenant_and_state(sandbox: Sandbox) -> None:
    found = subscriptions(sandbox).subscriptions.get(TRAINING_ID)
    assert (found.id, found.display_name, found.state) == (SUBSCRIPTION, "Contoso Training", "Enabled")
    listed = call(sandbox, "GET", "/subscriptions").json()["value"][0]
    assert listed["tenantId"] == TENANT_ID


def test_the_tenant(sandbox: Sandbox) -> None:
    [tenant] = subscriptions(sandbox, "reader").tenants.list()
    assert (tenant.tenant_id, tenant.display_name, tenant.default_domain) == (TENANT_ID, "Contoso", DOMAIN)


def test_regions_include_those_without_the_service(sandbox: Sandbox) -> None:
    found: dict[str, Any] = {str(r.name): r for r in subscriptions(sandbox).subscriptions.list_locations(TRAINING_ID)}
    assert found["westeurope"].display_name == "West Europe"
    assert found["westeurope"].metadata.region_type == "Physical"
    assert "westus" in found


# ---- registration ----------------------------------------------------------------------------------------------------


def test_registering_takes_its_time(sandbox: Sandbox, clock: ManualClock) -> None:
    client = resources(sandbox)
    assert client.providers.get(NAMESPACE).registration_state == "NotRegistered"
    assert client.providers.register(NAMESPACE).registration_state == "Registering"
    clock.advance(REGISTER_SECONDS - 1)
    assert client.providers.get(NAMESPACE).registration_state == "Registering"
    clock.advance(1)
    assert client.providers.get(NAMESPACE).registration_state == "Registered"
    assert client.providers.register(NAMESPACE).registration_state == "Registered"


def test_a_resource_may_be_made_while_the_provider_registers(sandbox: Sandbox) -> None:
    client = resources(sandbox)
    client.resource_groups.create_or_update("rg-twins", {"location": "westeurope"})
    client.providers.register(NAMESPACE)
    assert call(sandbox, "PUT", TWINS, {"location": "westeurope"}).status_code == 201


def test_the_last_wish_counts(sandbox: Sandbox, clock: ManualClock) -> None:
    client = resources(sandbox)
    client.providers.register(NAMESPACE)
    assert client.providers.unregister(NAMESPACE).registration_state == "Unregistering"
    clock.advance(REGISTER_SECONDS + UNREGISTER_SECONDS)
    assert client.providers.get(NAMESPACE).registration_state == "NotRegistered"


def test_providers_name_their_regions_and_versions(sandbox: Sandbox) -> None:
    found: dict[str, Any] = {str(p.namespace): p for p in resources(sandbox).providers.list()}
    assert found["Microsoft.Authorization"].registration_state == "Registered"
    assert found["Microsoft.Resources"].registration_state == "Registered"
    types = {t.resource_type: t for t in found[NAMESPACE].resource_types}
    assert "West Europe" in types["digitalTwinsInstances"].locations
    assert "West US" not in types["digitalTwinsInstances"].locations
    assert types["digitalTwinsInstances"].api_versions[0] == "2023-01-31"
    with pytest.raises(ResourceNotFoundError, match="InvalidResourceNamespace"):
        resources(sandbox).providers.get("Microsoft.Cakes")


def test_registering_needs_the_right(sandbox: Sandbox) -> None:
    with pytest.raises(HttpResponseError) as refused:
        resources(sandbox, "reader").providers.register(NAMESPACE)
    assert refused.value.error is not None
    assert refused.value.error.code == "AuthorizationFailed"
    assert "perform action 'Microsoft.DigitalTwins/register/action'" in refused.value.message
    assert resources(sandbox, "contributor").providers.register(NAMESPACE).registration_state == "Registering"


def test_sdk_clients_register_the_provider_by_themselves(
    sandbox: Sandbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.mgmt.core.policies._base.time.sleep", clock.advance)
    assert list(management(sandbox).digital_twins.list()) == []
    assert resources(sandbox).providers.get(NAMESPACE).registration_state == "Registered"


def test_sdk_clients_show_the_refusal_when_they_may_not_register(sandbox: Sandbox) -> None:
    with pytest.raises(HttpResponseError) as refused:
        list(management(sandbox, "reader").digital_twins.list())
    assert refused.value.error is not None
    assert refused.value.error.code == "MissingSubscriptionRegistration"


# ---- resource groups -------------------------------------------------------------------------------------------------


def test_a_group_from_birth_to_tags(sandbox: Sandbox) -> None:
    created = call(sandbox, "PUT", GROUP, {"location": "West Europe"})
    assert created.status_code == 201
    assert created.json() == {
        "id": GROUP,
        "name": "rg-twins",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    }
    again = call(
        sandbox,
        "PUT",
        GROUP.upper().replace("SUBSCRIPTIONS", "subscriptions"),
        {"location": "westeurope", "tags": {"a": "1"}},
    )
    assert (again.status_code, again.json()["id"], again.json()["tags"]) == (200, GROUP, {"a": "1"})
    client = resources(sandbox)
    assert client.resource_groups.update("rg-twins", {"tags": {"b": "2"}}).tags == {"b": "2"}
    assert client.resource_groups.get("rg-twins").tags == {"b": "2"}
    assert client.resource_groups.check_existence("rg-twins")
    assert not client.resource_groups.check_existence("rg-other")


def test_existence_is_told_without_a_body(sandbox: Sandbox) -> None:
    absent = call(sandbox, "HEAD", GROUP)
    assert (absent.status_code, absent.content, absent.headers["x-ms-failure-cause"]) == (404, b"", "gateway")
    call(sandbox, "PUT", GROUP, {"location": "westeurope"})
    assert call(sandbox, "HEAD", GROUP).status_code == 204


def test_a_group_stays_where_it_is(sandbox: Sandbox) -> None:
    call(sandbox, "PUT", GROUP, {"location": "westus2"})
    assert error(call(sandbox, "PUT", GROUP, {"location": "East US"})) == (
        409,
        "InvalidResourceGroupLocation",
        "Invalid resource group location 'eastus'. The Resource group already exists in location 'westus2'.",
    )


def test_a_group_may_live_where_the_service_is_not_offered(sandbox: Sandbox) -> None:
    assert call(sandbox, "PUT", GROUP, {"location": "westus"}).status_code == 201


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("rg.", {"location": "westeurope"}, "InvalidResourceGroup"),
        ("r" * 91, {"location": "westeurope"}, "InvalidResourceGroup"),
        ("a b", {"location": "westeurope"}, "InvalidResourceGroup"),
        ("rg", {}, "LocationRequired"),
        ("rg", {"location": "atlantis"}, "LocationNotAvailableForResourceGroup"),
        ("rg", {"location": "westeurope", "tags": {"a?": "b"}}, "InvalidTagNameCharacters"),
        ("rg", {"location": "westeurope", "tags": {"a": 1}}, "InvalidRequestContent"),
    ],
)
def test_groups_that_are_refused(sandbox: Sandbox, name: str, body: dict[str, Any], code: str) -> None:
    answer = call(sandbox, "PUT", f"{SUBSCRIPTION}/resourceGroups/{name}", body)
    assert error(answer)[:2] == (400, code)


def test_names_of_groups_may_have_letters_of_any_language(sandbox: Sandbox) -> None:
    resources(sandbox).resource_groups.create_or_update("rg-höhe(1)_x.y", {"location": "westeurope"})
    assert [str(g.name) for g in resources(sandbox).resource_groups.list()] == ["rg-höhe(1)_x.y"]


def test_deleting_an_empty_group(sandbox: Sandbox, clock: ManualClock) -> None:
    call(sandbox, "PUT", GROUP, {"location": "westeurope"})
    begun = call(sandbox, "DELETE", GROUP)
    assert (begun.status_code, begun.content, begun.headers["Retry-After"]) == (202, b"", "15")
    session = http(sandbox, "owner")
    going = session.get(polled(begun))
    assert (going.status_code, going.headers["Location"]) == (202, begun.headers["Location"])
    assert call(sandbox, "GET", GROUP).json()["properties"]["provisioningState"] == "Deleting"
    clock.advance(DELETE_SECONDS)
    done = session.get(polled(begun))
    assert (done.status_code, done.content) == (200, b"")
    assert error(call(sandbox, "GET", GROUP)) == (
        404,
        "ResourceGroupNotFound",
        "Resource group 'rg-twins' could not be found.",
    )
    assert error(call(sandbox, "DELETE", GROUP))[1] == "ResourceGroupNotFound"


def test_a_group_takes_everything_in_it_along(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    created = instance(sandbox, clock, identity={"type": "SystemAssigned"})
    host = created.host_name
    sandbox.cloud.store.put("model", f"{host}/dtmi:a;1", {"id": "dtmi:a;1"})
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}"
    body = {"properties": {"roleDefinitionId": role, "principalId": persona("reader").id}}
    for scope in (GROUP, TWINS, SUBSCRIPTION):
        assert call(sandbox, "PUT", f"{scope}{ASSIGNMENTS}/{derive_id(scope)}", body).status_code == 201
    begun = call(sandbox, "DELETE", GROUP)
    assert error(call(sandbox, "PUT", f"{GROUP}{INSTANCES}/other", {"location": "westeurope"})) == (
        409,
        "ResourceGroupBeingDeleted",
        "The resource group 'rg-twins' is in deprovisioning state and cannot perform this operation.",
    )
    clock.advance(DELETE_SECONDS + DELETE_CONTENT_SECONDS)
    assert http(sandbox, "owner").get(polled(begun)).status_code == 200
    store = sandbox.cloud.store
    assert store.list("model") == store.list("resource") == store.list("host-name") == []
    assert store.get("servicePrincipal", created.identity.principal_id) is None
    left = {str(a.scope) for a in authorization(sandbox).role_assignments.list_for_subscription()}
    assert left == {SUBSCRIPTION, PLATFORM_GROUP}


def test_a_group_dies_with_an_instance_that_is_still_on_its_way(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    call(sandbox, "DELETE", GROUP)
    clock.advance(DELETE_SECONDS)
    call(sandbox, "PUT", GROUP, {"location": "westeurope"})
    call(sandbox, "PUT", TWINS, {"location": "westeurope"})
    clock.advance(CREATE_SECONDS)
    call(sandbox, "DELETE", TWINS)
    call(sandbox, "DELETE", GROUP)
    clock.advance(DELETE_SECONDS + DELETE_CONTENT_SECONDS)
    assert call(sandbox, "HEAD", GROUP).status_code == 404
    assert sandbox.cloud.store.list("pending-operation") == sandbox.cloud.store.list("host-name") == []


def test_a_deleted_group_can_be_made_and_deleted_again(sandbox: Sandbox, clock: ManualClock) -> None:
    for _ in range(2):
        assert call(sandbox, "PUT", GROUP, {"location": "westeurope"}).status_code == 201
        first, second = call(sandbox, "DELETE", GROUP), call(sandbox, "DELETE", GROUP)
        assert first.headers["Location"] == second.headers["Location"]
        clock.advance(DELETE_SECONDS - 1)
        assert call(sandbox, "HEAD", GROUP).status_code == 204
        clock.advance(1)
        assert call(sandbox, "HEAD", GROUP).status_code == 404


def test_resources_of_a_group_and_a_subscription(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    instance(sandbox, clock, tags={"team": "twins"})
    client = resources(sandbox)
    [in_group] = client.resources.list_by_resource_group("rg-twins")
    [in_subscription] = client.resources.list(filter="resourceType eq 'Microsoft.DigitalTwins/digitalTwinsInstances'")
    assert in_group.id == in_subscription.id == TWINS
    assert in_group.tags == {"team": "twins"}
    assert list(client.resources.list(filter="resourceType eq 'Microsoft.Web/sites'")) == []
    with pytest.raises(HttpResponseError, match="InvalidFilterInQueryString"):
        list(client.resources.list(filter="what?"))


@pytest.mark.parametrize("pace", [Pace.INSTANT, Pace.BRISK])
def test_at_a_faster_pace_every_answer_says_come_back_in_a_second(pace: Pace) -> None:
    with Sandbox(clock=ManualClock(), pace=pace) as sandbox:
        call(sandbox, "PUT", GROUP, {"location": "westeurope"})
        begun = call(sandbox, "DELETE", GROUP)
        assert begun.headers["Retry-After"] == "1"
        going = http(sandbox, "owner").get(polled(begun))
        assert going.status_code == (200 if pace is Pace.INSTANT else 202)
        assert going.headers.get("Retry-After") == (None if pace is Pace.INSTANT else "1")
        close_clients(sandbox)
