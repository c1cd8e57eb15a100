"""What the gateway and ARM itself do for every resource: locks, tags, lists with filters and pages, moves, HEAD."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import HttpResponseError

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.roles import CONTRIBUTOR, DATA_READER, USER_ACCESS_ADMINISTRATOR
from runbook_lib.sandbox.world import persona

from ..azure import resources
from .control_plane import (
    ARM,
    ASSIGNMENTS,
    GROUP,
    NEW,
    SUBSCRIPTION,
    TWINS,
    assigned,
    call,
    error,
    follow,
    instance,
    stripped,
)

LOCKS = "/providers/Microsoft.Authorization/locks"
TAGS = "/providers/Microsoft.Resources/tags/default"


def lock(sandbox: Sandbox, scope: str, level: str, name: str = "keep", **more: str) -> Any:
    body = {"properties": {"level": level, **more}}
    return call(sandbox, "PUT", f"{scope}{LOCKS}/{name}", body, api_version="2016-09-01")


def locked(sandbox: Sandbox, method: str, path: str, body: Any = None) -> str | None:
    """The locked scopes that a refusal names; None when the call went through."""
    answer = call(sandbox, method, path, body)
    if answer.status_code < 400:
        return None
    status, code, message = error(answer)
    assert (status, code) == (409, "ScopeLocked")
    operation = "delete" if method == "DELETE" else "write"
    head, _, tail = message.partition(f" cannot perform {operation} operation because following scope(s) are locked: ")
    assert head == f"The scope '{path}'"
    return tail.removesuffix(". Please remove the lock and try again.").strip("'")


# ---- locks -----------------------------------------------------------------------------------------------------------


def test_a_locks_life_as_recorded(ready: Sandbox) -> None:
    answer = lock(ready, GROUP, "CanNotDelete")
    shown = {
        "properties": {"level": "CanNotDelete"},
        "id": f"{GROUP}{LOCKS}/keep",
        "type": "Microsoft.Authorization/locks",
        "name": "keep",
    }
    assert (answer.status_code, answer.json()) == (201, shown)
    path = f"{GROUP}{LOCKS}/keep"
    assert call(ready, "GET", path, api_version="2016-09-01").json() == shown
    assert call(ready, "GET", f"{GROUP}{LOCKS}", api_version="2020-05-01").json() == {"value": [shown]}
    changed = lock(ready, GROUP, "ReadOnly", notes="why")
    assert (changed.status_code, changed.json()["properties"]) == (200, {"level": "ReadOnly", "notes": "why"})
    gone = call(ready, "DELETE", path, api_version="2016-09-01")
    assert (gone.status_code, gone.content) == (200, b"")
    assert call(ready, "DELETE", path, api_version="2016-09-01").status_code == 204
    assert error(call(ready, "GET", path, api_version="2016-09-01"))[:2] == (404, "LockNotFound")


def test_locks_that_are_none(ready: Sandbox) -> None:
    assert error(lock(ready, GROUP, "Sometimes"))[:2] == (400, "InvalidRequestContent")
    assert error(lock(ready, GROUP, "ReadOnly", name="dot."))[:2] == (400, "InvalidResourceName")
    assert error(lock(ready, TWINS, "ReadOnly"))[:2] == (404, "ResourceNotFound")
    answer = call(ready, "GET", f"{GROUP}{LOCKS}", api_version="2022-04-01")
    assert error(answer)[:2] == (400, "NoRegisteredProviderFound")


def test_cannot_delete_forbids_deletions_at_the_scope_and_below(made: Sandbox, clock: ManualClock) -> None:
    lock(made, GROUP, "CanNotDelete")
    assert locked(made, "DELETE", TWINS) == GROUP
    assert locked(made, "DELETE", GROUP) == GROUP
    assert locked(made, "PATCH", TWINS, {"tags": {"a": "b"}}) is None
    other = f"{GROUP}0"
    call(made, "PUT", other, {"location": "westeurope"})
    assert locked(made, "DELETE", other) is None
    call(made, "DELETE", f"{GROUP}{LOCKS}/keep", api_version="2016-09-01")
    assert locked(made, "DELETE", TWINS) is None
    clock.advance(60)


def test_a_group_with_something_locked_in_it_stays(made: Sandbox) -> None:
    lock(made, TWINS, "CanNotDelete")
    lock(made, SUBSCRIPTION, "ReadOnly")
    assert locked(made, "DELETE", GROUP) == ",".join(sorted([SUBSCRIPTION, TWINS]))


def test_read_only_forbids_every_change_even_to_roles(made: Sandbox) -> None:
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{DATA_READER}"
    given = {"properties": {"roleDefinitionId": role, "principalId": persona("reader").id}}
    path = f"{TWINS}{ASSIGNMENTS}/11111111-2222-3333-4444-555555555555"
    lock(made, TWINS, "ReadOnly")
    assert locked(made, "PATCH", TWINS, {"tags": {}}) == TWINS
    assert locked(made, "PUT", TWINS, NEW) == TWINS
    assert locked(made, "PUT", path, given) == TWINS
    assert call(made, "GET", TWINS).status_code == 200
    assert locked(made, "PATCH", GROUP, {"tags": {}}) is None


def test_permission_comes_before_locks(made: Sandbox) -> None:
    lock(made, TWINS, "ReadOnly")
    assert error(call(made, "DELETE", TWINS, persona="reader"))[1] == "AuthorizationFailed"


def test_who_may_lock(made: Sandbox) -> None:
    body = {"properties": {"level": "ReadOnly"}}
    path = f"{TWINS}{LOCKS}/mine"
    for who, status in (("contributor", 403), ("access-admin", 201)):
        answer = call(made, "PUT", path, body, persona=who, api_version="2020-05-01")
        assert answer.status_code == status
    assert CONTRIBUTOR != USER_ACCESS_ADMINISTRATOR


def test_locks_go_with_what_they_lock(made: Sandbox, clock: ManualClock) -> None:
    lock(made, TWINS, "CanNotDelete")
    found = call(made, "GET", f"{GROUP}{LOCKS}", api_version="2016-09-01").json()["value"]
    assert [each["id"] for each in found] == [f"{TWINS}{LOCKS}/keep"]
    at_scope = {"api_version": "2016-09-01", "$filter": "atScope()"}
    assert call(made, "GET", f"{GROUP}{LOCKS}", **at_scope).json()["value"] == []
    service: Any = made.cloud._services["management.azure.com"][1]
    service._inventory.forget(made.cloud.store.get("resource", TWINS))
    instance(made, clock)
    assert call(made, "GET", f"{TWINS}{LOCKS}", api_version="2016-09-01").json() == {"value": []}


# ---- tags ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, TWINS])
def test_tags_are_replaced_merged_and_deleted(made: Sandbox, scope: str) -> None:
    def change(method: str, tags: dict[str, str], operation: str = "") -> dict[str, str]:
        body = {"properties": {"tags": tags}, **({"operation": operation} if operation else {})}
        answer = call(made, method, scope + TAGS, body)
        assert answer.status_code == 200
        assert answer.json()["id"] == scope + TAGS
        found: dict[str, str] = answer.json()["properties"]["tags"]
        assert call(made, "GET", scope + TAGS).json()["properties"]["tags"] == found
        assert (call(made, "GET", scope).json().get("tags") or {}) == found
        return found

    assert change("PUT", {"a": "1", "b": "2"}) == {"a": "1", "b": "2"}
    assert change("PATCH", {"B": "3", "c": "4"}, "Merge") == {"a": "1", "B": "3", "c": "4"}
    assert change("PATCH", {"a": "1", "c": "other"}, "Delete") == {"B": "3", "c": "4"}
    assert change("PATCH", {"d": "5"}, "Replace") == {"d": "5"}
    assert call(made, "DELETE", scope + TAGS).status_code == 200
    assert call(made, "GET", scope + TAGS).json()["properties"]["tags"] == {}


def test_the_sdk_tags(made: Sandbox) -> None:
    client: Any = resources(made).tags
    client.begin_create_or_update_at_scope(TWINS, {"properties": {"tags": {"x": "y"}}}).wait()
    assert client.get_at_scope(TWINS)["properties"]["tags"] == {"x": "y"}


def test_tags_that_cannot_be(made: Sandbox) -> None:
    def refused(body: Any, scope: str = TWINS) -> tuple[int, str]:
        return error(call(made, "PATCH", scope + TAGS, body))[:2]

    tags = {"properties": {"tags": {"a": "b"}}}
    assert refused(tags) == (400, "InvalidRequestContent")
    assert refused({**tags, "operation": "Merge"}, f"{TWINS}2") == (404, "ResourceNotFound")
    assert refused({"operation": "Merge"}) == (400, "InvalidRequestContent")
    many = {"properties": {"tags": {f"t{n}": "" for n in range(51)}}, "operation": "Merge"}
    assert refused(many) == (400, "TooManyTags")
    forbidden = {"properties": {"tags": {"a<b": ""}}, "operation": "Merge"}
    assert refused(forbidden) == (400, "InvalidTagNameCharacters")
    assert error(call(made, "PUT", TWINS + TAGS, tags, persona="reader"))[:2] == (403, "AuthorizationFailed")


# ---- lists -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stocked(made: Sandbox) -> Sandbox:
    """A sandbox with resources of two types, in two groups, with tags."""
    call(made, "PUT", f"{GROUP}2", {"location": "westeurope", "tags": {"team": "b"}})
    base = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    for group, name, tags in ((GROUP, "one", {"Team": "a"}), (GROUP, "two", {}), (f"{GROUP}2", "three", {"team": "b"})):
        call(made, "PUT", f"{group}/{base}/{name}", {"location": "eastus", "tags": tags})
    return made


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["my-twins", "one", "two", "three"]),
        ("resourceType eq 'Microsoft.DigitalTwins/digitalTwinsInstances'", ["my-twins"]),
        ("resourceType ne 'microsoft.digitaltwins/digitaltwinsinstances'", ["one", "two", "three"]),
        ("tagName eq 'team'", ["one", "three"]),
        ("tagname eq 'TEAM' and tagvalue eq 'b'", ["three"]),
        ("location eq 'East US' and name eq 'TWO'", ["two"]),
        ("resourceGroup eq 'rg-twins2'", ["three"]),
    ],
)
def test_filters_of_the_resource_list(stocked: Sandbox, text: str, names: list[str]) -> None:
    found = resources(stocked).resources.list(filter=text) if text else resources(stocked).resources.list()
    assert {str(each.name) for each in found} == set(names)


def test_filters_that_are_none_and_those_of_groups(stocked: Sandbox) -> None:
    for text in ("name like 'x'", "tagValue eq 'b'", "name eq 'x' or name eq 'y'"):
        answer = call(stocked, "GET", f"{SUBSCRIPTION}/resources", **{"$filter": text})
        assert error(answer)[:2] == (400, "InvalidFilterInQueryString")
    groups = resources(stocked).resource_groups.list(filter="tagName eq 'team' and tagValue eq 'b'")
    assert [group.name for group in groups] == ["rg-twins2"]
    with pytest.raises(HttpResponseError):
        list(resources(stocked).resource_groups.list(filter="owner eq 'me'"))


def test_the_list_shows_no_children_and_the_times_that_are_asked_for(stocked: Sandbox) -> None:
    endpoint = {"properties": {"endpointType": "EventGrid", "TopicEndpoint": "https://t", "accessKey1": "k"}}
    call(stocked, "PUT", f"{TWINS}/endpoints/grid", endpoint)
    listed = call(stocked, "GET", f"{GROUP}/resources", **{"$expand": "createdTime,provisioningState"}).json()["value"]
    twins = next(each for each in listed if each["name"] == "my-twins")
    assert (twins["provisioningState"], "createdTime" in twins, "changedTime" in twins) == ("Succeeded", True, False)
    assert "grid" not in [each["name"] for each in listed]


def test_pages(stocked: Sandbox) -> None:
    first = call(stocked, "GET", f"{SUBSCRIPTION}/resources", **{"$top": "3"}).json()
    assert len(first["value"]) == 3
    assert first["nextLink"].startswith(f"{ARM}{SUBSCRIPTION}/resources?")
    second = follow(stocked, first["nextLink"]).json()
    assert (len(second["value"]), "nextLink" in second) == (1, False)
    assert len(list(resources(stocked).resources.list(top=1))) == 4
    for query in ({"$top": "none"}, {"$top": "0"}, {"$skiptoken": "x"}):
        assert call(stocked, "GET", f"{SUBSCRIPTION}/resources", **query).status_code == 400
    assert urlsplit(first["nextLink"]).hostname == "management.azure.com"


# ---- existence and moves ---------------------------------------------------------------------------------------------


def test_head_tells_whether_something_exists(made: Sandbox) -> None:
    client = resources(made).resources
    assert client.check_existence_by_id(TWINS, api_version="2023-01-31") is True
    assert client.check_existence_by_id(f"{TWINS}2", api_version="2023-01-31") is False
    answer = call(made, "HEAD", TWINS)
    assert (answer.status_code, answer.content) == (204, b"")


def test_nothing_can_be_moved(made: Sandbox) -> None:
    body = {"resources": [TWINS], "targetResourceGroup": f"{GROUP}2"}
    for action in ("moveResources", "validateMoveResources"):
        assert error(call(made, "POST", f"{GROUP}/{action}", body)) == (
            409,
            "ResourceMoveNotSupported",
            "Resource move is not supported for resource types 'Microsoft.DigitalTwins/digitalTwinsInstances'.",
        )
    stripped(made, "contributor")
    assert error(call(made, "POST", f"{GROUP}/moveResources", body, persona="contributor"))[1] == "AuthorizationFailed"


def test_a_role_on_tags_is_enough_to_tag(made: Sandbox, clock: ManualClock) -> None:
    guid = "11111111-2222-3333-4444-666666666666"
    role = {"roleName": "Tagger", "permissions": [{"actions": ["Microsoft.Resources/tags/*"]}]}
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    made_role = call(made, "PUT", path, {"properties": {**role, "assignableScopes": [SUBSCRIPTION]}})
    assert made_role.status_code == 201, made_role.text
    stripped(made, "reader")
    assigned(made, clock, guid, TWINS, "reader")
    assert call(made, "PUT", TWINS + TAGS, {"properties": {"tags": {"a": "b"}}}, persona="reader").status_code == 200
    assert call(made, "PATCH", TWINS, {"tags": {}}, persona="reader").status_code == 403


def test_names_of_tags(made: Sandbox) -> None:
    names = f"{SUBSCRIPTION}/tagNames"
    call(made, "PATCH", TWINS, {"tags": {"team": "blue"}})
    call(made, "PATCH", GROUP, {"tags": {"Team": "blue"}})
    [team] = call(made, "GET", names).json()["value"]
    assert (team["tagName"].lower(), team["count"]["value"]) == ("team", 2)
    assert [(each["tagValue"], each["count"]["value"]) for each in team["values"]] == [("blue", 2)]
    assert [call(made, "PUT", f"{names}/cost").status_code for _ in range(2)] == [201, 200]
    assert [call(made, "PUT", f"{names}/cost/tagValues/low").status_code for _ in range(2)] == [201, 200]
    shown = {each["tagName"]: each for each in call(made, "GET", names).json()["value"]}
    assert shown["cost"]["values"][0]["count"] == {"type": "Total", "value": 0}
    assert [call(made, "DELETE", f"{names}/cost/tagValues/low").status_code for _ in range(2)] == [200, 204]
    assert [call(made, "DELETE", f"{names}/cost").status_code for _ in range(2)] == [200, 204]
    call(made, "PUT", f"{names}/team")
    assert error(call(made, "DELETE", f"{names}/team"))[:2] == (409, "Conflict")
