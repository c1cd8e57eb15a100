"""Workload identity federation: a pipeline's token of another issuer, exchanged for one of Entra's."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from azure.identity import ClientAssertionCredential
from cryptography.hazmat.primitives.asymmetric import rsa

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.clock import Clock
from runbook_lib.sandbox.entra.federation import trust_issuer
from runbook_lib.sandbox.roles import READER
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import TENANT_ID, derive_id
from tests import azure

from .control_plane import GROUP, call, given_role
from .directory import GRAPH, PIPELINE, ask
from .login import TOKEN_URL, post

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/plant:ref:refs/heads/main"
AUDIENCE = "api://AzureADTokenExchange"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pipeline"
GUID = derive_id("credential", "github")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def client_id(ready: Sandbox) -> str:
    """The client id of an identity that trusts the issuer."""
    made = call(ready, "PUT", IDENTITY, {"location": "westeurope"}).json()
    trusted = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}
    path = f"{IDENTITY}/federatedIdentityCredentials/github"
    assert call(ready, "PUT", path, {"properties": trusted}).status_code == 201
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    trust_issuer(ready.cloud.store, ISSUER, {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
    return str(made["properties"]["clientId"])


def assertion(clock: Clock, key: Any = KEY, kid: str = "one", **claims: Any) -> str:
    now = int(clock.now().timestamp())
    body = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, **claims}
    return jwt.encode(body, key, "RS256", headers={"kid": kid})


def test_the_sdk_signs_in_and_works(ready: Sandbox, clock: ManualClock, client_id: str) -> None:
    principal = call(ready, "GET", IDENTITY).json()["properties"]["principalId"]
    given_role(ready, clock, READER, GROUP, principal, "ServicePrincipal")
    with ClientAssertionCredential(
        TENANT_ID, client_id, lambda: assertion(clock), **ready.client_settings
    ) as credential:
        token = credential.get_token(azure.ARM_SCOPE).token
    claims = peek(token)
    assert (claims["oid"], claims["appid"], claims["appidacr"], claims["idtyp"]) == (principal, client_id, "2", "app")
    session = azure.http(ready)
    session.headers["Authorization"] = f"Bearer {token}"
    assert session.get(f"https://management.azure.com{GROUP}?api-version=2022-09-01").status_code == 200


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"iss": "https://token.example.com"}, 700027),
        ({"sub": "repo:contoso/plant:ref:refs/heads/other"}, 700213),
        ({"sub": SUBJECT.upper()}, 700213),
        ({"aud": "api://other"}, 700212),
        ({"exp": 1}, 700024),
        ({"key": OTHER}, 700027),
        ({"kid": "two"}, 700027),
    ],
)
def test_assertions_that_do_not_fit(
    ready: Sandbox, clock: ManualClock, client_id: str, changes: dict[str, Any], number: int
) -> None:
    answer = exchange(ready, client_id, assertion(clock, **changes))
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (
        401,
        "invalid_client",
        [number],
    )


def test_an_issuer_that_the_identity_does_not_trust(ready: Sandbox, clock: ManualClock, client_id: str) -> None:
    other = "https://token.example.com"
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    trust_issuer(ready.cloud.store, other, {"keys": [{**public, "kid": "one"}]})
    assert exchange(ready, client_id, assertion(clock, iss=other)).json()["error_codes"] == [700211]


def test_without_a_credential_or_an_assertion(ready: Sandbox, clock: ManualClock, client_id: str) -> None:
    assert exchange(ready, client_id, "no-token").json()["error_codes"] == [50027]
    assert exchange(ready, client_id, "").json()["error_codes"] == [7000218]
    assert exchange(ready, client_id, assertion(clock), kind="other").json()["error_codes"] == [7000220]
    call(ready, "DELETE", f"{IDENTITY}/federatedIdentityCredentials/github")
    assert exchange(ready, client_id, assertion(clock)).json()["error_codes"] == [70025]


def exchange(sandbox: Sandbox, client_id: str, given: str, kind: str = "") -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "scope": azure.ARM_SCOPE,
        "client_assertion_type": kind or "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": given,
    }
    return post(sandbox, TOKEN_URL, **{name: value for name, value in form.items() if value})


# ---- app registrations -----------------------------------------------------------------------------------------------


def trusting_application(sandbox: Sandbox) -> str:
    """Let the pipeline's app registration trust the issuer: in the store, because nobody can write the directory."""
    application = sandbox.cloud.store.get("application", PIPELINE.app_id)
    assert application is not None
    trusted = {"id": GUID, "name": "github", "issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}
    application["federatedIdentityCredentials"] = [{**trusted, "description": None}]
    sandbox.cloud.store.put("application", PIPELINE.app_id, application)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    trust_issuer(sandbox.cloud.store, ISSUER, {"keys": [{**public, "kid": "one"}]})
    return str(application["id"])


def test_an_app_registration_signs_in_without_a_secret(sandbox: Sandbox, clock: ManualClock) -> None:
    assert exchange(sandbox, PIPELINE.app_id, assertion(clock)).json()["error_codes"] == [70025]
    trusting_application(sandbox)
    with ClientAssertionCredential(
        TENANT_ID, PIPELINE.app_id, lambda: assertion(clock), **sandbox.client_settings
    ) as credential:
        claims = peek(credential.get_token(azure.ARM_SCOPE).token)
    assert (claims["oid"], claims["appid"]) == (PIPELINE.id, PIPELINE.app_id)
    wrong = exchange(sandbox, PIPELINE.app_id, assertion(clock, sub="other"))
    assert wrong.json()["error_codes"] == [700213]


def test_graph_shows_whom_an_app_registration_trusts(sandbox: Sandbox) -> None:
    application = sandbox.cloud.store.get("application", PIPELINE.app_id)
    assert application is not None
    path = f"/applications/{application['id']}/federatedIdentityCredentials"
    assert ask(sandbox, path).json()["value"] == []
    trusting_application(sandbox)
    body = ask(sandbox, path).json()
    assert body["@odata.context"].endswith(f"#applications('{application['id']}')/federatedIdentityCredentials")
    [shown] = body["value"]
    assert (shown["name"], shown["issuer"], shown["audiences"]) == ("github", ISSUER, [AUDIENCE])
    for name in ("github", GUID):
        assert ask(sandbox, f"{path}/{name}").json()["subject"] == SUBJECT
    assert ask(sandbox, f"{path}/other").status_code == 404
    session = azure.http(sandbox, "owner", "https://graph.microsoft.com")
    refused = session.post(f"{GRAPH}{path}", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
