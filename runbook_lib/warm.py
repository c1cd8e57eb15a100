"""Imports what every notebook needs, so that a kernel has it before it's asked. It does nothing else."""

from __future__ import annotations

import azure.digitaltwins.core
import azure.identity
import azure.mgmt.authorization.v2022_04_01
import azure.mgmt.digitaltwins
import azure.mgmt.resource.resources
import azure.mgmt.resource.subscriptions  # noqa: F401  # all of this is for its effect

from . import session, unattended  # noqa: F401
from .steps.access import step as access  # noqa: F401
from .steps.instance import step as instance  # noqa: F401
from .steps.start import step as start  # noqa: F401
