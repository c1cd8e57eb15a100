"""The set-up that a run is about: what one step worked with, the next one starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...azure.resource_ids import group_scope_of, lies_in, name_of, names
from ...parameters import CommonParameters, ExistingInstanceParameters
from ...parameters.naming_rules import is_guid


@dataclass(frozen=True)
class Planned:
    """An instance that an earlier step of the same plan would create. Nothing of it can be read yet."""

    id: str
    region: str
    exists: str
    """The nearest scope above it that exists: its resource group, or the subscription."""
    comes_with: tuple[str, ...] = ()
    """Resource ids of what it has from the beginning, without a change of its own."""

    def nearest(self, scope: str) -> str:
        """Return the scope at which Azure can be asked already."""
        return self.exists if lies_in(scope, group_scope_of(self.id)) else scope


_FIELDS = ("subscription", "resource_group", "instance_name")


def carried_through(current: str, parameters_type: type[CommonParameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in which the current instance stands wherever an existing one is meant and none is named.

    `current` is its resource id, or empty. What is given stays as it is; if it names another instance, all of it does.
    """
    given = {name: str(values.get(name, "")).strip() for name in (*_FIELDS, "host_name")}
    if not current or not issubclass(parameters_type, ExistingInstanceParameters) or given["host_name"]:
        return dict(values)
    known = dict(zip(_FIELDS, names(current), strict=True))
    if any(_differs(name, given[name], known[name]) for name in _FIELDS):
        return dict(values)
    return {**values, **{name: known[name] for name in _FIELDS if not given[name]}}


def is_named(instance: str, parameters: CommonParameters) -> bool:
    """Tell whether parameters mean an instance, given by its resource id or, if it's all that's known, its address."""
    host = str(getattr(parameters, "host_name", "")).lower()
    given = {name: str(getattr(parameters, name, "")).strip() for name in _FIELDS}
    if not instance.startswith("/"):
        begins = host or (f"{given['instance_name'].lower()}." if given["instance_name"] else "")
        return instance.lower().startswith(f"https://{begins}")
    if host:
        return name_of(instance).lower() == host.partition(".")[0]
    return not any(_differs(name, given[name], own) for name, own in zip(_FIELDS, names(instance), strict=True))


def _differs(name: str, given: str, known: str) -> bool:
    if name == "subscription" and not is_guid(given):
        return False  # a name, which the record doesn't know
    return bool(given) and given.lower() != known.lower()
