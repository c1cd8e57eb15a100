"""What every call to Azure Resource Manager goes through, whatever it asks for."""

from __future__ import annotations

import re

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.tokens import LIFETIME
from runbook_lib.sandbox.world import PRODUCTION_ID, TENANT_ID, TRAINING_ID, persona

from ..azure import caller, http
from .control_plane import ARM, ASSIGNMENTS, GROUP, INSTANCES, SUBSCRIPTION, TWINS, call, error, instance, prepare

MISSING_ID = "11111111-2222-3333-4444-555555555555"
GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


# ---- headers ---------------------------------------------------------------------------------------------------------


def test_every_answer_carries_the_recorded_headers(sandbox: Sandbox) -> None:
    headers = call(sandbox, "GET", "/subscriptions").headers
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Pragma"] == "no-cache"
    assert headers["Expires"] == "-1"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch(GUID, headers["x-ms-request-id"])
    assert headers["x-ms-correlation-request-id"] == headers["x-ms-request-id"]
    routing = rf"[A-Z0-9]+:\d{{8}}T\d{{6}}Z:{headers['x-ms-request-id']}"
    assert re.fullmatch(routing, headers["x-ms-routing-request-id"])
    assert "x-ms-failure-cause" not in headers


def test_a_correlation_id_is_kept_and_a_client_id_echoed_when_asked(sandbox: Sandbox) -> None:
    session = http(sandbox, "owner")
    session.headers.update({"x-ms-correlation-request-id": "my-run", "x-ms-client-request-id": "my-call"})
    url = f"{ARM}/subscriptions?api-version=2022-12-01"
    first = session.get(url).headers
    assert first["x-ms-correlation-request-id"] == "my-run"
    assert first["x-ms-request-id"] != "my-run"
    assert "x-ms-client-request-id" not in first
    session.headers["x-ms-return-client-request-id"] = "true"
    assert session.get(url).headers["x-ms-client-request-id"] == "my-call"


def test_what_remains_of_the_hour_counts_down_by_kind(sandbox: Sandbox, clock: ManualClock) -> None:
    def left(method: str, kind: str) -> int:
        answer = call(sandbox, method, GROUP, {"location": "westeurope"} if method == "PUT" else None)
        return int(answer.headers[f"x-ms-ratelimit-remaining-subscription-{kind}"])

    assert (left("PUT", "writes"), left("PUT", "writes")) == (1199, 1198)
    assert (left("GET", "reads"), left("HEAD", "reads")) == (11999, 11998)
    assert left("DELETE", "deletes") == 14999
    clock.advance(3600)
    assert left("GET", "reads") == 11999
    assert call(sandbox, "GET", "/subscriptions").headers["x-ms-ratelimit-remaining-tenant-reads"] == "11999"


def test_refusals_name_the_gateway_as_their_cause(sandbox: Sandbox) -> None:
    answer = call(sandbox, "GET", GROUP)
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    assert "x-ms-request-id" in answer.headers


# ---- tokens ----------------------------------------------------------------------------------------------------------


def test_no_token(sandbox: Sandbox) -> None:
    answer = http(sandbox).get(f"{ARM}/subscriptions?api-version=2022-12-01")
    message = "Authentication failed. The 'Authorization' header is missing."
    assert error(answer) == (401, "AuthenticationFailed", message)
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer authorization_uri="https://login.windows.net/{TENANT_ID}", error="invalid_token", '
        f'error_description="{message}"'
    )


def test_a_token_that_grew_old(sandbox: Sandbox, clock: ManualClock) -> None:
    session = http(sandbox, "owner")
    clock.advance(LIFETIME.total_seconds() + 60)
    status, code, message = error(session.get(f"{ARM}/subscriptions?api-version=2022-12-01"))
    assert (status, code) == (401, "ExpiredAuthenticationToken")
    time = r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AP]M"
    assert re.fullmatch(
        f"The access token expiry UTC time '{time}' is earlier than current UTC time '{time}'\\.", message
    )


def test_a_token_for_the_data_plane(sandbox: Sandbox) -> None:
    session = http(sandbox, "owner", audience="https://digitaltwins.azure.net")
    assert error(session.get(f"{ARM}/subscriptions?api-version=2022-12-01")) == (
        401,
        "InvalidAuthenticationTokenAudience",
        "The access token has been obtained for wrong audience or resource 'https://digitaltwins.azure.net'. It should "
        "exactly match with one of the allowed audiences 'https://management.core.windows.net/',"
        "'https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.",
    )


def test_a_token_of_another_tenant(sandbox: Sandbox) -> None:
    issuer = f"https://sts.windows.net/{MISSING_ID}/"
    token = sandbox.cloud.tokens.issue(ARM, caller("owner"), tid=MISSING_ID, iss=issuer)
    session = http(sandbox)
    session.headers["Authorization"] = f"Bearer {token}"
    status, code, message = error(session.get(f"{ARM}/subscriptions?api-version=2022-12-01"))
    assert (status, code) == (401, "InvalidAuthenticationTokenTenant")
    assert message.startswith(
        f"The access token is from the wrong issuer '{issuer}'. It must match the tenant "
        f"'https://sts.windows.net/{TENANT_ID}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{TENANT_ID}' to get the token."
    )


@pytest.mark.parametrize("text", ["Bearer not-a-token", "Bearer a.b.c"])
def test_a_token_that_is_none(sandbox: Sandbox, text: str) -> None:
    session = http(sandbox)
    session.headers["Authorization"] = text
    answer = session.get(f"{ARM}/subscriptions?api-version=2022-12-01")
    assert error(answer) == (401, "InvalidAuthenticationToken", "The access token is invalid.")


# ---- subscription, api-version, type ---------------------------------------------------------------------------------


def test_subscriptions_that_are_not_there(sandbox: Sandbox) -> None:
    assert error(call(sandbox, "GET", f"/subscriptions/{MISSING_ID}")) == (
        404,
        "SubscriptionNotFound",
        f"The subscription '{MISSING_ID}' could not be found.",
    )
    assert error(call(sandbox, "GET", "/subscriptions/mine/resourcegroups")) == (
        400,
        "InvalidSubscriptionId",
        "The provided subscription identifier 'mine' is malformed or invalid.",
    )


@pytest.mark.parametrize("path", ["/subscriptions", GROUP, TWINS])
def test_the_api_version_is_required(sandbox: Sandbox, path: str) -> None:
    assert error(http(sandbox, "owner").get(ARM + path)) == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def test_an_api_version_that_arm_does_not_have(sandbox: Sandbox) -> None:
    status, code, message = error(call(sandbox, "GET", GROUP, api_version="2001-01-01"))
    assert (status, code) == (400, "InvalidApiVersionParameter")
    assert message.startswith("The api-version '2001-01-01' is invalid. The supported versions are '")


def test_an_api_version_that_the_provider_does_not_have(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    body = {"location": "West Europe"}
    status, code, message = error(call(sandbox, "PUT", TWINS, body, api_version="2019-01-01"))
    assert (status, code) == (400, "NoRegisteredProviderFound")
    assert message.startswith(
        "No registered resource provider found for location 'westeurope' and API version '2019-01-01' for type "
        "'digitalTwinsInstances'. The supported api-versions are '2020-03-01-preview, 2020-10-31, "
    )
    assert "The supported locations are 'westcentralus, westus2, northeurope, " in message


@pytest.mark.parametrize("version", ["2020-10-31", "2020-12-01", "2022-05-31", "2022-10-31", "2023-01-31"])
def test_older_stable_api_versions_serve_as_well(sandbox: Sandbox, clock: ManualClock, version: str) -> None:
    prepare(sandbox, clock)
    answer = call(sandbox, "GET", f"{GROUP}{INSTANCES}", api_version=version)
    assert (answer.status_code, answer.json()["value"]) == (200, [])


def test_unknown_namespaces_types_and_paths(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    assert error(call(sandbox, "GET", f"{GROUP}/providers/Microsoft.Cakes/ovens/o")) == (
        404,
        "InvalidResourceNamespace",
        "The resource namespace 'Microsoft.Cakes' is invalid.",
    )
    assert error(call(sandbox, "GET", f"{GROUP}/providers/Microsoft.DigitalTwins/cakes/c")) == (
        404,
        "InvalidResourceType",
        "The resource type could not be found in the namespace 'Microsoft.DigitalTwins' for api version '2023-01-31'.",
    )
    assert call(sandbox, "GET", "/cakes").status_code == 404
    assert call(sandbox, "POST", TWINS).status_code == 405


def test_paths_compare_without_case_and_with_slashes_collapsed(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    instance(sandbox, clock)
    answer = call(sandbox, "GET", "/" + TWINS.upper())
    assert (answer.status_code, answer.json()["id"]) == (200, TWINS)


# ---- registration, location, group -----------------------------------------------------------------------------------


def test_a_subscription_that_never_used_the_provider(sandbox: Sandbox) -> None:
    answer = call(sandbox, "GET", f"{SUBSCRIPTION}{INSTANCES}")
    message = (
        "The subscription is not registered to use namespace 'Microsoft.DigitalTwins'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    assert error(answer) == (409, "MissingSubscriptionRegistration", message)
    assert answer.json()["error"]["details"] == [
        {"code": "MissingSubscriptionRegistration", "target": "Microsoft.DigitalTwins", "message": message}
    ]


def test_a_region_that_does_not_offer_the_service(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    assert error(call(sandbox, "PUT", TWINS, {"location": "westus"})) == (
        400,
        "LocationNotAvailableForResourceType",
        "The provided location 'westus' is not available for resource type "
        "'Microsoft.DigitalTwins/digitalTwinsInstances'. List of available regions for the resource type is "
        "'westcentralus,westus2,northeurope,australiaeast,westeurope,eastus,southcentralus,southeastasia,uksouth,"
        "eastus2,japaneast,koreacentral'.",
    )


@pytest.mark.parametrize("body", [{}, {"location": None}, {"location": " "}])
def test_a_resource_needs_a_location(sandbox: Sandbox, clock: ManualClock, body: dict[str, str]) -> None:
    prepare(sandbox, clock)
    assert error(call(sandbox, "PUT", TWINS, body)) == (
        400,
        "LocationRequired",
        "The location property is required for this definition.",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_a_body_that_is_no_json_object(sandbox: Sandbox, clock: ManualClock, body: bytes) -> None:
    prepare(sandbox, clock)
    answer = http(sandbox, "owner").put(f"{ARM}{TWINS}?api-version=2023-01-31", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "InvalidRequestContent"


def test_a_region_is_checked_before_the_group_and_the_group_before_the_role(
    sandbox: Sandbox, clock: ManualClock
) -> None:
    prepare(sandbox, clock)
    missing = TWINS.replace("rg-twins", "rg-none")
    assert error(call(sandbox, "PUT", missing, {"location": "westus"}, persona="reader"))[1].startswith("LocationNot")
    assert error(call(sandbox, "PUT", missing, {"location": "eastus"}, persona="reader")) == (
        404,
        "ResourceGroupNotFound",
        "Resource group 'rg-none' could not be found.",
    )


# ---- access ----------------------------------------------------------------------------------------------------------


def test_a_refusal_names_client_action_and_scope(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    who = persona("reader")
    assert error(call(sandbox, "PUT", TWINS, {"location": "westeurope"}, persona="reader")) == (
        403,
        "AuthorizationFailed",
        f"The client '{who.user_principal_name}' with object id '{who.id}' does not have authorization to perform "
        f"action 'Microsoft.DigitalTwins/digitalTwinsInstances/write' over scope '{TWINS}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials.",
    )


def test_an_application_is_named_by_its_client_id(sandbox: Sandbox) -> None:
    who = persona("setup-pipeline")
    path = f"/subscriptions/{PRODUCTION_ID}/resourcegroups"
    assert error(call(sandbox, "GET", path, persona="setup-pipeline"))[2].startswith(
        f"The client '{who.app_id}' with object id '{who.id}' does not have authorization to perform action "
        f"'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '/subscriptions/{PRODUCTION_ID}'"
    )


def test_who_has_no_rights_learns_nothing_about_what_exists(sandbox: Sandbox) -> None:
    there = GROUP.replace(TRAINING_ID, PRODUCTION_ID)
    answer = call(sandbox, "GET", there, persona="reader")
    assert error(answer)[:2] == (403, "AuthorizationFailed")
    assert error(call(sandbox, "GET", there, persona="owner"))[:2] == (404, "ResourceGroupNotFound")


def test_data_rights_alone_do_not_show_the_resource(sandbox: Sandbox, clock: ManualClock) -> None:
    prepare(sandbox, clock)
    instance(sandbox, clock)
    assignments = sandbox.cloud.store.list("role-assignment")
    readers = next(a for a in assignments if a["principalId"] == persona("reader").id)
    key = f"{readers['scope']}{ASSIGNMENTS}/{readers['name']}"
    sandbox.cloud.store.put("role-assignment", key, {**readers, "role": DATA_OWNER})
    assert error(call(sandbox, "GET", TWINS, persona="reader"))[:2] == (403, "AuthorizationFailed")
    assert call(sandbox, "GET", f"{SUBSCRIPTION}{INSTANCES}", persona="reader").json()["value"] == []
    assert call(sandbox, "GET", SUBSCRIPTION, persona="reader").status_code == 200
