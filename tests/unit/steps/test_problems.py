"""What stands in the way of a plan is said once: one line for each role that cures, and one message to send."""

from __future__ import annotations

from runbook_lib.azure.permissions import MissingPermission, fixing_roles, request_message
from runbook_lib.errors import PermissionMissing
from runbook_lib.steps.core.plan_builder import refusal
from runbook_lib.steps.core.problems import Problem, gathered, not_allowed
from runbook_lib.steps.core.results import Plan

GROUP = "/subscriptions/s/resourceGroups/g"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/i"
ADMINISTRATOR = "Role Based Access Control Administrator"


def missing(action: str, scope: str, role: str, command: str = "az do it") -> MissingPermission:
    return MissingPermission((action,), scope, role, "carlos@contoso.com", "oid", command)


def plan(*problems: Problem) -> Plan:
    return Plan("play", "Play", (), problems=problems)


def test_a_role_cures_what_a_lesser_one_would_at_its_scope_and_below() -> None:
    write, join = missing("a/write", GROUP, "Contributor"), missing("n/join", INSTANCE, "Network Contributor")
    assert fixing_roles([join, write]) == {("Contributor", GROUP): [join, write]}


def test_a_role_cures_nothing_above_its_scope_or_beside_it() -> None:
    write, join = missing("a/write", INSTANCE, "Contributor"), missing("n/join", GROUP, "Network Contributor")
    beside = missing("a/write", f"{GROUP}-2", "Contributor")
    above = missing("a/write", GROUP, "Contributor")
    assert list(fixing_roles([write, join])) == [("Contributor", INSTANCE), ("Network Contributor", GROUP)]
    assert list(fixing_roles([above, beside])) == [("Contributor", GROUP), ("Contributor", f"{GROUP}-2")]


def test_scopes_are_the_same_in_any_case() -> None:
    assert (
        len(fixing_roles([missing("a/write", GROUP, "Contributor"), missing("b/write", GROUP.upper(), "Contributor")]))
        == 1
    )


def given(role: str) -> list[str]:
    """How a message says to give a role in the group."""
    who = "--assignee-object-id oid --assignee-principal-type User"
    page = f"g > Access control (IAM) > Add > Add role assignment > Role: {role}"
    return [
        f'   az role assignment create {who} --role "{role}" --scope {GROUP}',
        f"   Portal: {page} > Members: carlos@contoso.com > Review + assign",
    ]


def test_one_message_asks_for_everything_and_says_nothing_twice() -> None:
    missing_permissions = [
        missing("a/write", GROUP, "Contributor", "az one"),
        missing("n/join", GROUP, "Network Contributor", "az one"),
        missing("n/write", INSTANCE, "Network Contributor", "az two"),
        missing("r/write", GROUP, ADMINISTRATOR, ""),
    ]
    assert request_message(missing_permissions).splitlines() == [
        "Hello, I'm setting up Azure Digital Twins. carlos@contoso.com (object id oid) isn't allowed to do this:",
        f"at {GROUP}:",
        "- a/write",
        "- n/join",
        "- r/write",
        f"at {INSTANCE}:",
        "- n/write",
        "Could you please do one of these?",
        "1. Do these steps for me:",
        "   az one",
        "   az two",
        "2. Give me these roles:",
        *given("Contributor"),
        *given(ADMINISTRATOR),
        "To do this, you need to be an Owner or a User Access Administrator of the subscription.",
    ]


def test_nothing_missing_asks_for_nothing() -> None:
    assert request_message([]) == ""
    assert "Ready to send" not in str(plan(Problem("region", "There is no such region.")))


def test_a_card_gathers_what_one_role_cures_and_keeps_the_rest_in_its_order() -> None:
    typed = Problem("region", "There is no such region.", remedy="Choose another.", who="You.")
    lacking = not_allowed(missing("r/write", GROUP, ADMINISTRATOR), blocking=False)
    found = gathered(
        [
            not_allowed(missing("a/write", GROUP, "Contributor")),
            typed,
            lacking,
            not_allowed(missing("n/join", GROUP, "Network Contributor"), blocking=False),
        ]
    )
    assert [one.message for one in found] == [
        f"You aren't allowed to do this at {GROUP}:\n- a/write\n- n/join",
        "There is no such region.",
        f"You aren't allowed to do r/write at {GROUP}.",
    ]
    assert "the role Contributor." in found[0].remedy
    assert [one.blocking for one in found] == [True, True, False]


def test_other_problems_with_the_same_remedy_are_gathered_too() -> None:
    one, other = (Problem("", f"{name} is locked.", "A lock.", "Have it removed.", "An owner.") for name in "ab")
    elsewhere = Problem("", "c is locked.", "A lock.", "Have it removed.", "You.")
    assert [p.message for p in gathered([one, elsewhere, other])] == ["a is locked.\nb is locked.", "c is locked."]


def test_a_refusal_names_all_that_blocks_and_carries_the_one_message() -> None:
    blocked = plan(
        not_allowed(missing("a/write", GROUP, "Contributor", "az one")),
        not_allowed(missing("b/write", GROUP, "Contributor", "az two")),
        not_allowed(missing("r/write", GROUP, ADMINISTRATOR), blocking=False),
    )
    error = refusal(blocked)
    assert isinstance(error, PermissionMissing)
    assert error.message == f"You aren't allowed to do this at {GROUP}:\n- a/write\n- b/write"
    assert (error.action, error.scope, error.role) == ("a/write", GROUP, "Contributor")
    assert error.request == blocked.request == blocked.as_json()["request"]
    assert error.remedy.count("\n") == 0
    assert str(blocked).count("Hello,") == 1
