"""The guide in a pipeline without a secret: another issuer's token in a file, for a user-assigned identity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.clock import SystemClock
from runbook_lib.sandbox.entra.federation import trust_issuer
from runbook_lib.sandbox.roles import CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR
from runbook_lib.sandbox.world import TENANT_ID, TRAINING_ID
from tests.azure import close_clients
from tests.sandbox.control_plane import ASSIGNMENTS, GROUP, SUBSCRIPTION, call
from tests.sandbox.test_federation import AUDIENCE, IDENTITY, ISSUER, KEY, SUBJECT, assertion

from .process import runbook


@dataclass
class Pipeline:
    """A job with an identity that trusts its issuer, and the sandbox it works in."""

    sandbox: Sandbox
    variables: dict[str, str]
    token: Path

    def run(self, *options: str) -> tuple[int, str]:
        given = ("-p", "instance_name", "federated", "--target", "azure", "00", "01", "02", *options)
        known: Any = environment(self.sandbox.settings) | self.variables
        done = runbook("run", *given, **known)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    with Sandbox() as running:
        call(running, "PUT", GROUP, {"location": "westeurope"})
        identity = call(running, "PUT", IDENTITY, {"location": "westeurope"}).json()["properties"]
        trusted = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}
        call(running, "PUT", f"{IDENTITY}/federatedIdentityCredentials/github", {"properties": trusted})
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        trust_issuer(running.cloud.store, ISSUER, {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
        for number, role in enumerate((CONTRIBUTOR, USER_ACCESS_ADMINISTRATOR)):
            body = {
                "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
                "principalId": identity["principalId"],
                "principalType": "ServicePrincipal",
            }
            path = f"{SUBSCRIPTION}{ASSIGNMENTS}/00000000-0000-4000-8000-00000000000{number}"
            assert call(running, "PUT", path, {"properties": body}).status_code == 201
        token = tmp_path / "token"
        variables = {
            "AZURE_CLIENT_ID": identity["clientId"],
            "AZURE_TENANT_ID": TENANT_ID,
            "AZURE_SUBSCRIPTION_ID": TRAINING_ID,
            "AZURE_FEDERATED_TOKEN_FILE": str(token),
        }
        yield Pipeline(running, variables, token)
        close_clients(running)


def test_the_guide_runs_with_another_issuers_token(pipeline: Pipeline) -> None:
    pipeline.token.write_text(assertion(SystemClock()))
    code, output = pipeline.run()
    assert code == 0, output
    assert pipeline.variables["AZURE_CLIENT_ID"] in output


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"exp": 1}, "AADSTS700024"),
        ({"sub": f"{SUBJECT}-other"}, "AADSTS700213"),
    ],
)
def test_a_token_that_does_not_fit_is_explained(pipeline: Pipeline, changes: dict[str, Any], says: str) -> None:
    pipeline.token.write_text(assertion(SystemClock(), **changes))
    code, output = pipeline.run()
    assert code == 6, output
    assert says in output
    assert "GitHub" in output
    assert "WorkloadIdentityCredential" in output
