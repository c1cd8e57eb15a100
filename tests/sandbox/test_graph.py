"""Looking people, groups and applications up."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.world import DIGITAL_TWINS_APP_ID, GROUP_ID, GROUP_NAME, TENANT_ID, derive_id, persona
from tests import azure

GRAPH = "https://graph.microsoft.com/v1.0"
OWNER, READER, CONTRIBUTOR = persona("owner"), persona("reader"), persona("contributor")
PIPELINE = persona("setup-pipeline")
UNKNOWN_ID = "00000000-1111-2222-3333-444444444444"
OUTER_ID = derive_id("group", "outer")
IDENTITY_ID = derive_id("servicePrincipal", "factory-twins")
EVENTUAL = {"ConsistencyLevel": "eventual"}


def ask(sandbox: Sandbox, path: str, who: str = "owner", headers: dict[str, str] | None = None) -> requests.Response:
    session = azure.http(sandbox, who, "https://graph.microsoft.com")
    return session.get(path if path.startswith("https:") else GRAPH + path, headers=headers, timeout=5)


def names(sandbox: Sandbox, path: str, headers: dict[str, str] | None = None) -> list[str]:
    answer = ask(sandbox, path, headers=headers)
    assert answer.status_code == 200, answer.text
    return [found["displayName"] for found in answer.json()["value"]]


def error(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def group_of(sandbox: Sandbox, identifier: str = GROUP_ID) -> dict[str, Any]:
    group = sandbox.cloud.store.get("group", identifier)
    assert group is not None
    return group


def add_outer_group(sandbox: Sandbox) -> None:
    """A group that has a group and a user as members."""
    sandbox.cloud.store.put("group", OUTER_ID, {
        "id": OUTER_ID, "displayName": "Everybody", "members": [GROUP_ID, OWNER.id], "securityEnabled": True,
    })  # fmt: skip


def add_managed_identity(sandbox: Sandbox) -> None:
    """What the control plane leaves in the directory when an instance gets an identity."""
    sandbox.cloud.store.put("servicePrincipal", IDENTITY_ID, {
        "id": IDENTITY_ID, "appId": derive_id("application", "factory-twins"), "displayName": "factory-twins",
        "servicePrincipalType": "ManagedIdentity", "servicePrincipalNames": ["https://identity.azure.net/x="],
        "alternativeNames": ["isExplicit=False", "/subscriptions/s/resourcegroups/r/providers/p"],
    })  # fmt: skip


class TestUsers:
    def test_me(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "/me", "reader")
        assert answer.json() == {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
            "businessPhones": [], "displayName": "Ruth Reader", "givenName": "Ruth", "jobTitle": None,
            "mail": READER.user_principal_name, "mobilePhone": None, "officeLocation": None, "preferredLanguage": None,
            "surname": "Reader", "userPrincipalName": READER.user_principal_name, "id": READER.id,
        }  # fmt: skip
        assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")

    @pytest.mark.parametrize(
        "name", [OWNER.id, OWNER.id.upper(), OWNER.user_principal_name, "OWNER@contoso.onmicrosoft.com"]
    )
    def test_by_id_or_sign_in_name(self, sandbox: Sandbox, name: str) -> None:
        assert ask(sandbox, f"/users/{name}").json()["id"] == OWNER.id

    def test_an_unknown_user(self, sandbox: Sandbox, clock: ManualClock) -> None:
        answer = ask(sandbox, "/users/nobody@contoso.onmicrosoft.com", headers={"client-request-id": UNKNOWN_ID})
        assert error(answer) == (404, "Request_ResourceNotFound", (
            "Resource 'nobody@contoso.onmicrosoft.com' does not exist or one of its queried reference-property objects "
            "are not present."
        ))  # fmt: skip
        assert answer.json()["error"]["innerError"] == {
            "date": f"{clock.now():%Y-%m-%dT%H:%M:%S}", "request-id": UNKNOWN_ID, "client-request-id": UNKNOWN_ID,
        }  # fmt: skip

    def test_all(self, sandbox: Sandbox) -> None:
        assert names(sandbox, "/users") == [
            "Amara Access-Admin", "Carlos Contributor", "Olivia Owner", "Omar Operator", "Ruth Reader",
        ]  # fmt: skip

    def test_nothing_private_is_shown(self, sandbox: Sandbox) -> None:
        for path in ("/users", "/groups", "/servicePrincipals", f"/groups/{GROUP_ID}/members"):
            for found in ask(sandbox, path).json()["value"]:
                assert not {"persona", "members", "mayReadDirectory", "secrets"} & set(found)


class TestFilter:
    @pytest.mark.parametrize(
        ("expression", "found"),
        [
            ("userPrincipalName eq 'Owner@contoso.onmicrosoft.com'", ["Olivia Owner"]),
            ("mail eq 'reader@contoso.onmicrosoft.com'", ["Ruth Reader"]),
            ("startswith(displayName,'o')", ["Olivia Owner", "Omar Operator"]),
            ("startsWith(displayName, 'ol')", ["Olivia Owner"]),
            (
                "displayName eq 'Ruth Reader' or mail eq 'owner@contoso.onmicrosoft.com'",
                ["Olivia Owner", "Ruth Reader"],
            ),
            ("startswith(displayName,'O') and surname eq 'Operator'", ["Omar Operator"]),
            ("surname eq 'Owner' or surname eq 'Reader' and givenName eq 'Nobody'", ["Olivia Owner"]),
            ("(surname eq 'Owner' or surname eq 'Reader') and givenName eq 'Ruth'", ["Ruth Reader"]),
            ("surname in ('Owner', 'Reader')", ["Olivia Owner", "Ruth Reader"]),
            ("accountEnabled eq true and jobTitle eq null and givenName eq 'Ruth'", ["Ruth Reader"]),
            ("accountEnabled eq false", []),
            ("displayName eq 'O''Brien'", []),
        ],
    )
    def test_users(self, sandbox: Sandbox, expression: str, found: list[str]) -> None:
        assert names(sandbox, f"/users?$filter={expression}") == found

    def test_a_quote_inside_a_text_is_doubled(self, sandbox: Sandbox) -> None:
        user = sandbox.cloud.store.get("user", READER.id)
        assert user is not None
        sandbox.cloud.store.put("user", READER.id, user | {"displayName": "Ruth O'Brien + Söhne"})
        assert names(sandbox, "/users?$filter=displayName eq 'Ruth O''Brien %2B Söhne'") == ["Ruth O'Brien + Söhne"]

    @pytest.mark.parametrize(
        "expression",
        [
            f"servicePrincipalNames/any(c:c eq '{PIPELINE.app_id}')",
            f"appId eq '{PIPELINE.app_id.upper()}'",
            "displayName eq 'setup-pipeline'",
        ],
    )
    def test_service_principals(self, sandbox: Sandbox, expression: str) -> None:
        add_managed_identity(sandbox)
        assert names(sandbox, f"/servicePrincipals?$filter={expression}") == ["setup-pipeline"]

    @pytest.mark.parametrize(
        ("expression", "code"),
        [
            ("displayName eq", "Request_BadRequest"),
            ("displayName eq Ruth", "Request_BadRequest"),
            ("displayName like 'Ruth'", "Request_BadRequest"),
            ("displayName eq 'Ruth' and", "Request_BadRequest"),
            ("(displayName eq 'Ruth'", "Request_BadRequest"),
            ("displayName eq 'Ruth' surname", "Request_BadRequest"),
            ("displayName eq 'Ruth", "Request_BadRequest"),
            ("displayName = 'Ruth'", "Request_BadRequest"),
            ("favouriteColour eq 'blue'", "Request_UnsupportedQuery"),
            ("persona eq 'owner'", "Request_UnsupportedQuery"),
            ("displayName ne 'Ruth'", "Request_UnsupportedQuery"),
            ("not(displayName eq 'Ruth')", "Request_UnsupportedQuery"),
            ("endswith(mail,'com')", "Request_UnsupportedQuery"),
        ],
    )
    def test_what_graph_does_not_understand(self, sandbox: Sandbox, expression: str, code: str) -> None:
        assert error(ask(sandbox, f"/users?$filter={expression}"))[:2] == (400, code)


class TestSearch:
    @pytest.mark.parametrize(
        ("expression", "found"),
        [
            ('"displayName:ol"', ["Olivia Owner"]),
            ('"displayName:owner"', ["Olivia Owner"]),
            ('"displayName:liv"', []),
            ('"displayName:owner oliv"', ["Olivia Owner"]),
            ('"mail:read"', ["Ruth Reader"]),
            ('"mail:contoso"', []),
            ('"displayName:al" OR "mail:read"', ["Ruth Reader"]),
            ('"displayName:o" AND "mail:op"', ["Omar Operator"]),
        ],
    )
    def test_users(self, sandbox: Sandbox, expression: str, found: list[str]) -> None:
        assert names(sandbox, f"/users?$search={expression}", EVENTUAL) == found

    def test_it_needs_a_header(self, sandbox: Sandbox) -> None:
        status, code, message = error(ask(sandbox, '/users?$search="displayName:ol"'))
        assert (status, code) == (400, "Request_UnsupportedQuery")
        assert message.endswith("special request header: 'ConsistencyLevel: eventual'")

    @pytest.mark.parametrize("expression", ["ol", '"ol"', '"displayName:"', '"favouriteColour:blue"'])
    def test_what_cannot_be_searched(self, sandbox: Sandbox, expression: str) -> None:
        assert ask(sandbox, f"/users?$search={expression}", headers=EVENTUAL).status_code == 400


class TestPages:
    def test_select(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "/users?$select=id,DisplayName,accountEnabled&$filter=surname eq 'Owner'").json()
        assert answer["value"] == [{"id": OWNER.id, "displayName": "Olivia Owner", "accountEnabled": True}]
        assert answer["@odata.context"].endswith("#users(id,displayName,accountEnabled)")
        assert set(ask(sandbox, "/me?$select=id").json()) == {"@odata.context", "id"}

    def test_select_of_what_is_not_there(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, "/users?$select=persona")) == (
            400, "BadRequest", "Could not find a property named 'persona' on type 'microsoft.graph.user'.",
        )  # fmt: skip

    def test_following_the_links_brings_everything_once(self, sandbox: Sandbox) -> None:
        found: list[str] = []
        link = f"{GRAPH}/users?$top=2&$filter=accountEnabled eq true"
        while link:
            page = ask(sandbox, link).json()
            assert len(page["value"]) <= 2
            found += [user["displayName"] for user in page["value"]]
            link = page.get("@odata.nextLink", "")
        assert found == names(sandbox, "/users")

    @pytest.mark.parametrize("query", ["$top=0", "$top=1000", "$top=many", "$skiptoken=nonsense"])
    def test_impossible_pages(self, sandbox: Sandbox, query: str) -> None:
        assert ask(sandbox, f"/users?{query}").status_code == 400

    def test_count(self, sandbox: Sandbox) -> None:
        assert ask(sandbox, "/users?$count=true&$top=1", headers=EVENTUAL).json()["@odata.count"] == 5


class TestGroups:
    def test_a_group_as_recorded(self, sandbox: Sandbox) -> None:
        group = ask(sandbox, f"/groups/{GROUP_ID}").json()
        assert (group["displayName"], group["securityEnabled"], group["mailEnabled"]) == (GROUP_NAME, True, False)
        assert group["proxyAddresses"] == [] and group["visibility"] is None

    def test_members(self, sandbox: Sandbox) -> None:
        members = ask(sandbox, f"/groups/{GROUP_ID}/members").json()
        assert members["@odata.context"].endswith("$metadata#directoryObjects")
        assert {(found["@odata.type"], found["id"]) for found in members["value"]} == {
            ("#microsoft.graph.user", CONTRIBUTOR.id), ("#microsoft.graph.user", READER.id),
        }  # fmt: skip

    def test_transitive_members_look_into_groups(self, sandbox: Sandbox) -> None:
        add_outer_group(sandbox)
        assert set(names(sandbox, f"/groups/{OUTER_ID}/members")) == {GROUP_NAME, "Olivia Owner"}
        assert set(names(sandbox, f"/groups/{OUTER_ID}/transitiveMembers")) == {
            GROUP_NAME, "Olivia Owner", "Carlos Contributor", "Ruth Reader",
        }  # fmt: skip

    def test_transitive_membership_looks_upwards(self, sandbox: Sandbox) -> None:
        add_outer_group(sandbox)
        assert names(sandbox, f"/users/{READER.id}/memberOf") == [GROUP_NAME]
        assert names(sandbox, f"/users/{READER.id}/transitiveMemberOf") == [GROUP_NAME, "Everybody"]
        assert names(sandbox, "/me/transitiveMemberOf") == ["Everybody"]

    def test_groups_in_a_circle_are_no_trap(self, sandbox: Sandbox) -> None:
        add_outer_group(sandbox)
        group = sandbox.cloud.store.get("group", GROUP_ID)
        assert group is not None
        sandbox.cloud.store.put("group", GROUP_ID, group | {"members": [*group["members"], OUTER_ID]})
        assert GROUP_NAME in names(sandbox, f"/groups/{GROUP_ID}/transitiveMembers")
        assert set(names(sandbox, f"/users/{OWNER.id}/transitiveMemberOf")) == {GROUP_NAME, "Everybody"}

    def test_a_member_that_was_deleted_is_left_out(self, sandbox: Sandbox) -> None:
        sandbox.cloud.store.delete("user", READER.id)
        assert names(sandbox, f"/groups/{GROUP_ID}/members") == ["Carlos Contributor"]


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


class TestGetByIds:
    def ask(self, sandbox: Sandbox, body: Any) -> requests.Response:
        session = azure.http(sandbox, "owner", "https://graph.microsoft.com")
        return session.post(f"{GRAPH}/directoryObjects/getByIds", json=body, timeout=5)

    def test_all_types_are_told_apart_and_unknown_ids_left_out(self, sandbox: Sandbox) -> None:
        add_managed_identity(sandbox)
        ids = [OWNER.id, GROUP_ID, UNKNOWN_ID, PIPELINE.id, IDENTITY_ID]
        types = ["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]
        answer = self.ask(sandbox, {"ids": ids, "types": types}).json()
        assert answer["@odata.context"].endswith("$metadata#directoryObjects")
        assert [(found["@odata.type"], found["id"]) for found in answer["value"]] == [
            ("#microsoft.graph.user", OWNER.id), ("#microsoft.graph.group", GROUP_ID),
            ("#microsoft.graph.servicePrincipal", PIPELINE.id), ("#microsoft.graph.servicePrincipal", IDENTITY_ID),
        ]  # fmt: skip

    def test_types_narrow_the_answer(self, sandbox: Sandbox) -> None:
        found = self.ask(sandbox, {"ids": [OWNER.id, GROUP_ID], "types": ["group"]}).json()["value"]
        assert [each["id"] for each in found] == [GROUP_ID]

    @pytest.mark.parametrize("body", [None, [], {}, {"ids": None}, {"ids": 7}])
    def test_a_body_that_asks_for_nothing(self, sandbox: Sandbox, body: Any) -> None:
        assert error(self.ask(sandbox, body))[:2] == (400, "Request_BadRequest")

    def test_a_single_object(self, sandbox: Sandbox) -> None:
        assert ask(sandbox, f"/directoryObjects/{GROUP_ID}").json()["@odata.type"] == "#microsoft.graph.group"
        assert ask(sandbox, f"/directoryObjects/{UNKNOWN_ID}").status_code == 404


class TestMembership:
    def ask(self, sandbox: Sandbox, path: str, body: Any, who: str = "owner") -> requests.Response:
        session = azure.http(sandbox, who, "https://graph.microsoft.com")
        return session.post(GRAPH + path, json=body, timeout=5)

    @pytest.mark.parametrize("function", ["getMemberGroups", "getMemberObjects", "GETMEMBERGROUPS"])
    @pytest.mark.parametrize("path", [f"/users/{READER.id}", f"/directoryObjects/{READER.id}", "/me"])
    def test_groups_through_groups(self, sandbox: Sandbox, path: str, function: str) -> None:
        add_outer_group(sandbox)
        sandbox.cloud.store.put("group", GROUP_ID, group_of(sandbox) | {"members": [READER.id]})
        sandbox.cloud.store.put("group", OUTER_ID, group_of(sandbox, OUTER_ID) | {"members": [GROUP_ID]})
        answer = self.ask(sandbox, f"{path}/{function}", {"securityEnabledOnly": False}, "reader").json()
        assert answer["@odata.context"].endswith("$metadata#Collection(Edm.String)")
        assert set(answer["value"]) == {GROUP_ID, OUTER_ID}

    def test_security_groups_only(self, sandbox: Sandbox) -> None:
        add_outer_group(sandbox)
        sandbox.cloud.store.put("group", OUTER_ID, group_of(sandbox, OUTER_ID) | {"securityEnabled": False})
        for only, found in ((True, [GROUP_ID]), (False, [GROUP_ID, OUTER_ID])):
            answer = self.ask(sandbox, f"/users/{READER.id}/getMemberGroups", {"securityEnabledOnly": only})
            assert answer.json()["value"] == found

    @pytest.mark.parametrize(("function", "name"), [("checkMemberGroups", "groupIds"), ("checkMemberObjects", "ids")])
    def test_only_those_that_were_asked_about(self, sandbox: Sandbox, function: str, name: str) -> None:
        body = {name: [GROUP_ID.upper(), UNKNOWN_ID]}
        assert self.ask(sandbox, f"/users/{READER.id}/{function}", body).json()["value"] == [GROUP_ID]
        assert self.ask(sandbox, f"/users/{OWNER.id}/{function}", body).json()["value"] == []

    @pytest.mark.parametrize(
        ("function", "body"),
        [
            ("getMemberGroups", {}),
            ("getMemberGroups", {"securityEnabledOnly": "yes"}),
            ("checkMemberGroups", {"ids": []}),
            ("checkMemberGroups", {"groupIds": [UNKNOWN_ID] * 21}),
            ("checkMemberObjects", []),
        ],
    )
    def test_bodies_that_ask_for_nothing(self, sandbox: Sandbox, function: str, body: Any) -> None:
        assert error(self.ask(sandbox, f"/me/{function}", body))[:2] == (400, "Request_BadRequest")

    def test_of_nobody(self, sandbox: Sandbox) -> None:
        answer = self.ask(sandbox, f"/users/{UNKNOWN_ID}/getMemberGroups", {"securityEnabledOnly": False})
        assert error(answer)[:2] == (404, "Request_ResourceNotFound")

    def test_an_application_may_not_ask_about_itself_by_me(self, sandbox: Sandbox) -> None:
        answer = self.ask(sandbox, "/me/getMemberGroups", {"securityEnabledOnly": False}, "setup-pipeline")
        assert error(answer)[:2] == (400, "BadRequest")

    def test_a_function_that_there_is_not(self, sandbox: Sandbox) -> None:
        assert error(self.ask(sandbox, "/me/getMemberPlanets", {}))[:2] == (400, "BadRequest")


class TestCount:
    def test_how_many(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "/users/$count", headers=EVENTUAL)
        assert (answer.text, answer.headers["Content-Type"]) == ("5", "text/plain")
        assert ask(sandbox, "/users/$count?$filter=surname eq 'Owner'", headers=EVENTUAL).text == "1"

    def test_it_needs_a_header(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, "/users/$count"))[:2] == (400, "Request_BadRequest")


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
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.",
        )  # fmt: skip

    def test_me_is_for_users(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, "/me", "setup-pipeline")) == (
            400, "BadRequest", "/me request is only valid with delegated authentication flow.",
        )  # fmt: skip

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
