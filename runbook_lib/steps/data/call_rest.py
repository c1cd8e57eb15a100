"""The article's next step one: individual REST calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...azure.clients import DIGITAL_TWINS
from ...display.cards import Block, Table
from ...explain.translate import explaining
from ...parameters import ClientParameters
from ..core.context import Progress
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..data_plane import access
from ..data_plane.access import Entry, Host
from . import rest_calls
from .rest_calls import Exchange, RestCall
from .step import DataStep


@dataclass(frozen=True)
class Findings:
    """The instance, and whether the account has access."""

    host: Host
    entry: Entry = "closed"


class CallRest(DataStep[ClientParameters, Findings]):
    """Shows the token, and sends individual REST calls with it. Only reads."""

    id: ClassVar[str] = "call-rest"
    title: ClassVar[str] = "Send individual REST calls"
    action_label: ClassVar[str] = "Send"
    parameters_type: ClassVar[type[ClientParameters]] = ClientParameters
    plan_title: ClassVar[str] = "Call the instance's REST APIs"
    if_empty: ClassVar[str] = "The calls only read, so nothing changes."
    looking: ClassVar[str] = "Looking for the instance"
    checking: ClassVar[str] = "Comparing the answers"
    cannot_check: ClassVar[tuple[str, str]] = ("Some answers aren't as expected", "The instance exists")

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        host = access.find_host(self.context.clients, self.parameters, builder)
        return Findings(host) if host else None

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        entry = access.enter(self.context.clients, found.host, access.READ, builder)
        planned = rest_calls.calls(found.host)
        builder.blocks.append(_planned(planned))
        builder.recipes += [recipe for call in planned for recipe in call.recipes]
        return Findings(found.host, entry)

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        clients, host = self.context.clients, found.host
        with explaining("calling the instance"):
            progress.phase("Sending the calls")
            claims = clients.target.claims(f"{DIGITAL_TWINS}/.default")
            exchanges = [rest_calls.send(clients, host, call) for call in rest_calls.calls(host)]
        return self._outcome(host, claims, exchanges)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        titles = "REST and SDK give the same answers", self.cannot_check[0]
        return Verification.of(self.id, self._checks(found.host), *titles)

    def _outcome(self, host: Host, claims: Mapping[str, Any], exchanges: Sequence[Exchange]) -> Outcome:
        blocks: list[Block] = [rest_calls.token_table(claims), *(one.listing() for one in exchanges)]
        good = all(exchange.as_expected for exchange in exchanges)
        notes = () if good else ("Some answers aren't as expected. The checks say more.",)
        title = f"Azure answered {len(exchanges)} calls"
        tone: Any = "good" if good else "warning"
        return Outcome(self.id, title, {"Host name": host.name}, (), notes, tone, tuple(blocks), "Nothing was changed.")

    def _checks(self, host: Host) -> list[Check]:
        clients = self.context.clients
        audience = str(clients.target.claims(f"{DIGITAL_TWINS}/.default").get("aud"))
        right = audience.rstrip("/") == DIGITAL_TWINS
        checks = [_result("The token is for the data plane", right, f"aud is {audience}")]
        exchanges = [rest_calls.send(clients, host, call) for call in rest_calls.calls(host)]
        for one in exchanges:
            evidence = f"{one.call.method}: {one.status} {one.reason}"
            checks.append(_result(one.call.name, one.as_expected, evidence))
        listed = next(one for one in exchanges if one.call.url.partition("?")[0].endswith("/models"))
        by_rest = len(listed.content.get("value", ())) if isinstance(listed.content, dict) else -1
        (sdk,) = rest_calls.listing_models(host).calls
        # Compare one page: unlike a single call, the SDK would follow the links to more.
        by_sdk = len(list(next(sdk.run(clients).by_page(), ())))
        evidence = f"models: {by_rest} by REST, {by_sdk} by SDK"
        return [*checks, _result("The SDK gets the same", by_rest == by_sdk, evidence)]


def _planned(planned: Sequence[RestCall]) -> Table:
    rows = tuple((call.name, call.place, call.audience) for call in planned)
    return Table(("Call", "Method and address", "Token for"), rows)


def _result(name: str, passed: bool, evidence: str) -> Check:
    return Check.of(name, passed, evidence, "Run this step again. Its plan says what's missing.")
