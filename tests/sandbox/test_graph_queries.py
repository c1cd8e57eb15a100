"""Finding people and applications: `$filter`, `$search`, `$select`, pages and counts."""

from __future__ import annotations

import pytest

from runbook_lib.sandbox import Sandbox
from tests.sandbox.directory import EVENTUAL, GRAPH, OWNER, PIPELINE, READER, add_managed_identity, ask, error, names


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
            ("id eq 'Ruth'", "Request_BadRequest"),
            ("surname in (" + ",".join(["'a'"] * 16) + ")", "Request_UnsupportedQuery"),
            (" or ".join(["surname eq 'a'"] * 16), "Request_UnsupportedQuery"),
        ],
    )
    def test_what_graph_does_not_understand(self, sandbox: Sandbox, expression: str, code: str) -> None:
        assert error(ask(sandbox, f"/users?$filter={expression}"))[:2] == (400, code)

    def test_a_client_id_that_is_none_is_refused_and_fifteen_alternatives_are_taken(self, sandbox: Sandbox) -> None:
        refused = ask(sandbox, "/servicePrincipals?$filter=displayName eq 'a' or appId eq 'Günter %26 Söhne'")
        assert error(refused)[:2] == (400, "Request_BadRequest")
        assert "'appid' of resource 'ServicePrincipal'" in error(refused)[2]
        assert names(sandbox, "/users?$filter=" + " or ".join(["surname eq 'a'"] * 15)) == []
        assert names(sandbox, "/users?$filter=surname in (" + ",".join(["'a'"] * 15) + ")") == []


class TestSearch:
    @pytest.mark.parametrize(
        ("expression", "found"),
        [
            ('"displayName:ol"', ["Olivia Owner"]),
            ('"displayName:owner"', ["Elif Eligible-Owner", "Olivia Owner", "Paula Platform-Owner"]),
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
            400,
            "BadRequest",
            "Could not find a property named 'persona' on type 'microsoft.graph.user'.",
        )

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
        assert ask(sandbox, "/users?$count=true&$top=1", headers=EVENTUAL).json()["@odata.count"] == 8


class TestCount:
    def test_how_many(self, sandbox: Sandbox) -> None:
        answer = ask(sandbox, "/users/$count", headers=EVENTUAL)
        assert (answer.text, answer.headers["Content-Type"]) == ("8", "text/plain")
        assert ask(sandbox, "/users/$count?$filter=surname eq 'Owner'", headers=EVENTUAL).text == "1"

    def test_it_needs_a_header(self, sandbox: Sandbox) -> None:
        assert error(ask(sandbox, "/users/$count"))[:2] == (400, "Request_BadRequest")
