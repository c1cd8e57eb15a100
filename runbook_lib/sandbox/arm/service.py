"""Azure Resource Manager: everything behind management.azure.com."""

from __future__ import annotations

from ..context import Context
from ..http import Answer, Request
from . import cloud_metadata
from .authorization import DenyAssignments, Eligibility, Locks, ProviderOperations, RoleAssignments, RoleDefinitions
from .deployments import Deployments
from .digital_twins import TWINS, DigitalTwins
from .errors import ArmError
from .gateway import Gateway
from .generic_resources import GenericResources
from .generic_resources.integrations import integrations
from .group_exports import GroupExports
from .headers import FIXED, Quota, identify, provider_headers
from .inventory import Inventory
from .managed_identity import ManagedIdentity
from .network import NetworkLists, network_kinds
from .paths import parse
from .policy import Policies
from .registrations import Registrations
from .resource_groups import ResourceGroups
from .subscriptions import Subscriptions
from .tag_names import TagNames
from .tag_resources import TagResources

ENTRY = "WESTEUROPE"
"""Where this sandbox's ARM receives requests, according to its routing ids."""


class ResourceManager:
    """Answers for management.azure.com."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._inventory = inventory = Inventory(context.store)
        twins = DigitalTwins(context, inventory)
        network = network_kinds(inventory, {TWINS.lower(): twins.private_links})
        parts = (
            Subscriptions(context.store, context.access),
            Registrations(context),
            ResourceGroups(context, inventory),
            GroupExports(context, inventory),
            TagResources(context.store),
            TagNames(context.store, inventory),
            NetworkLists(context, inventory),
            twins,
            ManagedIdentity(context, inventory),
            Deployments(context, inventory, self._deploy),
            GenericResources(context, inventory, [*network, *integrations(context.clock, inventory)]),
            RoleAssignments(context),
            RoleDefinitions(context),
            DenyAssignments(context.store),
            Eligibility(context),
            Locks(context.store),
            Policies(context),
            ProviderOperations(),
        )
        self._gateway = Gateway(context, (route for part in parts for route in part.routes()))
        self._quota = Quota()
        self.routes = self._gateway.routes

    def handle(self, request: Request) -> Answer:
        """Answer a request. Refusals are also answered here, because they have the same headers."""
        try:
            answer = self._serve(request)
        except ArmError as error:
            answer = error.answer()
        if request.method == "HEAD":
            answer.status, answer.body = 204 if answer.status == 200 else answer.status, None
        now, target = self._context.clock.now(), parse(request.path)
        by_gateway = "x-ms-failure-cause" in answer.headers
        answer.headers = {
            **FIXED,
            **identify(request, ENTRY, now),
            **self._quota.header(request, target.subscription, now),
            **({} if by_gateway else provider_headers(target.namespace)),
            **answer.headers,
        }
        return answer

    def action(self, request: Request) -> str:
        """Name the action that a request needs."""
        return self._gateway.action(request)

    def _serve(self, request: Request) -> Answer:
        if request.refusal:
            raise request.refusal
        if metadata := cloud_metadata.serve(request):
            return metadata
        route, call = self._gateway.admit(request)
        if request.method in ("GET", "HEAD"):
            return route.handler(call)
        # A write is checked and made in one transaction: if two race for a name, one must see the other.
        with self._context.store.transaction():
            return route.handler(call)

    def _deploy(self, request: Request, carry_out: bool) -> Answer:
        """Put a resource for a deployment, or only find out whether the gateway admits the call. Raises ArmError."""
        route, call = self._gateway.admit(request)
        return route.handler(call) if carry_out else Answer(200)
