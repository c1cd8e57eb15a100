"""Mistakes that other emulators make, made here on purpose: the tests that are there to notice them must notice.

Each mutant replaces one function of the sandbox; each killer is a test of another file, called as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from runbook_lib.sandbox import ManualClock, Sandbox, access_rules, rbac
from runbook_lib.sandbox.roles import OWNER, Role
from runbook_lib.sandbox.tokens import Tokens
from tests.sandbox import test_access_properties, test_arm_gateway, test_data_plane_gateway, test_rbac
from tests.sandbox.finished_instance import Place

Mutant = Callable[[pytest.MonkeyPatch], None]


def merge_planes(patch: pytest.MonkeyPatch) -> None:
    """Look for an action among data actions too, and the other way round."""
    original = access_rules._expression

    def matcher(role: Role, data: bool) -> Any:
        withheld = role.not_data_actions if data else role.not_actions
        return original(role.actions + role.data_actions), original(withheld)

    patch.setattr(access_rules, "_matcher", matcher)


def compare_plain_prefixes(patch: pytest.MonkeyPatch) -> None:
    """Let a grant on `rg1` reach `rg10`."""
    for module in (access_rules, rbac):
        patch.setattr(module, "covers", lambda assigned, asked: asked.startswith(assigned))


def forget_denials(patch: pytest.MonkeyPatch) -> None:
    """Let what a role allows be allowed, whatever a deny assignment says."""
    patch.setattr(rbac.Access, "_denied", lambda *_arguments, **_more: None)


class Everything(frozenset[str]):
    """A set of audiences that has every one."""

    def __contains__(self, _: object) -> bool:
        return True


def ignore_audiences(patch: pytest.MonkeyPatch) -> None:
    """Take every token that Entra has signed, whatever it is for."""
    original = Tokens.check
    patch.setattr(Tokens, "check", lambda self, authorization, _audiences: original(self, authorization, Everything()))


def owner_reads_models() -> None:
    test_rbac.test_built_in_roles(OWNER, "Microsoft.DigitalTwins/models/read", True, False)


def the_evaluators_property() -> None:
    again(test_rbac.test_the_evaluator_agrees_with_a_naive_one, test_rbac.EVALUATOR)


def the_doors_property() -> None:
    again(test_access_properties.test_the_door_agrees_with_a_naive_one, test_access_properties.DOOR)


def again(test: Any, strategies: dict[str, Any]) -> None:
    """Run a property with the same examples each time, and without a search for the smallest that fails."""
    small = settings(max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
    small(given(**strategies)(test.hypothesis.inner_test))()


@pytest.mark.parametrize(
    ("mutant", "killer"),
    [
        (merge_planes, owner_reads_models),
        (merge_planes, the_evaluators_property),
        (merge_planes, the_doors_property),
        (compare_plain_prefixes, test_rbac.test_scopes_are_whole_segments),
        (compare_plain_prefixes, the_evaluators_property),
        (compare_plain_prefixes, the_doors_property),
        (forget_denials, the_doors_property),
    ],
    ids=lambda function: function.__name__,
)
def test_a_broken_evaluator_is_noticed(
    mutant: Mutant, killer: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    with pytest.raises(AssertionError):
        killer()


def test_an_arm_that_ignores_audiences_is_noticed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    ignore_audiences(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):  # an answer that is no refusal has no `error`
        test_arm_gateway.test_a_token_for_the_data_plane(sandbox)


def test_a_data_plane_that_ignores_audiences_is_noticed(
    place: Place, twins: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignore_audiences(monkeypatch)
    with pytest.raises(AssertionError, match="audience"):
        test_data_plane_gateway.test_a_token_that_is_not_accepted_is_a_401_without_challenge(twins, place)
