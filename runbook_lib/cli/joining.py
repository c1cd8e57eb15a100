"""`runbook lab --join`: into a class, after the learner has seen what travels."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from .output import say

if TYPE_CHECKING:
    from ..workshop.membership import Membership

WHAT_TRAVELS = """\
You're about to join a class. While your lab is open, the trainer's board gets:
  - the name you give
  - which step or exercise you're at, how its check came out, how many hints you used, and when
  - the kind of an error, such as PermissionMissing, and Azure's code for it
It never gets values, names of resources, answers of Azure, code or files.
The trainer can send you messages, and change your sandbox: stage or take away a trouble, reset it, pause it, or bring
it to the beginning of a notebook or exercise. Nothing on Azure.
To leave, also while the lab is open:  runbook workshop leave"""


def join(home: Path, *, address: str | None, name: str | None, personal: str, yes: bool) -> Membership | None:
    """Return this machine's place in a class: a new one, or the one it has; None if it has none.

    Raises InputError if the learner doesn't agree or the board refuses, and Unreachable.
    """
    from ..workshop import membership
    from ..workshop.client import Client, split_address

    known = membership.read(home)
    if not address:
        if name or personal:
            raise InputError("--as and --personal belong to --join ADDRESS.", remedy="Add it, or leave them out.")
        return known
    if not name:
        raise InputError("A class needs a name for you. Any will do.", remedy="Add --as NAME.", who="You.")
    board, code = split_address(address)
    if known and (known.code, known.name) == (code, name.strip()):
        same = replace(known, address=board)  # the trainer's machine can have another address by now
        membership.write(home, same)
        return same
    say(WHAT_TRAVELS)
    if not yes and not (sys.stdin.isatty() and click.confirm(f"Join as {name}?")):
        raise InputError("You haven't joined, and nothing was sent.", remedy="Answer yes, or add --yes.", who="You.")
    joined = Client(board).join(code, name, personal)
    membership.write(home, joined)
    return joined


@contextmanager
def in_class(home: Path, record: Path, member: Membership | None) -> Iterator[Mapping[str, str]]:
    """Report to the board inside the block; gives the variables that tell kernels of the class."""
    if member is None:
        yield {}
        return
    from ..notices import CLASS_VARIABLE
    from ..workshop.agent import Agent

    say(f"Class     {member.title}, as {member.name}. To leave:  runbook workshop leave")
    say(f"          On a second machine, join with:  --personal {member.personal}")
    agent = Agent(home, record, member)
    agent.start()
    try:
        yield {CLASS_VARIABLE: "1", "RUNBOOK_LEARNER": member.name, "RUNBOOK_SEED": member.seed}
    finally:
        agent.stop()
