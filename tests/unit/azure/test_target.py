"""One module knows the sandbox from Azure; on Azure nothing is set but the credential."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from azure import identity
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from runbook_lib.azure import target as places
from runbook_lib.azure.clients import Clients
from runbook_lib.azure.clouds import PUBLIC
from runbook_lib.azure.sign_in import InTenant
from runbook_lib.azure.target import Account, Target, connect, sandbox_target
from runbook_lib.errors import InputError
from runbook_lib.sandbox import Sandbox, environment
from runbook_lib.sandbox.lifecycle import credential_environment
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import DOMAIN, TENANT_ID, persona
from runbook_lib.steps.subscription.resources import subscriptions
from tests import azure


@pytest.mark.parametrize(
    ("target", "sign_in", "says"),
    [
        ("aws", "", "sandbox, azure"),
        ("sandbox", "browser", "owner, contributor"),
        ("azure", "owner", "default, browser"),
    ],
)
def test_unknown_places_and_ways_to_sign_in_name_the_known_ones(target: str, sign_in: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        connect(target, sign_in)
    assert says in caught.value.meaning


@pytest.mark.parametrize(
    ("sign_in", "kind"),
    [
        ("", identity.DefaultAzureCredential),
        ("default", identity.DefaultAzureCredential),
        ("browser", identity.InteractiveBrowserCredential),
        ("device-code", identity.DeviceCodeCredential),
        ("service-principal", identity.EnvironmentCredential),
        ("managed-identity", identity.ManagedIdentityCredential),
    ],
)
def test_azure_gets_the_credential_asked_for_and_no_other_setting(sign_in: str, kind: type) -> None:
    target = connect("azure", sign_in)
    assert type(getattr(target.credential, "credential", target.credential)) is kind  # a person has limited time
    assert target.client_settings == {}


def test_only_the_kernel_of_a_run_keeps_a_sign_in_for_its_next_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect("azure") is not connect("azure")  # running the cell again signs in again
    monkeypatch.setattr(places, "_kept", None)  # and back at the end
    places.keep_targets()
    kept = connect("azure")
    assert connect("azure") is kept
    assert connect("azure", "", "contoso.com") is not kept
    assert connect("azure", "device-code") is not kept


def test_a_tenant_is_asked_for_with_every_token() -> None:
    class Recorder:
        asked: tuple[Any, ...] = ()

        def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            self.asked = (scopes, options)
            return AccessToken("x", 0)

    recorder = Recorder()
    InTenant(recorder, "contoso", PUBLIC).get_token("scope")
    assert recorder.asked == (("scope",), {"tenant_id": "contoso"})
    for sign_in in ("default", "service-principal"):
        assert isinstance(connect("azure", sign_in, "contoso").credential, InTenant)


def test_a_tenant_that_the_sandbox_does_not_know_lets_nobody_in(sandbox: Sandbox) -> None:
    for tenant, known in ((DOMAIN, True), ("fabrikam.com", False)):
        target = sandbox_target(sandbox.settings, "owner", tenant)
        with nullcontext() if known else pytest.raises(ClientAuthenticationError, match="check your tenant name"):
            assert target.account().tenant_id == TENANT_ID
        target.credential.close()  # type: ignore[attr-defined]


def test_only_proxy_ca_and_azure_variables_lead_target_azure_into_the_sandbox(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = environment(sandbox.settings)
    needed = {name: known[name] for name in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE")}
    for name, value in (needed | credential_environment(sandbox.cloud.store)).items():
        monkeypatch.setenv(name, value)
    target = connect("azure")
    clients = Clients(target)
    try:
        assert [seen.name for seen in subscriptions(clients)] == ["Contoso Training"]
        account = target.account()
        assert (account.object_id, account.kind) == (persona("setup-pipeline").id, "ServicePrincipal")
        assert account.name == persona("setup-pipeline").app_id
    finally:
        clients.close()
        target.credential.close()  # type: ignore[attr-defined]


def test_all_clients_share_one_connection_to_a_host_and_keep_no_cookies(sandbox: Sandbox) -> None:
    target = Target("sandbox", azure.credential(sandbox, "owner"), sandbox.client_settings)
    clients = Clients(target)
    pools: Any = target.connections.get_adapter("https://management.azure.com")
    try:
        subscription = subscriptions(clients)[0].id
        assert list(clients.resources(subscription).resource_groups.list()) == []
        assert clients.arm.list(f"/subscriptions/{subscription}/resources", {"api-version": "2022-09-01"}) == []
        (through,) = pools.proxy_manager.values()
        (host,) = map(through.pools.get, through.pools.keys())
        assert (host.host, host.num_requests, host.num_connections) == ("management.azure.com", 3, 1)
        assert not target.connections.cookies
    finally:
        clients.close()


def test_a_persona_signs_in_through_the_device_code_flow(sandbox: Sandbox) -> None:
    target = sandbox_target(sandbox.settings, "contributor")
    account = target.account()
    assert (account.object_id, account.tenant_id) == (persona("contributor").id, TENANT_ID)
    assert (account.name, account.kind) == ("contributor@contoso.onmicrosoft.com", "User")
    other = target.sign_in_as(persona("reader").id)
    assert other is not None
    assert Target("sandbox", other).account().object_id == persona("reader").id
    assert target.sign_in_as(account.object_id) is target.credential
    assert target.sign_in_as("99999999-9999-9999-9999-999999999999") is None
    for credential in (target.credential, other):
        credential.close()  # type: ignore[attr-defined]


def test_an_application_is_known_without_the_optional_claim_that_says_so(sandbox: Sandbox) -> None:
    issued = peek(azure.token(sandbox, "setup-pipeline", "https://management.azure.com"))
    usual = {name: value for name, value in issued.items() if name != "idtyp"}

    class Usual:
        def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            return AccessToken(sandbox.cloud.tokens.sign(usual), 0)

    account = Target("azure", Usual()).account()
    assert (account.kind, account.name) == ("ServicePrincipal", persona("setup-pipeline").app_id)


def test_on_azure_only_oneself_can_be_signed_in(sandbox: Sandbox) -> None:
    signed_in = sandbox_target(sandbox.settings, "owner")
    target = Target("azure", signed_in.credential)
    assert target.sign_in_as(persona("owner").id) is signed_in.credential
    assert target.sign_in_as(persona("reader").id) is None
    signed_in.credential.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ("owner@contoso.com", "Owner@Contoso.com"),
        ("live.com#me@home.org", "me@home.org"),
        ("me@home.org", "live.com#me@home.org"),
        ("me_home.org#EXT#@contoso.onmicrosoft.com", "me@home.org"),
        ("a_b_home.org#EXT#@contoso.onmicrosoft.com", "a_b@home.org"),
        ("6f0c1c5e-0000-4000-8000-000000000001", "6F0C1C5E-0000-4000-8000-000000000001"),
        ("owner@contoso.com", "0bject-1d"),
    ],
)
def test_an_account_is_known_by_every_spelling_that_azure_notes(name: str, noted: str) -> None:
    assert Account("0bject-1d", "tenant", name, "User").is_noted_as(noted)


@pytest.mark.parametrize("noted", ["", "somebody@contoso.com", "owner@contoso.com.evil.org", "owner"])
def test_another_account_is_not_taken_for_this_one(noted: str) -> None:
    assert not Account("0bject-1d", "tenant", "owner@contoso.com", "User").is_noted_as(noted)
