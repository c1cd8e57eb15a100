"""One change as three recipes: where to click in the portal, the `az` command, and the Python SDK call."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from ...azure.clients import Clients
from ...azure.clouds import PUBLIC, Cloud
from ...azure.permissions import runnable
from ...display.cards import Listing
from ...display.plain import unsafe_characters
from .codegen import call, classes_in, literal, made

_MODULES = ("json", "pathlib", "time")
"""The standard library modules that a call's code can use."""

ClientName = Literal["digital_twins", "authorization", "resources", "identities", "data_plane"]
"""A method of `Clients`."""


@dataclass(frozen=True)
class _Client:
    """One of Azure's client classes, as the program creates it."""

    package: str
    name: str
    arguments: tuple[str, ...]
    """Of code. `{}` stands for the subscription's id, or the instance's host name."""
    variable: str

    def made(self, place: str, cloud: Cloud) -> str:
        """Write how the program makes it, in a cloud."""
        managed = self.arguments == _OF_SUBSCRIPTION and not cloud.is_default
        more = [f"{name}={literal(value)}" for name, value in cloud.client_options.items()] if managed else []
        return call(self.name, [*(one.format(place) for one in self.arguments), *more])


_OF_SUBSCRIPTION = ("credential", '"{}"')
"""The arguments of a client of Azure Resource Manager."""


_CLIENTS: Mapping[ClientName, _Client] = {
    "digital_twins": _Client(
        "azure.mgmt.digitaltwins", "AzureDigitalTwinsManagementClient", _OF_SUBSCRIPTION, "instances"
    ),
    "authorization": _Client(
        "azure.mgmt.authorization.v2022_04_01", "AuthorizationManagementClient", _OF_SUBSCRIPTION, "authorization"
    ),
    "resources": _Client("azure.mgmt.resource.resources", "ResourceManagementClient", _OF_SUBSCRIPTION, "resources"),
    "identities": _Client("azure.mgmt.msi", "ManagedServiceIdentityClient", _OF_SUBSCRIPTION, "identities"),
    "data_plane": _Client("azure.digitaltwins.core", "DigitalTwinsClient", ('"https://{}"', "credential"), "client"),
}


@dataclass(frozen=True)
class Call:
    """A call of one of Azure's Python clients: a plan shows its code, and the step makes it."""

    client: ClientName
    place: str
    """The subscription id or, for the data plane, the instance's host name."""
    operation: str
    """Operation group and method: `digital_twins.begin_create_or_update`."""
    arguments: tuple[Any, ...] = ()
    """Values that `codegen` can both write and make. The same goes for the options."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments."""
    statement: str = "{}"
    """What the code does with the answer: `rows = list({})`. `{}` stands for the call."""
    pending: str = ""
    """A Python condition that's true while Azure is still working after the call. `{}` stands for the client."""

    def bound(self, clients: Clients) -> Callable[..., Any]:
        """Return the client's method with its arguments, ready to call."""
        client = getattr(clients, self.client)(self.place)
        return partial(attrgetter(self.operation)(client), *made(self.arguments), **made(self.options))

    def run(self, clients: Clients) -> Any:
        """Make the call. Raises what the client raises."""
        return self.bound(clients)()

    def code(self, client: str) -> str:
        """Write the call in Python; `client` is the client's variable."""
        given = [literal(one) for one in self.arguments]
        given += [f"{name}={literal(value)}" for name, value in self.options.items()]
        called = call(f"{client}.{self.operation}", given)
        # Azure answers before it has finished; the poller's result() waits until then.
        called += ".result()" if self.operation.rpartition(".")[2].startswith("begin_") else ""
        waiting = f"\nwhile {self.pending.format(client)}:\n    time.sleep(5)" if self.pending else ""
        return self.statement.format(called) + waiting


@dataclass(frozen=True)
class Recipe:
    """One change, or one read, in the portal, with the Azure CLI and in Python."""

    portal: str
    """Where to click: pages and labels, joined by `>`."""
    command: str
    """The `az` command."""
    calls: tuple[Call, ...]
    """The calls of Azure's Python clients, usually one."""


def listings(recipes: Sequence[Recipe], cloud: Cloud = PUBLIC) -> tuple[Listing, ...]:
    """Show recipes as three folded lists: in the portal, with the Azure CLI, in Python."""
    if not recipes:
        return ()
    pages = dict.fromkeys(recipe.portal for recipe in recipes if recipe.portal)
    clicks = "\n".join(f"{number}. {page}" for number, page in enumerate(pages, 1))
    coded = program([one for recipe in recipes for one in recipe.calls], cloud)
    address = "" if cloud.is_default else f" ({cloud.portal})"
    shown = (
        Listing(f"The same in the Azure portal{address}", clicks, folded=True, prose=True),
        Listing("The same with the Azure CLI", script(recipes, cloud), folded=True),
        Listing("The same with the Python SDK", coded, folded=True),
    )
    return tuple(one for one in shown if one.content)


def script(recipes: Sequence[Recipe], cloud: Cloud = PUBLIC) -> str:
    """Write the `az` commands, one per line, with those that they need."""
    return "\n".join(runnable(commands(recipes), cloud))


def commands(recipes: Iterable[Recipe]) -> list[tuple[str, str]]:
    """Return the `az` commands of recipes, each with the id of the subscription in which it works; empty for data."""
    managing = ((one.command, [call.place for call in one.calls if call.client != "data_plane"]) for one in recipes)
    return [(command, next(iter(places), "")) for command, places in managing if command]


def program(calls: Sequence[Call], cloud: Cloud = PUBLIC) -> str:
    """Write calls as a complete Python program, which signs in with its machine's default credential."""
    if not calls:
        return ""
    names = _names(calls)
    imported = {(_CLIENTS[one.client].package, _CLIENTS[one.client].name) for one in calls}
    imported.add(("azure.identity", "DefaultAzureCredential"))
    imported |= {found for one in calls for found in classes_in((one.arguments, one.options))}
    packages: dict[str, list[str]] = {}
    for package, name in sorted(imported):
        packages.setdefault(package, []).append(name)
    bodies = [one.code(names[one.client, one.place]) for one in calls]
    named = {node.id for body in bodies for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    plain = [module for module in _MODULES if module in named]
    head = [f"import {module}" for module in plain] + ([""] if plain else [])
    head += [f"from {package} import {', '.join(found)}" for package, found in packages.items()]
    authority = "" if cloud.is_default else f"authority={literal(cloud.authority)}"
    made = [f"{name} = {_CLIENTS[client].made(place, cloud)}" for (client, place), name in names.items()]
    return "\n".join([*head, "", f"credential = DefaultAzureCredential({authority})", *made, "", *bodies])


def _names(calls: Iterable[Call]) -> dict[tuple[ClientName, str], str]:
    """Name a variable for each client. A second client of the same kind, for another place, gets a number."""
    names: dict[tuple[ClientName, str], str] = {}
    for one in calls:
        if (one.client, one.place) not in names:
            base = _CLIENTS[one.client].variable
            before = sum(client == one.client for client, _ in names)
            names[one.client, one.place] = f"{base}_{before + 1}" if before else base
    return names


def az(*words: str, **options: str | bool | list[str]) -> str:
    """Write an `az` command: `az("dt create", dt_name="x")` is `az dt create --dt-name x`."""
    parts = ["az", *words]
    for name, value in options.items():
        if value is False or value == []:
            continue
        parts.append("--" + name.replace("_", "-"))
        if value is not True:
            parts += [_shell(text) for text in (value if isinstance(value, list) else [value])]
    return " ".join(parts)


def tag_words(tags: Mapping[str, str]) -> list[str]:
    """Write tags as `az` takes them."""
    return [f"{name}={value}" for name, value in tags.items()]


def _shell(text: str) -> str:
    """Quote text for a shell. What would steer a terminal or hide in a line is spelled out, as Bash and Zsh read it."""
    if not unsafe_characters(text):
        return shlex.quote(text)
    spelled = (f"\\U{ord(one):08x}" if unsafe_characters(one) else f"\\{one}" if one in "\\'" else one for one in text)
    return f"$'{''.join(spelled)}'"
