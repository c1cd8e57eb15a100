"""A template with its parameters: which resources it asks for, and what each of them waits for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..bodies import section
from .errors import invalid_template, not_simulated
from .expressions import evaluate, expressions, with_index
from .functions import Scope
from .scopes import Place, functions_of, new_values, resource_path, scope_of

_TYPES = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "object": dict,
    "secureobject": dict,
    "array": list,
}
PATH = "properties.template"
NESTED = "microsoft.resources/deployments"
_SECRET = {"securestring": "SecureString", "secureobject": "SecureObject"}
"""How answers spell the types whose values they don't show."""
_KEPT = ("location", "tags", "identity", "sku", "kind", "properties")


@dataclass(frozen=True)
class Wanted:
    """A resource that a template asks for. Its body is evaluated when its turn comes."""

    id: str
    type: str
    api_version: str
    raw: dict[str, Any]
    scope: Scope
    depends: tuple[str, ...] = ()
    """What it waits for, as the template names that: ids, names, symbolic names, loops."""
    symbol: str = ""
    loop: str = ""
    existing: bool = False
    """It's only referred to: the template doesn't make it."""

    @property
    def nested(self) -> bool:
        """Whether it's a deployment itself."""
        return self.type.lower() == NESTED

    def is_called(self, name: str) -> bool:
        """Tell whether a name in `dependsOn`, or the argument of `reference`, means this resource."""
        low, own = name.lower().strip("/"), self.id.lower()
        named = own.endswith((f"/{low}", f"/providers/{low}")) if low else False
        return named or own == f"/{low}" or low in (self.symbol.lower() or None, self.loop.lower() or None)

    def body(self, running: Scope) -> dict[str, Any]:
        """Return the body of its PUT. `running` are the functions that look at what's already there."""
        scope = {**self.scope, **running}
        given = {name: self.raw[name] for name in _KEPT if self.raw.get(name) is not None}
        if not self.nested:
            return {name: found for name, each in given.items() if (found := evaluate(each, scope)) is not None}
        properties = dict(section(given, "properties"))
        inner = section(properties, "expressionEvaluationOptions").get("scope", "outer")
        kept = {"template": properties.pop("template", None)} if str(inner).lower() == "inner" else {}
        found = {name: evaluate(each, scope) for name, each in properties.items()} | kept
        return {**{name: evaluate(given[name], scope) for name in given if name != "properties"}, "properties": found}


@dataclass(frozen=True)
class Template:
    """A template whose parameters are known."""

    resources: list[Wanted]
    parameters: dict[str, Any]
    """As answers show them: type and value, but no value if it's a secret."""
    outputs: dict[str, Any]
    """As given, with their expressions."""
    scope: Scope
    hash: str
    given: dict[str, Any] = field(default_factory=dict)
    """The template as it was sent."""


def read_template(body: dict[str, Any], place: Place, now: str) -> Template:
    """Read a deployment's body. Raises ArmError if it isn't a template, or needs what the sandbox doesn't have."""
    properties = body.get("properties")
    template = properties.get("template") if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(template, dict):
        raise not_simulated("a deployment without a template in its body")
    if str(properties.get("mode", "Incremental")).lower() != "incremental":
        raise not_simulated("deployments in complete mode")
    functions = functions_of(template)
    _check_functions(template, frozenset(name.lower() for name in functions))
    values: dict[str, tuple[str, Any]] = {}
    scope = scope_of(place, values, section(template, "variables", PATH), functions)
    given = section(properties, "parameters", "properties")
    _read_parameters(values, section(template, "parameters", PATH), given, {**scope, **new_values(now)})
    found = list(_resources(template.get("resources") or [], scope, place))
    scope = {**scope, "resourceInfo": lambda name: _info(found, name)}
    found = [_with_scope(wanted, scope) for wanted in found]
    _check_order([wanted for wanted in found if not wanted.existing])
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    outputs = section(template, "outputs", PATH)
    for name in outputs:
        section(outputs, name, f"{PATH}.outputs")
    number = str(int.from_bytes(digest[:8]))
    return Template(found, _shown(values), outputs, scope, number, template)


def _check_functions(template: dict[str, Any], own: frozenset[str]) -> None:
    """Refuse a function that the sandbox doesn't know, wherever it is: also in templates in the template."""
    from .evaluation import unknown_function  # here, so that the sandbox starts without lark

    if name := unknown_function(expressions(template), own | _inner_functions(template)):
        raise not_simulated(f"the template function '{name}'")


def _inner_functions(value: Any) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(each, dict) and isinstance(each.get("functions"), list):
            found |= {name.lower() for name in functions_of(each)}
        found |= _inner_functions(each)
    return found


def _read_parameters(
    found: dict[str, tuple[str, Any]], declared: dict[str, Any], given: dict[str, Any], scope: Scope
) -> None:
    """Add type and value of each parameter. A default can use the functions of `scope`, which sees what's found."""
    unknown = [name for name in given if name.lower() not in {known.lower() for known in declared}]
    if unknown:
        raise invalid_template(f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid")
    low = {name.lower(): each.get("value") for name, each in given.items() if isinstance(each, dict)}
    for name in declared:
        about = section(declared, name, f"{PATH}.parameters")
        kind = str(about.get("type", "" if "$ref" not in about else "object")).lower()
        value = low.get(name.lower())
        value = evaluate(about.get("defaultValue"), scope) if value is None else value
        if value is None:
            if about.get("nullable") is True or "defaultValue" in about:
                found[name] = (kind, None)
                continue
            raise invalid_template(f"The value for the template parameter '{name}' is not provided")
        _check_value(name, about, kind, value)
        found[name] = (kind, value)


def _check_value(name: str, about: dict[str, Any], kind: str, value: Any) -> None:
    from .functions import Later

    if isinstance(value, Later):
        return
    is_other = isinstance(value, bool) != (kind == "bool")  # to Python a bool is an int
    wanted = _TYPES.get(kind)
    if wanted is None or ("$ref" not in about and (is_other or not isinstance(value, wanted))):
        raise invalid_template(f"The value of the template parameter '{name}' is not of type '{about.get('type')}'")
    allowed = about.get("allowedValues") or []
    if not isinstance(allowed, list) or (allowed and value not in allowed):
        raise invalid_template(f"The value of the template parameter '{name}' is not one of those allowed")


def _shown(values: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: {"type": _SECRET.get(kind, kind.title())} for name, (kind, _) in values.items()}
    for name, (kind, value) in values.items():
        if kind not in _SECRET and value is not None:
            shown[name]["value"] = value
    return shown


def _resources(
    listed: Any, scope: Scope, place: Place, kind: str = "", name: str = "", above: tuple[str, ...] = ()
) -> Iterator[Wanted]:
    """Yield the resources of a template, or of another resource: `kind` and `name` are that one's."""
    if not isinstance(listed, list | dict):
        raise invalid_template("The 'resources' of the template are neither a list nor an object")
    named = listed if isinstance(listed, dict) else {str(number): each for number, each in enumerate(listed)}
    symbolic = isinstance(listed, dict)
    for symbol, given in named.items():
        if not isinstance(given, dict) or not all(
            isinstance(given.get(n), str) for n in ("type", "apiVersion", "name")
        ):
            raise invalid_template("A resource needs a type, a name and an apiVersion")
        copy = given.get("copy")
        if not isinstance(copy, dict):
            yield from _resource(given, scope, place, (kind, name), above, symbol if symbolic else "")
            continue
        loop, count = str(copy.get("name", "")), evaluate(copy.get("count"), scope)
        if not isinstance(count, int) or count < 0:
            raise invalid_template("The 'count' of a copy loop is not a number")
        for number in range(count):
            inner = with_index(scope, loop, number)
            for wanted in _resource(given, inner, place, (kind, name), above, f"{symbol}[{number}]"):
                yield _replaced(wanted, symbol=wanted.symbol if symbolic else "", loop=symbol if symbolic else loop)


def _resource(
    given: dict[str, Any], scope: Scope, place: Place, parent: tuple[str, str], above: tuple[str, ...], symbol: str
) -> Iterator[Wanted]:
    if not _is_wanted(given, scope):
        return
    kind, name = evaluate(given["type"], scope), evaluate(given["name"], scope)
    if not isinstance(name, str) or not isinstance(kind, str):
        raise invalid_template("The name of a resource can't depend on what is deployed")
    if parent[0] and not kind.lower().startswith(f"{parent[0].lower()}/"):
        kind, name = f"{parent[0]}/{kind}", f"{parent[1]}/{name}"
    path = resource_path(_above(given, scope, place, kind), kind, name.split("/"))
    depends = evaluate(given.get("dependsOn") or [], scope)
    if not isinstance(depends, list) or not all(isinstance(each, str) for each in depends):
        raise invalid_template(f"The 'dependsOn' of the resource '{name}' is not a list of names")
    existing = given.get("existing") is True
    yield Wanted(
        path, kind, str(evaluate(given["apiVersion"], scope)), given, scope, (*depends, *above), symbol, "", existing
    )
    if given.get("resources"):
        yield from _resources(given["resources"], scope, place, kind, name, (*above, path))


def _above(given: dict[str, Any], scope: Scope, place: Place, kind: str) -> str:
    """Return the scope that a resource is made at."""
    wanted = evaluate(given.get("scope"), scope)
    if isinstance(wanted, str):
        if wanted == "/":
            raise not_simulated("deployments to the tenant")
        return wanted if wanted.startswith("/") else f"{place.scope}/providers/{wanted}"
    group, subscription = (evaluate(given.get(name), scope) for name in ("resourceGroup", "subscriptionId"))
    if kind.lower() == NESTED and (group or subscription):
        above = f"/subscriptions/{subscription}" if subscription else place.subscription_id
        return f"{above}/resourceGroups/{group}" if group else above
    return place.scope


def _is_wanted(given: dict[str, Any], scope: Scope) -> bool:
    """Tell whether a resource's condition holds."""
    condition = evaluate(given.get("condition", True), scope)
    if not isinstance(condition, bool):
        raise invalid_template("The 'condition' of a resource is neither true nor false")
    return condition


def _replaced(wanted: Wanted, **changes: Any) -> Wanted:
    return Wanted(**{**{name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}, **changes})


def _with_scope(wanted: Wanted, scope: Scope) -> Wanted:
    return _replaced(wanted, scope={**scope, **{n: wanted.scope[n] for n in ("copyIndex",) if n in wanted.scope}})


def _info(resources: list[Wanted], name: str) -> dict[str, str]:
    """Answer `resourceInfo('symbolicName')`."""
    found = next(wanted for wanted in resources if wanted.symbol.lower() == name.lower())
    return {"id": found.id, "type": found.type, "name": found.id.rpartition("/")[2], "apiVersion": found.api_version}


def waits_for(wanted: Wanted, resources: list[Wanted]) -> list[Wanted]:
    """Return what a resource waits for: what it names, its parent, and what it's an extension of."""
    own = wanted.id.lower()
    return [
        other
        for other in resources
        if other is not wanted
        and (own.startswith(f"{other.id.lower()}/") or any(other.is_called(name) for name in wanted.depends))
    ]


def _check_order(resources: list[Wanted]) -> None:
    """Refuse resources that wait for each other."""
    waiting = {id(wanted): {id(other) for other in waits_for(wanted, resources)} for wanted in resources}
    while waiting:
        free = [key for key, others in waiting.items() if not others & waiting.keys()]
        if not free:
            raise invalid_template("Circular dependency detected on the resources of the template")
        for key in free:
            del waiting[key]
