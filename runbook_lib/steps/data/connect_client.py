"""The article's next step two: connect a client application with authentication code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ...azure.target import Account
from ...display.cards import Block, Listing, Table
from ...explain.translate import explaining
from ...parameters import CREDENTIALS, LANGUAGES, ClientCodeParameters
from ..core.context import Progress
from ..core.plan_builder import PlanBuilder
from ..core.results import Check, Outcome, Plan, Verification
from ..data_plane import access
from ..data_plane.access import Entry, Host
from . import client_code
from .client_code import CLASSES, CREATE_CLIENT, WHEN, ClientCode
from .rest_calls import listing_models
from .step import DataStep


@dataclass(frozen=True)
class Findings:
    """The program, and the instance it connects to."""

    host: Host
    code: ClientCode
    cannot_run: str
    """Why it's only shown; empty if it runs here."""
    entry: Entry = "closed"


class ConnectClient(DataStep[ClientCodeParameters, Findings]):
    """Writes the code for a client that signs in to this instance, and runs it if it can."""

    id: ClassVar[str] = "connect-client"
    title: ClassVar[str] = "Connect a client application"
    action_label: ClassVar[str] = "Write code"
    parameters_type: ClassVar[type[ClientCodeParameters]] = ClientCodeParameters

    plan_title: ClassVar[str] = "Write client code"
    if_empty: ClassVar[str] = "The code only reads, so nothing changes."
    looking: ClassVar[str] = "Looking for the instance"
    checking: ClassVar[str] = "Checking the client code"
    cannot_check: ClassVar[tuple[str, str]] = ("The client doesn't connect", "The instance exists")
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "credential": {name: f"{CLASSES[name]} ({name})" for name in CREDENTIALS},
        "language": {name: client_code.label(name) for name in LANGUAGES},
    }

    def _survey(self, builder: PlanBuilder) -> Findings | None:
        wanted, clients = self.parameters, self.context.clients
        host = access.find_host(clients, wanted, builder)
        if host is None:
            return None
        code = client_code.write(wanted.language, wanted.credential, host.url, clients.target.account().tenant_id)
        return Findings(host, code, _cannot_run(wanted))

    def _draw_up(self, found: Findings, builder: PlanBuilder) -> Findings:
        entry = access.enter(self.context.clients, found.host, access.READ, builder)
        builder.choices += [("Language", found.code.language.label), ("Credential", found.code.credential)]
        builder.choices.append(("Run here", self._how(found)))
        builder.recipes.append(listing_models(found.host))
        return replace(found, entry=entry)

    def _carry_out(self, plan: Plan, found: Findings, progress: Progress) -> Outcome:
        with explaining("running the client code"):
            printed = None if found.cannot_run else self._run(found, progress)
        return self._outcome(found, printed)

    def _check(self, found: Findings, progress: Progress) -> Verification:
        if found.cannot_run:
            ran = Check("The code runs", "not tried", found.cannot_run)
        else:
            with explaining("running the client code"):
                ran = self._run_check(found, progress)
        return Verification.of(self.id, (_address_check(found), ran), "The client connects", self.cannot_check[0])

    def _how(self, found: Findings) -> str:
        return f"no: {found.cannot_run}" if found.cannot_run else "yes, " + (self._replaced(found) or "as it is")

    def _replaced(self, found: Findings) -> str:
        """Say what we replace when the code runs here; empty if nothing."""
        target, parts = self.context.clients.target, []
        if type(target.credential).__name__ != found.code.credential:
            parts.append(f"your current sign-in instead of {found.code.sign_in}")
        if target.client_settings:
            # On Azure there are none.
            settings = " and ".join(sorted(target.client_settings))
            parts.append(f"{settings} for the client, which connect it to the {target.name}")
        return f"with {'; '.join(parts)}" if parts else ""

    def _run(self, found: Findings, progress: Progress) -> list[str]:
        """Run the program in this process; return the lines that it prints. Raises what the client raises."""
        from ...azure.retries import patient_pauses

        progress.phase("Running the client code")
        target, text, printed = self.context.clients.target, found.code.text, list[str]()
        if type(target.credential).__name__ != found.code.credential:
            text = text.replace(found.code.sign_in, "present_sign_in")
        if target.client_settings:
            text = text.replace(CREATE_CLIENT, CREATE_CLIENT.replace(")", ", **settings)"))
        # Our own print, because all threads share the kernel's standard output.
        scope: dict[str, Any] = {
            "present_sign_in": target.credential,
            "settings": target.client_settings,
            "print": lambda *values: printed.append(" ".join(map(str, values))),
        }
        try:
            with patient_pauses():  # the code as people copy it has azure-core's own, silent pauses
                exec(compile(text, found.code.language.file, "exec"), scope)  # noqa: S102  # a text of ours, values checked
        finally:
            if "client" in scope:
                scope["client"]._client.close()  # this SDK's client has no close() of its own
        return printed

    def _outcome(self, found: Findings, printed: list[str] | None) -> Outcome:
        code = found.code
        values = {"Address": found.host.url, "Credential": code.credential, "Install": code.language.install}
        blocks: list[Block] = [Listing(f"{code.language.file}, ready to copy", code.text.rstrip())]
        if printed is not None:
            blocks.append(Listing("It printed", "\n".join(printed) or "(nothing: the instance has no models)"))
        blocks.append(_other_credentials(self.parameters.language, self.context.clients.target.account()))
        notes = [f"Run here: {self._how(found)}."]
        if code.language.differs:
            notes.append(f"Different from Python: {code.language.differs}")
        title = f"Client code in {code.language.label}"
        return Outcome(self.id, title, values, (), tuple(notes), "good", tuple(blocks), "Nothing was changed.")

    def _run_check(self, found: Findings, progress: Progress) -> Check:
        printed = self._run(found, progress)
        (listing,) = listing_models(found.host).calls
        there = [str(model.id) for model in listing.run(self.context.clients)]
        same = sorted(printed) == sorted(there)
        evidence = f"it printed the ids of {len(printed)} models; the instance has {len(there)}"
        return Check.of("The code runs", same, evidence, "Run this cell again.")


def _cannot_run(wanted: ClientCodeParameters) -> str:
    if wanted.language != "python":
        return f"this notebook runs Python, not {client_code.label(wanted.language)}"
    reasons = {
        "managed-identity": "only a machine in Azure has a managed identity",
        "browser": "it opens a browser window, which a notebook on another machine can't",
    }
    return reasons.get(wanted.credential, "")


def _other_credentials(language: str, account: Account) -> Table:
    where = (account.tenant_id, account.cloud)
    rows = tuple((CLASSES[one], client_code.expression(language, one, *where), WHEN[one]) for one in CREDENTIALS)
    return Table(("Credential", "In code", "When"), rows, "Other ways to sign in change one line:")


def _address_check(found: Findings) -> Check:
    """Check for the most common mistake: a host name without `https://`, or with it twice."""
    text, url = found.code.text, found.host.url
    good = text.count(f'"{url}"') == 1 and "https://https://" not in text
    return Check.of("The address has https:// once", good, found.host.url, "Correct host_name.")
