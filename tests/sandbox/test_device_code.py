"""Signing in with a device code, and what the refresh token is good for afterwards."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AuthenticationRequiredError, DeviceCodeCredential

from runbook_lib.sandbox import PERSONAS, ApprovalFailed, ManualClock, Pace, Sandbox, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import DOMAIN, TENANT_ID, persona
from tests import azure
from tests.sandbox.login import LOGIN, PIPELINE, UNKNOWN_ID, begin, get, poll, post, refresh, sign_in

USERS = [who.name for who in PERSONAS if who.kind == "user"]


class TestDeviceCode:
    @pytest.mark.parametrize("name", USERS)
    def test_every_persona_can_sign_in(self, sandbox: Sandbox, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        # What a machine says about proxies must not lead anything to the real host.
        monkeypatch.setenv("no_proxy", "*")
        claims = peek(azure.signed_in(sandbox, name).get_token(azure.ARM_SCOPE).token)
        who = persona(name)
        assert (claims["oid"], claims["upn"], claims["name"]) == (who.id, who.user_principal_name, who.display_name)
        assert (claims["scp"], claims["appid"]) == ("user_impersonation", AZURE_CLI_APP_ID)

    def test_one_sign_in_serves_every_audience(self, sandbox: Sandbox) -> None:
        prompts: list[str] = []

        def prompt(_uri: str, user_code: str, _expires: object) -> None:
            prompts.append(user_code)
            approve(sandbox.settings, user_code, "reader")

        with DeviceCodeCredential(prompt_callback=prompt, **sandbox.client_settings) as credential:
            scopes = [azure.ARM_SCOPE, azure.DIGITAL_TWINS_SCOPE, azure.GRAPH_SCOPE, azure.ARM_SCOPE]
            tokens = [credential.get_token(scope).token for scope in scopes]
        assert len(prompts) == 1
        assert [peek(token)["aud"] + "/.default" for token in tokens] == scopes
        assert tokens[0] == tokens[3], "the library finds the token in its cache"

    def test_the_account_is_known_afterwards(self, sandbox: Sandbox) -> None:
        with DeviceCodeCredential(
            tenant_id=TENANT_ID,
            prompt_callback=lambda _uri, code, _expires: approve(sandbox.settings, code, "operator"),
            **sandbox.client_settings,
        ) as credential:
            record = credential.authenticate(scopes=[azure.ARM_SCOPE])
        assert (record.username, record.tenant_id) == (persona("operator").user_principal_name, TENANT_ID)
        assert record.home_account_id == f"{persona('operator').id}.{TENANT_ID}"

    def test_the_answer_that_starts_it(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        assert (flow["expires_in"], flow["interval"]) == (900, 5)
        assert flow["verification_uri"] in flow["message"] and flow["user_code"] in flow["message"]
        assert len(flow["user_code"]) == 9

    def test_a_quicker_pace_polls_more_often(self) -> None:
        with Sandbox(pace=Pace.BRISK) as sandbox:
            assert begin(sandbox)["interval"] == 1
            azure.close_clients(sandbox)

    @pytest.mark.parametrize(
        ("changes", "number"),
        [
            ({"client_id": UNKNOWN_ID}, 700016),
            ({"client_id": "no-guid"}, 700038),
            ({"client_id": ""}, 900144),
            ({"scope": ""}, 900144),
            ({"scope": "https://vault.example/.default"}, 500011),
        ],
    )
    def test_refusals_at_the_start(self, sandbox: Sandbox, changes: dict[str, str], number: int) -> None:
        assert begin(sandbox, **changes)["error_codes"] == [number]

    def test_waiting_and_approval(self, sandbox: Sandbox, clock: ManualClock) -> None:
        flow = begin(sandbox)
        assert poll(sandbox, flow).json()["error"] == "authorization_pending"
        clock.advance(5)
        assert poll(sandbox, flow).json()["error"] == "authorization_pending"
        approve(sandbox.settings, flow["user_code"], "owner")
        assert poll(sandbox, flow).json()["token_type"] == "Bearer"

    def test_polling_too_often(self, sandbox: Sandbox, clock: ManualClock) -> None:
        flow = begin(sandbox)
        poll(sandbox, flow)
        clock.advance(1)
        assert poll(sandbox, flow).json()["error"] == "slow_down"

    def test_a_code_is_good_for_one_sign_in(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        approve(sandbox.settings, flow["user_code"], "owner")
        assert poll(sandbox, flow).status_code == 200
        assert poll(sandbox, flow).json()["error"] == "bad_verification_code"

    def test_a_code_belongs_to_the_client_that_asked_for_it(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        approve(sandbox.settings, flow["user_code"], "owner")
        assert poll(sandbox, flow, client_id=PIPELINE.app_id).json()["error"] == "bad_verification_code"

    def test_a_code_expires(self, sandbox: Sandbox, clock: ManualClock) -> None:
        flow = begin(sandbox)
        clock.advance(900)
        answer = poll(sandbox, flow).json()
        assert (answer["error"], answer["error_codes"]) == ("expired_token", [70020])
        with pytest.raises(ApprovalFailed, match="older than 15 minutes"):
            approve(sandbox.settings, flow["user_code"], "owner")

    def test_the_user_may_decline(self, sandbox: Sandbox) -> None:
        def decline(_uri: str, user_code: str, _expires: object) -> None:
            page = post(sandbox, f"{LOGIN}/device", user_code=user_code, decision="decline")
            assert "You refused the request" in page.text

        with (
            DeviceCodeCredential(prompt_callback=decline, **sandbox.client_settings) as credential,
            pytest.raises(ClientAuthenticationError, match="declined"),
        ):
            credential.get_token(azure.ARM_SCOPE)

    def test_tokens_of_a_user(self, sandbox: Sandbox) -> None:
        tokens = sign_in(sandbox)
        assert tokens["scope"].split() == [
            "https://management.azure.com/user_impersonation",
            "https://management.azure.com/.default",
        ]
        identity = peek(tokens["id_token"])
        assert (identity["aud"], identity["preferred_username"]) == (AZURE_CLI_APP_ID, f"owner@{DOMAIN}")
        client_info = json.loads(base64.urlsafe_b64decode(tokens["client_info"] + "=="))
        assert client_info == {"uid": persona("owner").id, "utid": TENANT_ID}
        assert tokens["foci"] == "1"


class TestDevicePage:
    def test_the_form_can_be_used_by_everybody(self, sandbox: Sandbox) -> None:
        page = get(sandbox, "/device", user_code="ABC<DEF")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<html lang="en">' in page.text and "<h1>Sign in to the sandbox</h1>" in page.text
        assert '<label for="user_code">Code</label>' in page.text
        assert 'value="ABC&lt;DEF"' in page.text
        for name in USERS:
            assert f'<input type="radio" id="{name}" name="persona" value="{name}"' in page.text
        assert "setup-pipeline" not in page.text, "a service principal does not sign in with a device code"

    def test_a_code_may_be_typed_carelessly(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        typed = f" {flow['user_code'][:4].lower()}-{flow['user_code'][4:]} "
        page = post(sandbox, f"{LOGIN}/device", user_code=typed, persona="owner")
        assert "You’re signed in as <strong>Olivia Owner</strong>" in page.text
        assert poll(sandbox, flow).status_code == 200

    @pytest.mark.parametrize(
        ("form", "problem"),
        [
            ({"user_code": "WRONGCODE", "persona": "owner"}, "This code is not known."),
            ({"persona": "owner"}, "This code is not known."),
            ({"persona": "nobody"}, "There is nobody called “nobody” here."),
            ({"persona": "setup-pipeline"}, "There is nobody called “setup-pipeline” here."),
        ],
    )
    def test_mistakes_are_announced_and_what_was_typed_is_kept(
        self, sandbox: Sandbox, form: dict[str, str], problem: str
    ) -> None:
        code = "" if problem.startswith("This code") else begin(sandbox)["user_code"]
        page = post(sandbox, f"{LOGIN}/device", **({"user_code": code} | form))
        assert page.status_code == 400
        assert f'role="alert" id="problem">{problem}' in page.text
        assert f'value="{form.get("user_code", code)}"' in page.text

    def test_a_used_code_cannot_be_approved_again(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        approve(sandbox.settings, flow["user_code"], "reader")
        with pytest.raises(ApprovalFailed, match=r"Signing in as owner failed: This code is not known"):
            approve(sandbox.settings, flow["user_code"], "owner")
        assert peek(poll(sandbox, flow).json()["access_token"])["oid"] == persona("reader").id


class TestRefresh:
    def test_another_audience(self, sandbox: Sandbox) -> None:
        tokens = refresh(sandbox, sign_in(sandbox)["refresh_token"], scope=azure.DIGITAL_TWINS_SCOPE).json()
        claims = peek(tokens["access_token"])
        assert (claims["aud"], claims["scp"]) == ("https://digitaltwins.azure.net", "Read.Write")
        assert refresh(sandbox, tokens["refresh_token"]).status_code == 200

    def test_a_token_that_was_never_given_out(self, sandbox: Sandbox) -> None:
        answer = refresh(sandbox, "made-up").json()
        assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [70000])

    def test_a_token_of_another_client(self, sandbox: Sandbox) -> None:
        token = sign_in(sandbox)["refresh_token"]
        assert refresh(sandbox, token, client_id=PIPELINE.app_id).json()["error_codes"] == [70000]

    def test_a_token_dies_after_ninety_days_of_rest(self, sandbox: Sandbox, clock: ManualClock) -> None:
        token = sign_in(sandbox)["refresh_token"]
        clock.advance(90 * 86_400 - 1)
        assert refresh(sandbox, token).status_code == 200
        clock.advance(1)
        assert refresh(sandbox, token).json()["error_codes"] == [700082]

    def test_a_disabled_account(self, sandbox: Sandbox) -> None:
        token = sign_in(sandbox, "reader")["refresh_token"]
        user = sandbox.cloud.store.get("user", persona("reader").id)
        assert user is not None
        sandbox.cloud.store.put("user", user["id"], user | {"accountEnabled": False})
        assert refresh(sandbox, token).json()["error_codes"] == [50057]

    def test_a_deleted_account(self, sandbox: Sandbox) -> None:
        token = sign_in(sandbox, "reader")["refresh_token"]
        sandbox.cloud.store.delete("user", persona("reader").id)
        assert refresh(sandbox, token).json()["error_codes"] == [50034]

    def test_azure_identity_asks_for_a_new_sign_in_when_the_old_one_is_worthless(self, sandbox: Sandbox) -> None:
        with DeviceCodeCredential(
            tenant_id=TENANT_ID,
            disable_automatic_authentication=True,
            prompt_callback=lambda _uri, code, _expires: approve(sandbox.settings, code, "owner"),
            **sandbox.client_settings,
        ) as credential:
            credential.authenticate(scopes=[azure.ARM_SCOPE])
            sandbox.cloud.store.clear()
            with pytest.raises(AuthenticationRequiredError):
                credential.get_token(azure.GRAPH_SCOPE)


def test_a_sign_in_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with Sandbox(path=path) as first:
        token = sign_in(first)["refresh_token"]
        azure.close_clients(first)
    with Sandbox(path=path) as second:
        assert refresh(second, token).status_code == 200
        azure.close_clients(second)


def test_codes_and_refresh_tokens_are_not_kept_in_clear(sandbox: Sandbox) -> None:
    flow, tokens = begin(sandbox), sign_in(sandbox)
    kept = json.dumps([sandbox.cloud.store.list(kind) for kind in ("device-code", "refresh-token")])
    assert flow["device_code"] not in kept
    assert tokens["refresh_token"] not in kept
