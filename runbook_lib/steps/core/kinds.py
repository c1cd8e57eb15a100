"""The kinds of things that the guide creates or changes, and the permissions that takes: one record each.

Every steps package keeps its records in a file `kinds.py` and registers them here. The names of actions are those in
the resource providers' lists (permissions reference: internet of things, identity, networking, management and
governance).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Literal

from ... import steps
from ...parameters.naming_rules import RUN_TAG
from ...record.journal import NO_RUN


def run_tags(run_id: str) -> dict[str, str]:
    """Return the tags of what a run makes. Without a run, there are none: somebody else will make it."""
    return {} if run_id == NO_RUN else {RUN_TAG: run_id}


FAILED_STATES = ("Failed", "Canceled")
"""Provisioning states of what Azure has given up."""

Action = Literal["register", "create", "update", "assign", "read", "delete"]
Place = Literal["subscription", "group", "instance", "itself"]


@dataclass(frozen=True)
class RequiredPermission:
    """An Azure action, and the scope where Azure checks it."""

    action: str
    at: Place
    """`itself` is the changed resource; the others contain it."""
    data: bool = False
    """True for an action of the data plane, which only data roles allow."""


@dataclass(frozen=True)
class Places:
    """The resource ids of what exists. An id is empty if its resource doesn't exist yet."""

    subscription: str
    group: str = ""
    instance: str = ""

    def nearest(self, place: Place, resource_id: str = "") -> str:
        """Return the lowest scope that exists: everything created below it inherits its permissions."""
        if place == "itself":
            return resource_id
        chain = {"subscription": (), "group": (self.group,), "instance": (self.instance, self.group)}[place]
        return next((scope for scope in chain if scope), self.subscription)


@dataclass(frozen=True)
class Kind:
    """A kind of thing that a plan can name."""

    name: str
    """The portal's name: `Resource group`. Plans show it, and the journal keeps it."""
    permissions: Mapping[Action, tuple[RequiredPermission, ...]] = field(default_factory=dict)
    """The permissions that each action takes."""
    rank: int = 0
    """Position in the order of removal: data (1-3), access (4), private access (6-11), identities (12-13), the instance
    (14), its resource group (15)."""
    api_version: str = ""
    """API version of the resource type, if Azure Resource Manager's generic client reads or deletes it."""
    usual_seconds: float = 5
    """How long Azure usually takes to create it."""
    line: str = "has"
    """What a picture writes at the arrow to it."""
    foreign: bool = False
    """Whether it was made by others, so that a run has nothing to prove about it."""


@dataclass(frozen=True)
class Activity:
    """Something that a notebook does: a row in the overview of what an account can do."""

    notebook: str
    """Its number: `01`."""
    name: str
    permissions: tuple[RequiredPermission, ...]

    @property
    def label(self) -> str:
        """The name with the notebook's number."""
        return f"{self.name} ({self.notebook})"


_kinds: dict[str, Kind] = {}
_activities: list[Activity] = []


def register(kind: Kind) -> Kind:
    """Register a kind for plans, the overview of permissions, and clean-up; return it."""
    _kinds[kind.name] = kind
    return kind


def register_activity(notebook: str, name: str, *permissions: tuple[RequiredPermission, ...]) -> None:
    """Add a row to the overview: something that a notebook does, with the permissions that it takes."""
    needed = dict.fromkeys(one for several in permissions for one in several)
    _activities.append(Activity(notebook, name, tuple(needed)))


def kind_named(name: str) -> Kind | None:
    """Return the kind that a change names; None if this version doesn't know it."""
    load("kinds")
    return _kinds.get(name)


def kinds() -> Sequence[Kind]:
    """Return all kinds."""
    load("kinds")
    return tuple(_kinds.values())


def required_permissions(action: Action, kind: str) -> tuple[RequiredPermission, ...]:
    """Return the permissions that a change takes. Raises KeyError for an unregistered kind or action."""
    return _kinds[kind].permissions[action]


def activities() -> Sequence[Activity]:
    """Return what the notebooks do, in their order."""
    load("kinds")
    return sorted(_activities, key=lambda one: one.notebook)


@cache
def load(file: str) -> None:
    """Import a file from every steps package that has one, so that its contents get registered: once is enough."""
    for package in pkgutil.iter_modules(steps.__path__):
        modules = pkgutil.iter_modules([f"{path}/{package.name}" for path in steps.__path__])
        if any(module.name == file for module in modules):
            import_module(f"{steps.__name__}.{package.name}.{file}")


def deletes(resource_type: str) -> tuple[RequiredPermission, ...]:
    """Return the permission to delete a resource of a type."""
    return (RequiredPermission(f"{resource_type}/delete", "itself"),)
