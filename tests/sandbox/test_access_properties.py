"""Who may do what, all at once: assignments, nested groups, custom roles and denials, against a naive second answer."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.clock import ManualClock, Pace, stamp
from runbook_lib.sandbox.rbac import ASSIGNMENT, CUSTOM_ROLE, DENIAL, EVERYONE, Access
from runbook_lib.sandbox.roles import BUILT_IN, Role
from runbook_lib.sandbox.store import Store
from tests.sandbox.test_rbac import (
    ACTIONS,
    GROUP,
    NOW,
    PATTERNS,
    SCOPES,
    TWINS,
    naive_allows,
    naive_inherits,
    random_roles,
    who,
)

EVERYTHING = Role("everything", "", "", ("*",), (), ("*",), ())
GROUPS = ("inner", "outer", "other")
PRINCIPALS = st.sampled_from(["me", "ME", "Inner", "outer", "you"])
MEMBERS = st.one_of(
    st.sampled_from([{"inner": ["ME"], "outer": ["inner"]}, {"inner": ["outer"], "outer": ["inner", "me"]}]),
    st.dictionaries(st.sampled_from(GROUPS), st.lists(PRINCIPALS, max_size=3), max_size=3),
)
HIGH = st.one_of(st.sampled_from(["/", "/subscriptions/s", GROUP, TWINS]), SCOPES)
BROAD = st.one_of(st.sampled_from([("*",), ("a/*",), ("*/read",)]), PATTERNS)
ROLE = st.one_of(random_roles(), st.just(EVERYTHING), st.sampled_from(BUILT_IN))
ASSIGNED = st.lists(st.tuples(PRINCIPALS, ROLE, HIGH), min_size=1, max_size=3)
DENIAL_OF = st.fixed_dictionaries(
    {
        "actions": BROAD,
        "data_actions": BROAD,
        "scope": HIGH,
        "children": st.booleans(),
        "principals": st.lists(st.sampled_from(["me", "inner", "outer", "you", EVERYONE]), min_size=1, max_size=2),
        "excluded": st.lists(st.sampled_from(["you", "me", *GROUPS]), max_size=1),
    }
)
DENIED: st.SearchStrategy[list[Any]] = st.one_of(
    st.just([]), DENIAL_OF.map(lambda each: [each]), st.lists(DENIAL_OF, min_size=2, max_size=2)
)
LISTS = (
    ("actions", "actions"),
    ("notActions", "not_actions"),
    ("dataActions", "data_actions"),
    ("notDataActions", "not_data_actions"),
)


def permissions(role: Any) -> list[dict[str, list[str]]]:
    return [{name: list(role.get(field, ())) for name, field in LISTS}]


def the_door(members: dict[str, list[str]], assigned: list[tuple[str, Role, str]], denied: list[Any]) -> Access:
    """The sandbox's own door, over a store that says the same."""
    store = Store()
    for name, inside in members.items():
        store.put("group", name, {"id": name, "members": inside})
    common: dict[str, Any] = {"description": "", "createdOn": "", "updatedOn": "", "createdBy": None, "updatedBy": None}
    for number, (principal, role, scope) in enumerate(assigned):
        fields = {field: getattr(role, field) for _, field in LISTS}
        held = {"roleName": "", "assignableScopes": ["/"], "permissions": permissions(fields)}
        store.put(CUSTOM_ROLE, f"role-{number}", {"id": f"role-{number}", **held, **common})
        store.put(
            ASSIGNMENT,
            f"assignment-{number}",
            {
                "scope": scope,
                "role": f"role-{number}",
                "principalId": principal,
                "effectiveOn": stamp(NOW),
            },
        )
    for number, each in enumerate(denied):
        store.put(
            DENIAL,
            f"denial-{number}",
            {
                "id": f"/x/denial-{number}",
                "name": f"denial-{number}",
                "properties": {
                    "denyAssignmentName": "",
                    "permissions": permissions(each),
                    "scope": each["scope"],
                    "doNotApplyToChildScopes": not each["children"],
                    "principals": [{"id": one} for one in each["principals"]],
                    "excludePrincipals": [{"id": one} for one in each["excluded"]],
                },
            },
        )
    return Access(store, ManualClock(NOW), Pace.REAL)


def naive_identities(members: dict[str, list[str]], principal: str) -> set[str]:
    """Everything that a principal is: add the groups that hold something of it, until none is added."""
    found = {principal}
    while more := {name for name, inside in members.items() if found & {one.lower() for one in inside}} - found:
        found |= more
    return found


def naive_denies(each: Any, identities: set[str], action: str, scope: str, data: bool) -> bool:
    if not identities & set(each["principals"]) and EVERYONE not in each["principals"]:
        return False
    if identities & set(each["excluded"]):
        return False
    if not each["children"] and not naive_inherits(scope, each["scope"]):
        return False  # the scope asked about lies below
    role = Role("", "", "", each["actions"], (), each["data_actions"], ())
    return naive_allows([(each["scope"], role)], action, scope, data)


DOOR: dict[str, Any] = {
    "members": MEMBERS,
    "assigned": ASSIGNED,
    "denied": DENIED,
    "action": ACTIONS,
    "scope": SCOPES,
    "data": st.booleans(),
}
"""All of it is chosen so that it meets often: what seldom meets shows nothing."""


@settings(max_examples=300)
@given(**DOOR)
def test_the_door_agrees_with_a_naive_one(
    members: dict[str, list[str]],
    assigned: list[tuple[str, Role, str]],
    denied: list[Any],
    action: str,
    scope: str,
    data: bool,
) -> None:
    mine = naive_identities(members, "me")
    held = [(at, role) for principal, role, at in assigned if principal.lower() in mine]
    expected = naive_allows(held, action, scope, data)
    expected = expected and not any(naive_denies(each, mine, action, scope, data) for each in denied)
    assert the_door(members, assigned, denied).permits(who("me"), action, scope, data=data) is expected
