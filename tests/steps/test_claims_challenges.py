"""A claims challenge (Continuous Access Evaluation, Conditional Access) is met with a token that has the claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.identity import AzureCliCredential

from runbook_lib.azure.clients import Clients
from runbook_lib.azure.target import Target, connect, sandbox_target
from runbook_lib.errors import SignInFailed
from runbook_lib.explain.translate import explaining
from runbook_lib.sandbox import Effect, Fault, Sandbox
from runbook_lib.sandbox.http import Answer, Request
from runbook_lib.sandbox.roles import DATA_OWNER
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TRAINING_ID, persona
from tests import azure

from .plant import HOST, SCOPE
from .test_bad_days import through_the_sandbox
from .world import World

READS: dict[str, Callable[[Clients], Any]] = {
    "arm": lambda clients: list(clients.resources(TRAINING_ID).resource_groups.list()),
    "graph": lambda clients: clients.graph.get("/organization"),
    "data": lambda clients: list(clients.data_plane(HOST).list_models()),
    "data, as REST": lambda clients: clients.data_rest(HOST.removeprefix("https://")).get(
        "/models?api-version=2023-10-31"
    ),
}


@pytest.fixture
def answered(let_in: World) -> Iterator[list[tuple[int, bool]]]:
    """Every answer but the token service's: its status, and whether the token had the claim."""
    let_in.somebody_assigns(DATA_OWNER, persona("setup-pipeline").id, SCOPE, kind="ServicePrincipal")
    seen: list[tuple[int, bool]] = []

    def note(request: Request, answer: Answer) -> None:
        if token := request.headers.get("authorization", "").partition(" ")[2]:
            seen.append((answer.status, "c1" in peek(token).get("acrs", ())))

    let_in.sandbox.cloud.observers.append(note)
    yield seen


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("persona_name", ["owner", "setup-pipeline"])
def test_it_is_met(
    sandbox: Sandbox,
    answered: list[tuple[int, bool]],
    read: str,
    persona_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox.cloud.faults.add(Fault(Effect.CLAIMS))
    through_the_sandbox(sandbox, monkeypatch)
    on_azure = persona_name == "setup-pipeline"
    target = connect("azure", "service-principal") if on_azure else sandbox_target(sandbox.settings, persona_name)
    clients = Clients(target)
    try:
        READS[read](clients)
        assert answered == [(401, False), (200, True)]
        READS[read](clients)
        assert answered[2:] == [(200, True)], "the token is kept"
    finally:
        clients.close()
        target.credential.close()  # type: ignore[attr-defined]


class SignedInWithAz:
    """The Azure CLI's credential, without the CLI: it can't ask for claims, and says which command can."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._tokens = azure.credential(sandbox, "owner")

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> AccessToken:
        return AzureCliCredential().get_token(*scopes, claims=claims) if claims else self._tokens.get_token(*scopes)


@pytest.mark.parametrize("read", READS)
def test_the_azure_cli_has_to_ask_the_person(sandbox: Sandbox, answered: list[tuple[int, bool]], read: str) -> None:
    sandbox.cloud.faults.add(Fault(Effect.CLAIMS))
    clients = Clients(Target("azure", SignedInWithAz(sandbox), sandbox.client_settings))
    with pytest.raises(SignInFailed, match="claims challenge") as caught, explaining("reading"):
        READS[read](clients)
    clients.close()
    assert "az login --claims-challenge ey" in caught.value.remedy
    assert "second factor" in caught.value.meaning
