"""Looking people and applications up, and who may."""

from __future__ import annotations

import pytest

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.world import DIGITAL_TWINS_APP_ID, GROUP_ID, TENANT_ID
from tests import azure
from tests.sandbox.directory import (
    GRAPH,
    IDENTITY_ID,
    OWNER,
    PIPELINE,
    READER,
    UNKNOWN_ID,
    add_managed_identity,
    ask,
    error,
    names,
)


class TestUsers:
    def test_me(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "/me", "reader")
        assert answer.json() == {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
            "businessPhones": [],
            "displayName": "Ruth Reader",
            "givenName": "Ruth",
            "jobTitle": None,
            "mail": READER.user_principal_name,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": "Reader",
            "userPrincipalName": READER.user_principal_name,
            "id": READER.id,
        }
        assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")

    @pytest.mark.parametrize(
        "name", [OWNER.id, OWNER.id.upper(), OWNER.user_principal_name, "OWNER@contoso.onmicrosoft.com"]
    )
    def test_by_id_or_sign_in_name(self, sandbox: Sandbox, name: str) -> None:
        assert ask(sandbox, f"/users/{name}").json()["id"] == OWNER.id

    def test_an_unknown_user(self, sandbox: Sandbox, clock: ManualClock) -> None:
        answer = ask(sandbox, "/users/nobody@contoso.onmicrosoft.com", headers={"client-request-id": UNKNOWN_ID})
        assert error(answer) == (
            404,
            "Request_ResourceNotFound",
            "Resource 'nobody@contoso.onmicrosoft.com' does not exist or one of its queried reference-property objects "
            "are not present.",
        )
        assert answer.json()["error"]["innerError"] == {
            "date": f"{clock.now():%Y-%m-%dT%H:%M:%S}",
            "request-id": UNKNOWN_ID,
            "client-request-id": UNKNOWN_ID,
        }

    def test_all(self, sandbox: Sandbox) -> None:
        assert names(sandbox, "/users") == [
            "Amara Access-Admin",
            "Carlos Contributor",
            "Elif Eligible-Owner",
            "Günter Guest",
            "Olivia Owner",
            "Omar Operator",
            "Paula Platform-Owner",
            "Ruth Reader",
        ]

    def test_nothing_private_is_shown(self, sandbox: Sandbox) -> None:
        for path in ("/users", "/groups", "/servicePrincipals", f"/groups/{GROUP_ID}/members"):
            for found in ask(sandbox, path).json()["value"]:
                assert not {"persona", "members", "mayReadDirectory", "secrets"} & set(found)


class TestServicePrincipals:
    def test_by_id(self, sandbox: Sandbox) -> None:
        found = ask(sandbox, f"/servicePrincipals/{PIPELINE.id}").json()
        assert (found["appId"], found["servicePrincipalType"]) == (PIPELINE.app_id, "Application")
        assert found["servicePrincipalNames"] == [PIPELINE.app_id], "az shows the first as principalName"
        assert found["appOwnerOrganizationId"] == TENANT_ID

    def test_a_managed_identity_is_found_like_every_other(self, sandbox: Sandbox) -> None:
        add_managed_identity(sandbox)
        found = ask(sandbox, f"/servicePrincipals/{IDENTITY_ID}").json()
        assert (found["displayName"], found["servicePrincipalType"]) == ("factory-twins", "ManagedIdentity")
        assert found["alternativeNames"][1].startswith("/subscriptions/")
        assert names(sandbox, "/servicePrincipals?$filter=startswith(displayName,'factory')") == ["factory-twins"]


class TestApplications:
    def test_an_app_registration_and_its_service_principal(self, sandbox: Sandbox) -> None:
        (listed,) = ask(sandbox, "/applications?$filter=displayName eq 'setup-pipeline'").json()["value"]
        assert (listed["appId"], listed["signInAudience"]) == (PIPELINE.app_id, "AzureADMyOrg")
        assert listed["id"] not in (PIPELINE.app_id, PIPELINE.id), "three ids, all different"
        assert listed["passwordCredentials"] == []
        for path in (f"/applications/{listed['id']}", f"/applications(appId='{PIPELINE.app_id}')"):
            assert ask(sandbox, path).json()["id"] == listed["id"]
        assert ask(sandbox, f"/servicePrincipals(appId='{PIPELINE.app_id}')").json()["id"] == PIPELINE.id
        assert ask(sandbox, f"/directoryObjects/{listed['id']}").json()["@odata.type"] == "#microsoft.graph.application"

    @pytest.mark.parametrize(
        "path",
        [f"/applications/{PIPELINE.app_id}", f"/applications(appId='{UNKNOWN_ID}')", f"/applications/{UNKNOWN_ID}"],
    )
    def test_what_is_none(self, sandbox: Sandbox, path: str) -> None:
        assert error(ask(sandbox, path))[:2] == (404, "Request_ResourceNotFound")

    def test_the_service_itself_is_in_every_tenant(self, sandbox: Sandbox) -> None:
        (found,) = ask(sandbox, f"/servicePrincipals?$filter=appId eq '{DIGITAL_TWINS_APP_ID}'").json()["value"]
        assert found["displayName"] == "Azure Digital Twins"
        assert found["appOwnerOrganizationId"] != TENANT_ID
        assert [scope["value"] for scope in found["oauth2PermissionScopes"]] == ["Read.Write"]


class TestAccess:
    def test_a_guest_may_see_nobody_but_themselves(self, sandbox: Sandbox) -> None:
        user = sandbox.cloud.store.get("user", READER.id)
        assert user is not None
        sandbox.cloud.store.put("user", READER.id, user | {"userType": "Guest"})
        assert error(ask(sandbox, "/users", "reader"))[:2] == (403, "Authorization_RequestDenied")
        assert ask(sandbox, "/me", "reader").status_code == 200

    def test_a_service_principal_may_read_where_it_was_allowed(self, sandbox: Sandbox) -> None:
        assert ask(sandbox, "/users", "setup-pipeline").status_code == 200

    def test_a_service_principal_without_the_right(self, sandbox: Sandbox) -> None:
        principal = sandbox.cloud.store.get("servicePrincipal", PIPELINE.id)
        assert principal is not None
        sandbox.cloud.store.put("servicePrincipal", PIPELINE.id, principal | {"mayReadDirectory": False})
        assert error(ask(sandbox, "/users", "setup-pipeline")) == (
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )

    def test_me_is_for_users(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, "/me", "setup-pipeline")) == (
            400,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        )

    def test_without_a_token(self, sandbox: Sandbox) -> None:
        answer = azure.http(sandbox).get(f"{GRAPH}/me", timeout=5)
        assert error(answer) == (401, "InvalidAuthenticationToken", "Access token is empty.")

    def test_with_a_token_for_another_service(self, sandbox: Sandbox) -> None:
        session = azure.http(sandbox, "owner", "https://management.azure.com")
        assert error(session.get(f"{GRAPH}/me", timeout=5))[:2] == (401, "InvalidAuthenticationToken")

    def test_with_a_token_that_has_grown_old(self, sandbox: Sandbox, clock: ManualClock) -> None:
        session = azure.http(sandbox, "owner", "https://graph.microsoft.com")
        clock.advance(5400)
        assert "expired" in error(session.get(f"{GRAPH}/me", timeout=5))[2]

    @pytest.mark.parametrize(
        ("method", "path"),
        [("POST", "/users"), ("PATCH", "/me"), ("DELETE", f"/groups/{GROUP_ID}"), ("PUT", "/groups")],
    )
    def test_nobody_may_change_the_directory(self, sandbox: Sandbox, method: str, path: str) -> None:
        session = azure.http(sandbox, "owner", "https://graph.microsoft.com")
        assert error(session.request(method, GRAPH + path, json={}, timeout=5))[:2] == (
            403,
            "Authorization_RequestDenied",
        )

    @pytest.mark.parametrize(
        "path", ["/planets", f"/users/{OWNER.id}/planets", "/me/planets", f"/users/{OWNER.id}/members"]
    )
    def test_an_unknown_path(self, sandbox: Sandbox, path: str) -> None:
        status, code, message = error(ask(sandbox, path))
        assert (status, code) == (400, "BadRequest")
        assert message == f"Resource not found for the segment '{path.rpartition('/')[2]}'."
