"""The article's next step one: individual REST calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...azure.clients import DIGITAL_TWINS
from ...display.cards import Block, Table
from ...explain.translate import explaining
from ...parameters import ClientParameters
from ..clean_up import undo as clean_up_undo
from ..core.plan_builder import Draft, refusal
from ..core.results import Check, Outcome, Plan, Proof, Undone
from ..core.step import Choice, Progress, Silent, Step
from ..data_plane import access
from ..data_plane.access import Entry, Host
from ..subscription.existing_instance import offer_instances
from . import rest_calls
from .rest_calls import Exchange, RestCall


class CallRest(Step[ClientParameters]):
    """Shows the token, and sends single REST calls with it. Only reads."""

    id: ClassVar[str] = "call-rest"
    title: ClassVar[str] = "Send individual REST calls"
    action_label: ClassVar[str] = "Send"
    parameters_type: ClassVar[type[ClientParameters]] = ClientParameters

    def plan(self) -> Plan:
        """Say which calls would be sent, and whether the account is let in."""
        return self._look()[0]

    def apply(self, progress: Progress = Silent()) -> Outcome:  # noqa: B008
        """Send the calls, and show each with its answer."""
        progress.phase("Looking for the instance")
        plan, host, entry = self._look()
        self.context.journal.record("plan", self.id, plan=plan.as_json())
        if host is None or plan.blocked:
            raise refusal(plan) or AssertionError("a plan without a host names what is in the way")
        clients = self.context.clients
        with explaining("calling the instance"):
            if entry == "soon":
                access.wait_for_access(self.context, host, progress, self.parameters.timeout_minutes * 60)
            progress.phase("Sending the calls")
            claims = clients.target.claims(f"{DIGITAL_TWINS}/.default")
            exchanges = [rest_calls.send(clients, host, call) for call in rest_calls.calls(host)]
        outcome = self._outcome(host, claims, exchanges)
        self.context.journal.record("apply", self.id, outcome=outcome.as_json())
        return outcome

    def verify(self, progress: Progress = Silent()) -> Proof:  # noqa: B008
        """Check the token and the answers, and that the SDK gets the same."""
        progress.phase("Comparing the answers")
        draft = Draft(self.id, "")
        with explaining("checking the calls"):
            host = access.find_host(self.context.clients, self.parameters, draft)
            checks = self._checks(host) if host else (_missing(draft),)
        good = all(check.status != "failed" for check in checks)
        title = "REST and SDK give the same answers" if good else "The calls are not answered as they should be"
        proof = Proof(self.id, title, tuple(checks))
        self.context.journal.record("verify", self.id, proof=proof.as_json())
        return proof

    def undo(self, progress: Progress = Silent()) -> Undone:  # noqa: B008
        """Take nothing back: the calls only read."""
        return clean_up_undo.undo(self, progress)

    def choices(self, field: str, values: Mapping[str, Any]) -> Sequence[Choice]:
        """Offer subscriptions, resource groups and instances."""
        return offer_instances(self, field, values)

    def _look(self) -> tuple[Plan, Host | None, Entry]:
        draft = Draft(self.id, "Call the instance by REST", if_empty="Nothing is changed: the calls only read.")
        clients, entry = self.context.clients, "closed"
        with explaining("working out the plan"):
            host = access.find_host(clients, self.parameters, draft)
            if host:
                entry = access.enter(clients, host, access.READ, draft)
                planned = rest_calls.calls(host)
                draft.blocks.append(_planned(planned))
                draft.ways += [way for call in planned for way in call.ways]
        return draft.finish(), host, entry  # type: ignore[return-value]

    def _outcome(self, host: Host, claims: Mapping[str, Any], exchanges: Sequence[Exchange]) -> Outcome:
        blocks: list[Block] = [rest_calls.token_table(claims), *(one.listing() for one in exchanges)]
        good = all(exchange.as_expected for exchange in exchanges)
        notes = () if good else ("Not every call was answered as it should be; the checks say more.",)
        answered = f"{len(exchanges)} calls were answered"
        tone: Any = "good" if good else "warning"
        values = {"Host name": host.name}
        return Outcome(self.id, answered, values, (), notes, tone, tuple(blocks), "Nothing was changed.")

    def _checks(self, host: Host) -> list[Check]:
        clients = self.context.clients
        audience = str(clients.target.claims(f"{DIGITAL_TWINS}/.default").get("aud"))
        right = audience.rstrip("/") == DIGITAL_TWINS
        checks = [_check("The token is for the data plane", right, f"aud is {audience}")]
        exchanges = [rest_calls.send(clients, host, call) for call in rest_calls.calls(host)]
        for one in exchanges:
            evidence = f"{one.call.method}: {one.status} {one.reason}"
            checks.append(_check(one.call.name, one.as_expected, evidence))
        listed = next(one for one in exchanges if one.call.url.partition("?")[0].endswith("/models"))
        by_rest = len(listed.content.get("value", ())) if isinstance(listed.content, dict) else -1
        (sdk,) = rest_calls.listing_models(host).calls
        # One page is enough for either: the SDK would follow the links that a single call does not.
        by_sdk = len(list(next(sdk.run(clients).by_page(), ())))
        evidence = f"models: {by_rest} by REST, {by_sdk} by SDK"
        return [*checks, _check("The SDK gets the same", by_rest == by_sdk, evidence)]


def _planned(planned: Sequence[RestCall]) -> Table:
    rows = tuple((call.name, call.place, call.audience) for call in planned)
    return Table(("Call", "Method and address", "Token for"), rows)


def _missing(draft: Draft) -> Check:
    problem = draft.problems[0]
    return Check("The instance is there", "failed", problem.message, problem.remedy)


def _check(name: str, passed: bool, evidence: str) -> Check:
    remedy = "" if passed else "Run this step again; its plan says what is missing."
    return Check(name, "passed" if passed else "failed", evidence, remedy)
