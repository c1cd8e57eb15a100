"""Conditions on role assignments (Azure ABAC): which requests of a role's actions they let through.

Modelled: of the format (conditions format article), the shape that the portal writes for constrained delegation. Each
clause names actions, and the values that the attributes of these requests can have. A condition that the sandbox can't
read lets nothing through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ACTION = re.compile(r"ActionMatches\{'([^']+)'\}", re.IGNORECASE)
_TEST = re.compile(
    r"@(?:Request|Resource)\[Microsoft\.Authorization/roleAssignments:(\w+)\]\s*"
    r"(ForAnyOfAnyValues|ForAllOfAnyValues)?:?(GuidEquals|StringEqualsIgnoreCase)\s*\{([^}]*)\}",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\(\s*\(\s*!\s*\((.*?)\)\s*\)\s*OR\s*\((.*?)\)\s*\)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, read. `clauses` is None if the sandbox can't read it."""

    clauses: tuple[tuple[frozenset[str], tuple[tuple[str, frozenset[str]], ...]], ...] | None
    """For each: its actions, and by attribute the values that it can have; all in lower case."""

    def holds(self, action: str, attributes: Mapping[str, str]) -> bool:
        """Tell whether a request fulfils it; attributes by name in lower case."""
        if self.clauses is None:
            return False
        tests = [test for actions, tests in self.clauses if action.lower() in actions for test in tests]
        return all(attributes.get(name, "").lower() in values for name, values in tests)


def read_condition(text: str) -> Condition:
    """Read a condition."""
    clauses = []
    for clause in _CLAUSE.finditer(text):
        tests = tuple(
            (test[1].lower(), frozenset(value.strip().strip("'").lower() for value in test[4].split(",")))
            for test in _TEST.finditer(clause[2])
        )
        clauses.append((frozenset(action.lower() for action in _ACTION.findall(clause[1])), tests))
    rest = re.sub(r"[\s()]|AND|OR|!", "", _CLAUSE.sub("", text), flags=re.IGNORECASE)
    readable = bool(clauses) and not rest and all(actions and tests for actions, tests in clauses)
    return Condition(tuple(clauses) if readable else None)
