"""What a condition says about an action before anybody asks Azure."""

from __future__ import annotations

import pytest

from runbook_lib.azure.conditions import lets_through

ASSIGN = "Microsoft.Authorization/roleAssignments/write"
REMOVE = "Microsoft.Authorization/roleAssignments/delete"
ROLES = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {a, b}"
NAMES = "@Resource[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'And (or) not'"
BOTH = f"((!(ActionMatches{{'{ASSIGN}'}})) OR ({ROLES})) AND ((NOT ActionMatches{{'{REMOVE}'}}) || {NAMES})"


@pytest.mark.parametrize(
    ("condition", "action", "through"),
    [
        (f"((!(ActionMatches{{'{ASSIGN}'}})) OR ({ROLES}))", ASSIGN, False),
        (f"((!(ActionMatches{{'{ASSIGN}'}})) OR ({ROLES}))", REMOVE, True),
        (BOTH, REMOVE, False),
        (BOTH, "A/b/read", True),
        ("!(ActionMatches{'Microsoft.Authorization/*'}) or " + NAMES, REMOVE, False),
        (f"(ActionMatches{{'{ASSIGN}'}})", ASSIGN, True),
        (f"(ActionMatches{{'{ASSIGN}'}})", REMOVE, False),
        (f"(ActionMatches{{'{ASSIGN}'}} && {ROLES})", REMOVE, False),
        (f"((!(ActionMatches{{'{ASSIGN}'}})) OR ({ROLES})) AND ({NAMES})", REMOVE, False),
        ("((!(ActionMatches{'A/read'} AND NOT SubOperationMatches{'Blob.List'})) OR " + NAMES + ")", "B/read", True),
        ("((!(ActionMatches{'A/read'} AND NOT SubOperationMatches{'Blob.List'})) OR " + NAMES + ")", "A/read", False),
        ("(!(ActionMatches{'A'})", "B", False),
        ("!(ActionMatches{'A'})) OR (", "B", False),
        ("!(ActionMatches{'A'}) OR", "B", False),
        ("", "B", False),
    ],
)
def test_a_condition_lets_through_only_what_it_has_no_say_about(condition: str, action: str, through: bool) -> None:
    assert lets_through(condition, action) is through
