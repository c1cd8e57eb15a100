"""Who may do what: the evaluator against a second, naive implementation, and the door with its clock and groups."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_lib.sandbox.clock import ManualClock, Pace, stamp
from runbook_lib.sandbox.rbac import (
    ASSIGNMENT,
    PROPAGATION_SECONDS,
    Access,
    Grant,
    allows,
    normalize_scope,
    role_allows,
)
from runbook_lib.sandbox.roles import BUILT_IN, CONTRIBUTOR, DATA_OWNER, DATA_READER, OWNER, READER, Role
from runbook_lib.sandbox.roles import USER_ACCESS_ADMINISTRATOR as ACCESS_ADMIN
from runbook_lib.sandbox.store import Store
from runbook_lib.sandbox.tokens import Caller

ROLES = {role.id: role for role in BUILT_IN}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/rg1"
TWINS = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/twins"


# ---- the second implementation: nothing compiled, written from the facts ---------------------------------------------


def naive_glob(pattern: str, text: str) -> bool:
    """Match letter by letter; a star stands for any number of letters."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive_glob(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] == text[0] and naive_glob(pattern[1:], text[1:])


def naive_matches(pattern: str, action: str) -> bool:
    """A pattern matches as it stands, or with any of its `/*/` written as a single `/`."""
    variants = {pattern.lower()}
    while shorter := {v[:n] + v[n + 2 :] for v in variants for n in range(len(v)) if v[n : n + 3] == "/*/"} - variants:
        variants |= shorter
    return any(naive_glob(variant, action.lower()) for variant in variants)


def naive_inherits(assigned: str, asked: str) -> bool:
    """A scope hands down to what has all of its segments, in their order, at its beginning."""
    above = [part.lower() for part in assigned.split("/") if part]
    below = [part.lower() for part in asked.split("/") if part]
    return below[: len(above)] == above


def naive_allows(grants: list[tuple[str, Role]], action: str, scope: str, data: bool) -> bool:
    for assigned, role in grants:
        if not naive_inherits(assigned, scope):
            continue
        granted = role.data_actions if data else role.actions
        withheld = role.not_data_actions if data else role.not_actions
        if any(naive_matches(p, action) for p in granted) and not any(naive_matches(p, action) for p in withheld):
            return True
    return False


SEGMENTS = st.sampled_from(["A", "b", "read", "*", "*c"])
PATTERNS = st.lists(
    st.one_of(
        st.sampled_from(["*", "*/read", "a/*", "A/*/b", "a/b"]),
        st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join),
    ),
    max_size=3,
).map(tuple)
ACTIONS = st.one_of(
    st.sampled_from(["a/b", "A/read", "a/b/read", "a/x/b", "Microsoft.DigitalTwins/models/write"]),
    st.lists(st.sampled_from(["a", "B", "Read", "c", "xc"]), min_size=1, max_size=4).map("/".join),
    st.sampled_from(["Microsoft.DigitalTwins/models/read", "Microsoft.Authorization/x/write"]),
)
SCOPES = st.sampled_from(
    [
        "/",
        "/subscriptions/s",
        "/subscriptions/s2",
        "/SUBSCRIPTIONS/S/",
        GROUP,
        f"{GROUP}0",
        GROUP.upper(),
        TWINS,
        f"{TWINS}2",
        f"{TWINS}/endpoints/e",
        "/subscriptions/s/resourceGroups",
    ]
)


@st.composite
def random_roles(draw: st.DrawFn) -> Role:
    return Role("id", "name", "", draw(PATTERNS), draw(PATTERNS), draw(PATTERNS), draw(PATTERNS))


EVALUATOR: dict[str, Any] = {
    "grants": st.lists(st.tuples(SCOPES, st.one_of(random_roles(), st.sampled_from(BUILT_IN))), min_size=1, max_size=3),
    "action": ACTIONS,
    "scope": SCOPES,
    "data": st.booleans(),
}


@settings(max_examples=300)
@given(**EVALUATOR)
def test_the_evaluator_agrees_with_a_naive_one(
    grants: list[tuple[str, Role]], action: str, scope: str, data: bool
) -> None:
    compiled = [Grant(normalize_scope(assigned), role, NOW) for assigned, role in grants]
    assert allows(compiled, action, scope, data=data) is naive_allows(grants, action, scope, data)


# ---- what the facts say in so many words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "action", "data", "allowed"),
    [
        (OWNER, "Microsoft.DigitalTwins/digitalTwinsInstances/write", False, True),
        (OWNER, "Microsoft.Authorization/roleAssignments/write", False, True),
        (OWNER, "Microsoft.DigitalTwins/models/read", True, False),
        (CONTRIBUTOR, "microsoft.digitaltwins/DIGITALTWINSINSTANCES/write", False, True),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/write", False, False),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/read", False, True),
        (READER, "Microsoft.DigitalTwins/digitalTwinsInstances/read", False, True),
        (READER, "Microsoft.DigitalTwins/locations/checkNameAvailability/action", False, False),
        (ACCESS_ADMIN, "Microsoft.Authorization/roleAssignments/write", False, True),
        (ACCESS_ADMIN, "Microsoft.DigitalTwins/digitalTwinsInstances/write", False, False),
        (DATA_OWNER, "Microsoft.DigitalTwins/models/write", True, True),
        (DATA_OWNER, "Microsoft.DigitalTwins/digitaltwins/relationships/write", True, True),
        (DATA_OWNER, "Microsoft.DigitalTwins/digitalTwinsInstances/read", False, False),
        (DATA_READER, "Microsoft.DigitalTwins/models/read", True, True),
        (DATA_READER, "Microsoft.DigitalTwins/models/write", True, False),
    ],
)
def test_built_in_roles(role: str, action: str, data: bool, allowed: bool) -> None:
    assert role_allows(ROLES[role], action, data=data) is allowed


def test_a_star_between_slashes_may_stand_for_nothing() -> None:
    role = Role("id", "Managed Identity Operator", "", ("Microsoft.X/identities/*/assign/action",))
    assert role_allows(role, "Microsoft.X/identities/assign/action")
    assert role_allows(role, "Microsoft.X/identities/a/b/assign/action")
    assert not role_allows(role, "Microsoft.X/identities2/assign/action")


def test_a_dot_in_a_pattern_is_a_dot() -> None:
    assert not role_allows(Role("id", "n", "", ("Microsoft.X/read",)), "MicrosoftsX/read")


def test_what_one_role_withholds_another_may_grant() -> None:
    action = "Microsoft.Authorization/roleAssignments/write"
    contributor, admin = (Grant("/subscriptions/s", ROLES[role], NOW) for role in (CONTRIBUTOR, ACCESS_ADMIN))
    assert not allows([contributor], action, GROUP)
    assert allows([contributor, admin], action, GROUP)


# ---- the door --------------------------------------------------------------------------------------------------------


class Office:
    """A store with assignments, and the door over it."""

    def __init__(self, pace: Pace = Pace.REAL) -> None:
        self.clock = ManualClock(NOW)
        self.store = Store()
        self.access = Access(self.store, self.clock, pace)

    def assign(self, principal: str, role: str, scope: str, *, effective_on: str = stamp(NOW)) -> str:
        key = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{principal}-{role}"
        self.store.put(ASSIGNMENT, key, self.document(principal, role, scope, effective_on))
        return key

    def document(self, principal: str, role: str, scope: str, effective_on: str) -> dict[str, Any]:
        return {"scope": scope, "role": role, "principalId": principal, "effectiveOn": effective_on}

    def may_write(self, principal: str, scope: str = TWINS) -> bool:
        return self.access.permits(who(principal), "Microsoft.DigitalTwins/models/write", scope, data=True)


def who(principal: str) -> Caller:
    return Caller(principal, "tenant", "user", "app")


def test_an_assignment_works_after_it_has_spread() -> None:
    office = Office()
    office.assign("me", DATA_OWNER, GROUP, effective_on=office.access.effective_on())
    assert not office.may_write("me")
    office.clock.advance(PROPAGATION_SECONDS - 1)
    assert not office.may_write("me")
    office.clock.advance(1)
    assert office.may_write("me")


@pytest.mark.parametrize(("pace", "seconds"), [(Pace.INSTANT, 0.0), (Pace.BRISK, 4.5), (Pace.REAL, 45.0)])
def test_spreading_follows_the_pace(pace: Pace, seconds: float) -> None:
    office = Office(pace)
    office.assign("me", DATA_OWNER, GROUP, effective_on=office.access.effective_on())
    assert office.may_write("me") is (seconds == 0)
    office.clock.advance(seconds)
    assert office.may_write("me")


def test_a_withdrawn_assignment_works_a_little_longer() -> None:
    office = Office()
    key = office.assign("me", DATA_OWNER, GROUP)
    office.access.withdraw(key, office.document("me", DATA_OWNER, GROUP, stamp(NOW)))
    assert office.store.list(ASSIGNMENT) == []
    assert office.may_write("me")
    office.clock.advance(PROPAGATION_SECONDS)
    assert not office.may_write("me")


def test_an_assignment_that_never_worked_does_not_linger() -> None:
    office = Office()
    later = office.access.effective_on()
    key = office.assign("me", DATA_OWNER, GROUP, effective_on=later)
    office.access.withdraw(key, office.document("me", DATA_OWNER, GROUP, later))
    office.clock.advance(PROPAGATION_SECONDS)
    assert not office.may_write("me")


def test_groups_hand_on_through_groups_and_circles_end() -> None:
    office = Office()
    office.store.put("group", "inner", {"id": "inner", "members": ["ME", "outer"]})
    office.store.put("group", "outer", {"id": "outer", "members": ["inner"]})
    office.assign("outer", DATA_OWNER, GROUP)
    assert office.may_write("me")
    assert not office.may_write("you")
    assert office.access.identities("me") == {"me", "inner", "outer"}


def test_who_joins_a_group_has_its_roles_at_once() -> None:
    office = Office()
    office.store.put("group", "inner", {"id": "inner", "members": []})
    office.assign("inner", DATA_OWNER, GROUP)
    assert not office.may_write("me")
    office.store.put("group", "inner", {"id": "inner", "members": ["me"]})
    assert office.may_write("me")


def test_a_write_that_was_rolled_back_gives_nothing() -> None:
    office = Office()
    with pytest.raises(RuntimeError), office.store.transaction():
        office.assign("me", DATA_OWNER, GROUP)
        assert office.may_write("me")
        raise RuntimeError
    assert not office.may_write("me")


def test_scopes_are_whole_segments() -> None:
    office = Office()
    office.assign("me", DATA_OWNER, GROUP)
    assert office.may_write("me", GROUP.upper())
    assert not office.may_write("me", TWINS.replace("rg1", "rg10"))
    assert not office.may_write("me", "/subscriptions/s")


def test_a_role_is_felt_over_and_within_its_scope() -> None:
    office = Office()
    office.assign("me", DATA_READER, TWINS)
    me, you = who("me"), who("you")
    assert office.access.has_role_within(me, "/subscriptions/s")
    assert not office.access.has_role_over(me, GROUP)
    assert office.access.has_role_over(me, f"{TWINS}/endpoints/e")
    assert not office.access.has_role_within(me, "/subscriptions/s2")
    assert not office.access.has_role_within(you, "/subscriptions/s")


def test_permissions_name_each_effective_role_once() -> None:
    office = Office()
    office.assign("me", READER, "/subscriptions/s")
    office.assign("me", READER, GROUP)
    office.assign("me", DATA_OWNER, TWINS)
    reader = {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    assert office.access.permissions(who("me"), GROUP) == [reader]
    assert [bool(p["dataActions"]) for p in office.access.permissions(who("me"), TWINS)] == [False, True]
