"""Groups: who is in them, and what somebody belongs to."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from runbook_lib.sandbox import Sandbox
from runbook_lib.sandbox.world import DOMAIN, GROUP_ID, GROUP_NAME, TENANT_ID, TENANT_NAME
from tests import azure
from tests.sandbox.directory import (
    CONTRIBUTOR,
    GRAPH,
    IDENTITY_ID,
    OUTER_ID,
    OWNER,
    PIPELINE,
    READER,
    UNKNOWN_ID,
    add_managed_identity,
    add_outer_group,
    ask,
    error,
    group_of,
    names,
)


class TestGroups:
    def test_a_group_as_recorded(self, sandbox: Sandbox) -> None:
        group = ask(sandbox, f"/groups/{GROUP_ID}").json()
        assert (group["displayName"], group["securityEnabled"], group["mailEnabled"]) == (GROUP_NAME, True, False)
        assert group["proxyAddresses"] == [] and group["visibility"] is None

    def test_members(self, sandbox: Sandbox) -> None:
        members = ask(sandbox, f"/groups/{GROUP_ID}/members").json()
        assert members["@odata.context"].endswith("$metadata#directoryObjects")
        assert {(found["@odata.type"], found["id"]) for found in members["value"]} == {
            ("#microsoft.graph.user", CONTRIBUTOR.id),
            ("#microsoft.graph.user", READER.id),
        }

    def test_transitive_members_look_into_groups(self, sandbox: Sandbox) -> None:
        add_outer_group(sandbox)
        assert set(names(sandbox, f"/groups/{OUTER_ID}/members")) == {GROUP_NAME, "Olivia Owner"}
        assert set(names(sandbox, f"/groups/{OUTER_ID}/transitiveMembers")) == {
            GROUP_NAME,
            "Olivia Owner",
            "Carlos Contributor",
            "Ruth Reader",
        }

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
            ("#microsoft.graph.user", OWNER.id),
            ("#microsoft.graph.group", GROUP_ID),
            ("#microsoft.graph.servicePrincipal", PIPELINE.id),
            ("#microsoft.graph.servicePrincipal", IDENTITY_ID),
        ]

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
    @pytest.mark.parametrize(
        "path",
        [
            f"/users/{READER.id}",
            f"/users/{READER.user_principal_name}",
            f"/users/{READER.user_principal_name.upper()}",
            f"/directoryObjects/{READER.id}",
            "/me",
        ],
    )
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
        for who in (READER.id, READER.user_principal_name):
            assert self.ask(sandbox, f"/users/{who}/{function}", body).json()["value"] == [GROUP_ID]
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


class TestOrganization:
    def test_the_tenant_is_the_only_one(self, sandbox: Sandbox) -> None:
        [found] = ask(sandbox, "/organization").json()["value"]
        assert (found["id"], found["displayName"], found["tenantType"]) == (TENANT_ID, TENANT_NAME, "AAD")
        [domain] = found["verifiedDomains"]
        assert (domain["name"], domain["isInitial"]) == (DOMAIN, True)
        assert ask(sandbox, f"/organization/{TENANT_ID}").json()["verifiedDomains"] == [domain]
        assert ask(sandbox, "/organization?$select=id").json()["value"] == [{"id": TENANT_ID}]

    def test_another(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, f"/organization/{UNKNOWN_ID}"))[:2] == (404, "Request_ResourceNotFound")
