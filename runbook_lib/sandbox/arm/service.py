"""Azure Resource Manager: everything behind management.azure.com."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http import Answer, Request
from .authorization import RoleAssignments
from .digital_twins import DigitalTwins
from .errors import ArmError
from .gateway import Gateway
from .headers import FIXED, Quota, identify
from .paths import parse
from .registrations import Registrations
from .resource_groups import ResourceGroups
from .role_definitions import RoleDefinitions
from .subscriptions import Subscriptions

if TYPE_CHECKING:
    from ..cloud import Cloud

ENTRY = "WESTEUROPE"
"""Where this sandbox's ARM takes requests in, as its routing ids say."""


class ResourceManager:
    """Answers for management.azure.com."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        twins = DigitalTwins(cloud)
        groups = ResourceGroups(cloud, forget=twins.lifecycle.forget)
        parts = (
            Subscriptions(cloud),
            Registrations(cloud),
            groups,
            twins,
            RoleAssignments(cloud),
            RoleDefinitions(cloud),
        )
        self._gateway = Gateway(cloud, (route for part in parts for route in part.routes()))
        self._quota = Quota()

    def handle(self, request: Request) -> Answer:
        """Answer a request; refusals are answered here too, because they carry the same headers."""
        try:
            answer = self._serve(request)
        except ArmError as error:
            answer = error.answer()
        if request.method == "HEAD":
            answer.body = None
        now = self._cloud.clock.now()
        common = {**FIXED, **identify(request, ENTRY, now)}
        answer.headers = {
            **common,
            **self._quota.header(request, parse(request.path).subscription, now),
            **answer.headers,
        }
        return answer

    def _serve(self, request: Request) -> Answer:
        route, call = self._gateway.admit(request)
        if request.method in ("GET", "HEAD"):
            return route.handler(call)
        # A write is checked and made in one piece: of two that race for a name one must see the other.
        with self._cloud.store.transaction():
            return route.handler(call)
