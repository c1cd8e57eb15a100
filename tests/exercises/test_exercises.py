"""Every exercise by one table: not tried, wrong repairs told apart, solved in two ways, and reset."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from runbook_lib.errors import InputError
from runbook_lib.exercises import NAMES, exercise, staging
from runbook_lib.exercises.bench import Bench
from runbook_lib.exercises.shape import Checked, Exercise
from tests.exercises.cases import CASES, Case
from tests.sandbox.command_line import PROGRAM, CommandLine, with_az
from tests.steps.world import World, quick_world

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


NOT_STARTED = Checked("not tried", ("The exercise hasn't been started: run start() first.",))


def bench(world: World) -> Bench:
    return Bench(world.context, world.sandbox.cloud.faults)


def plain(checked: Checked) -> str:
    """What a check has seen, without ids: those of identities differ each time."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", "\n".join(checked.seen))


def test_every_exercise_has_its_case() -> None:
    assert tuple(case.name for case in CASES) == NAMES


@each
def test_wrong_repairs_are_told_apart_and_the_guides_steps_solve_it(world: World, case: Case) -> None:
    one = exercise(case.name, seed="class", learner="ada", bench=bench(world))
    with patch.object(staging, "tag", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        one.start()
    assert one.check() == NOT_STARTED, "what was interrupted is started again"
    seen = set()
    for _, repair, words in case.wrong:
        one.start()
        world.clock.advance(600)
        untouched = one.check()
        assert untouched.result == "not tried", untouched
        one.start()
        assert one.check() == untouched, "starting again stages nothing"
        seen.add(plain(untouched))
        repair(one)
        world.clock.advance(600)
        checked = one.check()
        assert checked.result == "not yet", checked
        assert words in "\n".join(checked.seen), checked.seen
        seen.add(plain(checked))
        one.reset()
        world.clock.advance(600)
        assert one.check() == NOT_STARTED
    assert len(seen) == 1 + len(case.wrong), "each wrong repair is seen for what it is"
    one.start()
    world.clock.advance(600)
    one.solution(carry_out=True)
    world.clock.advance(600)
    checked = one.check()
    assert checked.result == "solved", checked
    one.reset()
    assert one.check() == NOT_STARTED


@each
def test_an_instance_that_somebody_deletes_is_seen(quick: World, case: Case) -> None:
    one = exercise(case.name, learner="deleted", bench=bench(quick))
    one.start()
    made = one.place.found() is not None
    for each_lock in staging.locks(one.place):
        staging.delete(one.place, each_lock)
    if made:
        staging.delete(one.place, one.place.instance)
    assert one.check().result == ("not yet" if made else "not tried")
    one.look()
    one.reset()


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all: exercises don't get in each other's way."""
    with quick_world(tmp_path_factory.mktemp("quick") / "run") as world:
        yield world


@pytest.fixture(scope="module")
def people(quick: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, CommandLine]:
    """Everyone at a prompt of their own who has signed in."""
    return {}


def az_of(people: dict[str, CommandLine], world: World, folder: Path, who: str) -> CommandLine:
    if who not in people:
        people[who] = CommandLine(PROGRAM, world.sandbox, folder / who)
        people[who].sign_in_as_user(who)
    return people[who]


@with_az
@each
def test_az_solves_it(
    quick: World, people: dict[str, CommandLine], tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    one: Exercise = exercise(case.name, learner="az", bench=bench(quick))
    one.start()
    assert one.check().result == "not tried"
    for command in one.commands():
        words = shlex.split(command.text)
        assert words[:2] != ["az", "dt"], "the extension isn't core"
        az_of(people, quick, tmp_path_factory.getbasetemp(), command.persona)(*words[1:])
    checked = one.check()
    assert checked.result == "solved", checked


def test_a_class_shares_the_scenery_and_everyone_has_ids_of_their_own(world: World) -> None:
    def names(seed: str, learner: str) -> tuple[str, str]:
        one = exercise(NAMES[0], seed=seed, learner=learner, bench=bench(world))
        return one.place.label.rpartition("-")[0], one.place.label

    ada, bob = names("class", "ada"), names("class", "bob")
    assert ada[0] == bob[0]
    assert ada[1] != bob[1]
    assert names("class", "ada") == ada
    assert len({names(str(number), "ada")[0] for number in range(30)}) > 1


def test_hints_come_one_by_one_and_start_again_after_a_reset(world: World) -> None:
    one = exercise(NAMES[0], bench=bench(world))
    shown = [one.hint().card().title for _ in range(4)]
    assert shown == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    one.reset()
    assert one.hint().card().title == "Hint 1 of 3"


def test_what_needs_a_start_says_so(world: World) -> None:
    one = exercise(NAMES[0], bench=bench(world))
    for verb in (one.look, one.solution):
        with pytest.raises(InputError, match="hasn't been started"):
            verb()
    with pytest.raises(InputError, match="no exercise 'nothing'"):
        exercise("nothing", bench=bench(world))
