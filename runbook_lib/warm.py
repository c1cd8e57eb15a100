"""Prepares the kernel of a run: it imports what every notebook needs before it's asked, and keeps the sign-in."""

from __future__ import annotations

import gc

import azure.digitaltwins.core
import azure.identity
import azure.mgmt.authorization.v2022_04_01
import azure.mgmt.digitaltwins
import azure.mgmt.resource.resources
import azure.mgmt.resource.subscriptions  # noqa: F401  # all of this is for its effect

from . import session, unattended  # noqa: F401
from .azure.target import keep_targets
from .steps.access import step as access  # noqa: F401
from .steps.instance import step as instance  # noqa: F401
from .steps.start import step as start  # noqa: F401

keep_targets()
gc.freeze()  # what's imported stays: no collection has to look at it again
