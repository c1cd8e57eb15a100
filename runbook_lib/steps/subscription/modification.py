"""Who changed an instance last, as Azure notes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.removal import Removal, created_by_us

if TYPE_CHECKING:
    from azure.mgmt.digitaltwins.models import DigitalTwinsDescription


def changed_by_us(removal: Removal, instance: DigitalTwinsDescription | None) -> bool:
    """Tell whether the signed-in account changed an instance last, after the run had begun to."""
    noted: Any = instance.system_data if instance else None
    if noted is None:
        return False
    when = noted.last_modified_at.isoformat() if noted.last_modified_at else ""
    return created_by_us(removal, str(noted.last_modified_by or ""), when)
