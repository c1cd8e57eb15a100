"""What a notebook holds: one sign-in, one record, and the steps."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import starting
from .azure.clients import Clients
from .display.cards import Card, Displayable
from .display.plain import visible
from .errors import StepNotRun
from .mode import check_injected_names, detect_mode
from .record.journal import open_journal
from .record.redaction import redact
from .steps.core.context import Context, Presenter
from .steps.core.patience import signed_in
from .steps.core.results import Outcome
from .steps.core.step import SANDBOX
from .unattended import PrintedProgress, UnattendedPresenter

if TYPE_CHECKING:
    from .steps.access.step import AssignAccess
    from .steps.clean_up.step import CleanUp
    from .steps.data.build_graph import BuildGraph
    from .steps.data.call_rest import CallRest
    from .steps.data.connect_client import ConnectClient
    from .steps.identity.step import ManagedIdentity
    from .steps.instance.step import CreateInstance
    from .steps.private_link.step import PrivateAccess
    from .steps.start.step import StartHere

_PLACES = {"sandbox": SANDBOX, "azure": "Azure"}
_log_handler: logging.Handler | None = None


class Runbook(Displayable):
    """The guide in one notebook: signed in to a target, with the steps as methods.

    `target` is sandbox or azure. `sign_in` is a way to sign in there; empty means the default. `tenant` is an id or
    domain; empty means the account's home tenant. `mode` is guided, unattended or auto. `timeout_minutes` says how long
    a step waits for Azure.

    Signs in right away. Raises InputError for an invalid value, SignInFailed if the sign-in fails, and Unreachable if
    nothing answers.
    """

    def __init__(
        self,
        target: str = "sandbox",
        sign_in: str = "",
        tenant: str = "",
        mode: str = "auto",
        timeout_minutes: int = 10,
    ) -> None:
        try:
            self._start(target, sign_in, tenant, mode, timeout_minutes)
        except BaseException:
            starting.end()
            raise
        if self.mode == "unattended":
            starting.end()

    def _start(self, target: str, sign_in: str, tenant: str, mode: str, timeout_minutes: int) -> None:
        check_injected_names()
        self.mode = detect_mode(mode)
        self._common: dict[str, Any] = {
            "target": target,
            "sign_in": sign_in,
            "tenant": tenant,
            "mode": mode,
            "timeout_minutes": timeout_minutes,
        }
        self.target = signed_in(target, sign_in, tenant, _seconds(timeout_minutes), PrintedProgress())
        self.account = self.target.account()
        self._results: dict[str, Outcome] = {}
        journal = open_journal(target)
        _log_to(journal.folder / "runbook.log")
        journal.record("session", "", target=self.target.name, account=asdict(self.account))
        clients = Clients(self.target, journal.note_answer)
        self._context = Context(clients, journal, self._presenter(journal.folder / "runbook.log"))

    def start_here(self, **values: Any) -> StartHere:
        """Return the step that checks your access and prepares the subscription; `values` are its parameters."""
        from .steps.start.step import StartHere

        return StartHere(self._context, self._common | values)

    def create_instance(self, **values: Any) -> CreateInstance:
        """Return the step that creates the instance; `values` are its parameters."""
        from .steps.instance.step import CreateInstance

        return CreateInstance(self._context, self._common | values)

    def assign_access(self, **values: Any) -> AssignAccess:
        """Return the step that gives someone access to the data; `values` are its parameters."""
        from .steps.access.step import AssignAccess

        return AssignAccess(self._context, self._common | values)

    def managed_identity(self, **values: Any) -> ManagedIdentity:
        """Return the step that changes the instance's managed identities; `values` are its parameters."""
        from .steps.identity.step import ManagedIdentity

        return ManagedIdentity(self._context, self._common | values)

    def private_access(self, **values: Any) -> PrivateAccess:
        """Return the step that enables private access with Private Link; `values` are its parameters."""
        from .steps.private_link.step import PrivateAccess

        return PrivateAccess(self._context, self._common | values)

    def call_rest(self, **values: Any) -> CallRest:
        """Return the step that sends individual REST calls; `values` are its parameters."""
        from .steps.data.call_rest import CallRest

        return CallRest(self._context, self._common | values)

    def build_graph(self, **values: Any) -> BuildGraph:
        """Return the step that builds a small factory of twins; `values` are its parameters."""
        from .steps.data.build_graph import BuildGraph

        return BuildGraph(self._context, self._common | values)

    def connect_client(self, **values: Any) -> ConnectClient:
        """Return the step that writes client code and runs it; `values` are its parameters."""
        from .steps.data.connect_client import ConnectClient

        return ConnectClient(self._context, self._common | values)

    def clean_up(self, **values: Any) -> CleanUp:
        """Return the step that removes what this run made; `values` are its parameters."""
        from .steps.clean_up.step import CleanUp

        return CleanUp(self._context, self._common | values)

    def result(self, step_id: str) -> Outcome:
        """Return what a step did, by its id, for example `create-instance`. Raises StepNotRun if it hasn't run yet."""
        if step_id not in self._results:
            raise StepNotRun(f"Complete first: the step {step_id} hasn't run in this notebook yet.")
        return self._results[step_id]

    def card(self) -> Card:
        """Show the target and the account."""
        kind = "user" if self.account.kind == "User" else "service principal"
        mode = "guided, with forms" if self.mode == "guided" else "unattended, steps run without asking"
        rows = [
            ("Where", _PLACES[self.target.name]),
            ("Signed in as", f"{self.account.name or self.account.object_id} ({kind})"),
            ("Tenant", self.account.tenant_id),
            ("Mode", mode),
        ]
        return Card("You're signed in.", "good", rows)

    def _ipython_display_(self) -> None:
        if self.mode == "unattended":
            raise NotImplementedError  # then IPython shows the card as it shows any other
        from .forms.guided import GuidedPresenter

        presenter = self._context.presenter
        assert isinstance(presenter, GuidedPresenter)
        presenter.present_start(self.card(), self._context.journal)

    def _presenter(self, log_file: Path) -> Presenter:
        if self.mode == "unattended":
            return UnattendedPresenter(self._results)
        from .forms.guided import GuidedPresenter  # loads ipywidgets, which an unattended run doesn't need

        return GuidedPresenter(self._results, str(log_file))


def _seconds(timeout_minutes: object) -> float:
    """Return the longest wait for the sign-in. The steps say what's wrong with a value that isn't a number."""
    return float(timeout_minutes) * 60 if isinstance(timeout_minutes, int | float) else 600.0


class _Redacted(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(str(redact(super().format(record))))


def close_log() -> None:
    """Close the log of unexpected failures, if one is open."""
    global _log_handler  # a kernel has one log: the latest Runbook's
    if _log_handler:
        logging.getLogger("runbook").removeHandler(_log_handler)
        _log_handler.close()
        _log_handler = None


def _log_to(path: Path) -> None:
    """Log unexpected failures to the record's folder, because a notebook would lose them."""
    global _log_handler
    close_log()
    _log_handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    _log_handler.setFormatter(_Redacted("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("runbook").addHandler(_log_handler)
