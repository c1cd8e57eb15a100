"""What an instance contains: models, twins, relationships."""

from __future__ import annotations

from ..core.kinds import Kind, RequiredPermission, register, register_activity


def _data(*actions: str) -> tuple[RequiredPermission, ...]:
    return tuple(RequiredPermission(f"Microsoft.DigitalTwins/{action}", "instance", data=True) for action in actions)


RELATIONSHIP = register(
    Kind(
        "Relationship",
        {
            "create": _data("digitaltwins/relationships/write"),
            "delete": _data("digitaltwins/relationships/delete"),
        },
        rank=1,
    )
)
TWIN = register(
    Kind("Digital twin", {"create": _data("digitaltwins/write"), "delete": _data("digitaltwins/delete")}, rank=2)
)
MODEL = register(Kind("Model", {"create": _data("models/write"), "delete": _data("models/delete")}, rank=3))

READ = _data("models/read", "digitaltwins/read", "query/action")
WRITE = tuple(one for kind in (MODEL, TWIN, RELATIONSHIP) for one in kind.permissions["create"])
"""The permissions that reading and building take."""

register_activity("05", "Read data", READ)
register_activity("05", "Write data", WRITE)
