"""Signing in: through azure-identity where it has a way, by plain requests where no library would go."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthenticationRequiredError,
    ClientSecretCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
)

from runbook_lib.sandbox import ApprovalFailed, ManualClock, Pace, Sandbox, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.tokens import GRAPH_APP_ID, peek
from runbook_lib.sandbox.world import DIGITAL_TWINS_APP_ID, DOMAIN, TENANT_ID, persona
from tests import azure

LOGIN = "https://login.microsoftonline.com"
TOKEN_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/token"
DEVICE_CODE_URL = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/devicecode"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PIPELINE = persona("setup-pipeline")
UNKNOWN_ID = "00000000-1111-2222-3333-444444444444"


def get(sandbox: Sandbox, path: str, **parameters: str) -> requests.Response:
    return azure.http(sandbox).get(LOGIN + path, params=parameters, timeout=5)


def post(sandbox: Sandbox, url: str, **form: str) -> requests.Response:
    return azure.http(sandbox).post(url, form, timeout=5)


def client_secret(sandbox: Sandbox) -> str:
    application = sandbox.cloud.store.get("application", PIPELINE.app_id)
    assert application is not None
    return str(application["secrets"][0])


def ask_as_pipeline(sandbox: Sandbox, **changes: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials", "client_id": PIPELINE.app_id, "client_secret": client_secret(sandbox),
        "scope": azure.ARM_SCOPE,
    }  # fmt: skip
    return post(sandbox, TOKEN_URL, **{name: value for name, value in (form | changes).items() if value})


def begin(sandbox: Sandbox, **changes: str) -> dict[str, Any]:
    form = {"client_id": AZURE_CLI_APP_ID, "scope": f"{azure.ARM_SCOPE} offline_access openid profile"}
    body: dict[str, Any] = post(sandbox, DEVICE_CODE_URL, **(form | changes)).json()
    return body


def poll(sandbox: Sandbox, flow: dict[str, Any], **changes: str) -> requests.Response:
    form = {"grant_type": DEVICE_GRANT, "client_id": AZURE_CLI_APP_ID, "device_code": flow["device_code"]}
    return post(sandbox, TOKEN_URL, **(form | changes))


def sign_in(sandbox: Sandbox, persona_name: str = "owner") -> dict[str, Any]:
    flow = begin(sandbox)
    approve(sandbox.settings, flow["user_code"], persona_name)
    tokens: dict[str, Any] = poll(sandbox, flow, client_info="1").json()
    return tokens


def refresh(sandbox: Sandbox, refresh_token: str, **changes: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": AZURE_CLI_APP_ID, "refresh_token": refresh_token}
    return post(sandbox, TOKEN_URL, **(form | {"scope": azure.ARM_SCOPE} | changes))


class TestDiscovery:
    @pytest.mark.parametrize(
        ("asked", "named", "issuer"),
        [
            (TENANT_ID, TENANT_ID, TENANT_ID),
            (DOMAIN, TENANT_ID, TENANT_ID),
            ("Common", "common", "{tenantid}"),
            ("organizations", "organizations", "{tenantid}"),
        ],
    )
    def test_configuration(self, sandbox: Sandbox, asked: str, named: str, issuer: str) -> None:
        found = get(sandbox, f"/{asked}/v2.0/.well-known/openid-configuration").json()
        assert found["token_endpoint"] == f"{LOGIN}/{named}/oauth2/v2.0/token"
        assert found["device_authorization_endpoint"] == f"{LOGIN}/{named}/oauth2/v2.0/devicecode"
        assert found["issuer"] == f"{LOGIN}/{issuer}/v2.0"

    def test_an_unknown_tenant_is_refused_in_the_words_of_discovery(self, sandbox: Sandbox) -> None:
        answer = get(sandbox, "/fabrikam.example/v2.0/.well-known/openid-configuration")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_tenant")
        assert answer.json()["error_description"].startswith("AADSTS90002: Tenant 'fabrikam.example' not found.")

    def test_instance_discovery_knows_the_aliases(self, sandbox: Sandbox) -> None:
        endpoint = f"{LOGIN}/{TENANT_ID}/oauth2/v2.0/authorize"
        found = get(sandbox, "/common/discovery/instance", authorization_endpoint=endpoint).json()
        assert found["tenant_discovery_endpoint"] == f"{LOGIN}/{TENANT_ID}/v2.0/.well-known/openid-configuration"
        assert "login.windows.net" in found["metadata"][0]["aliases"]

    @pytest.mark.parametrize(("user", "kind"), [(f"owner@{DOMAIN}", "Managed"), ("a@fabrikam.example", "Unknown")])
    def test_user_realm(self, sandbox: Sandbox, user: str, kind: str) -> None:
        assert get(sandbox, f"/common/userrealm/{user}").json()["account_type"] == kind

    def test_the_published_keys_prove_the_tokens(self, sandbox: Sandbox) -> None:
        token = ask_as_pipeline(sandbox).json()["access_token"]
        published = get(sandbox, f"/{TENANT_ID}/discovery/v2.0/keys").json()["keys"]
        key = next(jwt.PyJWK(found) for found in published if found["kid"] == jwt.get_unverified_header(token)["kid"])
        claims = jwt.decode(token, key, ["RS256"], audience="https://management.azure.com")
        assert claims["iss"] == f"https://sts.windows.net/{TENANT_ID}/"

    def test_a_page_that_the_sandbox_does_not_have(self, sandbox: Sandbox) -> None:
        assert get(sandbox, "/common/oauth2/v2.0/nothing").status_code == 404
        assert get(sandbox, f"/{TENANT_ID}/oauth2/v2.0/token").status_code == 405


class TestServicePrincipal:
    def test_client_secret_credential(self, sandbox: Sandbox) -> None:
        claims = peek(azure.signed_in(sandbox, "setup-pipeline").get_token(azure.ARM_SCOPE).token)
        assert (claims["oid"], claims["appid"], claims["tid"]) == (PIPELINE.id, PIPELINE.app_id, TENANT_ID)
        assert (claims["aud"], claims["idtyp"], claims["appidacr"]) == ("https://management.azure.com", "app", "1")
        assert "scp" not in claims and "upn" not in claims
        assert 3600 <= claims["exp"] - claims["iat"] <= 5400

    def test_default_chain_reads_the_environment(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        values = {"TENANT_ID": DOMAIN, "CLIENT_ID": PIPELINE.app_id, "CLIENT_SECRET": client_secret(sandbox)}
        for name, value in values.items():
            monkeypatch.setenv(f"AZURE_{name}", value)
        with DefaultAzureCredential(**sandbox.client_settings) as credential:
            assert peek(credential.get_token(azure.GRAPH_SCOPE).token)["oid"] == PIPELINE.id

    def test_an_application_gets_no_refresh_token(self, sandbox: Sandbox) -> None:
        assert set(ask_as_pipeline(sandbox).json()) == {"token_type", "expires_in", "ext_expires_in", "access_token"}

    @pytest.mark.parametrize(
        ("tenant", "client_id", "secret", "scope", "message"),
        [
            (TENANT_ID, PIPELINE.app_id, "wrong", azure.ARM_SCOPE, "AADSTS7000215: Invalid client secret provided."),
            (
                TENANT_ID,
                UNKNOWN_ID,
                "any",
                azure.ARM_SCOPE,
                f"AADSTS700016: Application with identifier '{UNKNOWN_ID}'",
            ),
            (TENANT_ID, "no-guid", "any", azure.ARM_SCOPE, "AADSTS700038: no-guid is not a valid application"),
            (TENANT_ID, PIPELINE.app_id, "", "https://vault.example/.default", "AADSTS500011: The resource principal"),
            (TENANT_ID, PIPELINE.app_id, "", "https://management.azure.com/user_impersonation", "AADSTS1002012: "),
        ],
    )
    def test_azure_identity_shows_why_it_is_refused(
        self, sandbox: Sandbox, tenant: str, client_id: str, secret: str, scope: str, message: str
    ) -> None:
        secret = secret or client_secret(sandbox)
        with (
            ClientSecretCredential(tenant, client_id, secret, **sandbox.client_settings) as credential,
            pytest.raises(ClientAuthenticationError, match=message),
        ):
            credential.get_token(scope)

    @pytest.mark.parametrize(
        ("changes", "status", "error", "number"),
        [
            ({"grant_type": ""}, 400, "invalid_request", 900144),
            ({"grant_type": "telepathy"}, 400, "unsupported_grant_type", 70003),
            ({"client_id": ""}, 400, "invalid_request", 900144),
            ({"client_id": "no-guid"}, 400, "unauthorized_client", 700038),
            ({"client_id": UNKNOWN_ID}, 400, "unauthorized_client", 700016),
            ({"client_id": AZURE_CLI_APP_ID}, 401, "invalid_client", 7000218),
            ({"client_secret": ""}, 401, "invalid_client", 7000218),
            ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
            ({"client_secret": "wröng"}, 401, "invalid_client", 7000215),
            ({"scope": ""}, 400, "invalid_request", 900144),
            ({"scope": "/.default"}, 400, "invalid_scope", 70011),
            ({"scope": "https://management.azure.com/x"}, 400, "invalid_scope", 1002012),
            ({"scope": "https://vault.example/.default"}, 400, "invalid_resource", 500011),
            ({"scope": f"{azure.GRAPH_SCOPE} {azure.ARM_SCOPE}"}, 400, "invalid_scope", 28000),
        ],
    )
    def test_refusals(self, sandbox: Sandbox, changes: dict[str, str], status: int, error: str, number: int) -> None:
        answer = ask_as_pipeline(sandbox, **changes)
        assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])

    def test_the_envelope_of_a_refusal(self, sandbox: Sandbox, clock: ManualClock) -> None:
        session = azure.http(sandbox)
        session.headers["client-request-id"] = UNKNOWN_ID
        answer = session.post(TOKEN_URL, {"grant_type": "x"}, timeout=5)
        body = answer.json()
        assert set(body) == {
            "error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri",
        }  # fmt: skip
        assert body["timestamp"] == f"{clock.now():%Y-%m-%d %H:%M:%S}Z"
        lines = body["error_description"].split("\r\n")
        assert lines[1:] == [
            f"Trace ID: {body['trace_id']}", f"Correlation ID: {UNKNOWN_ID}", f"Timestamp: {body['timestamp']}",
        ]  # fmt: skip
        assert body["error_uri"] == f"{LOGIN}/error?code=70003"
        assert answer.headers["Cache-Control"] == "no-store, no-cache"

    def test_an_unknown_tenant_at_the_token_endpoint(self, sandbox: Sandbox) -> None:
        answer = post(sandbox, f"{LOGIN}/{UNKNOWN_ID}/oauth2/v2.0/token", grant_type="client_credentials")
        assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_request", [90002])

    @pytest.mark.parametrize(
        ("scope", "audience"),
        [
            ("https://management.azure.com/.default", "https://management.azure.com"),
            ("https://management.azure.com//.default", "https://management.azure.com/"),
            ("https://management.core.windows.net//.default", "https://management.core.windows.net/"),
            ("https://digitaltwins.azure.net/.default", "https://digitaltwins.azure.net"),
            (f"{DIGITAL_TWINS_APP_ID}/.default", DIGITAL_TWINS_APP_ID),
            ("https://graph.microsoft.com/.default", "https://graph.microsoft.com"),
            (f"{GRAPH_APP_ID}/.default", GRAPH_APP_ID),
        ],
    )
    def test_the_audience_is_spelled_as_it_was_asked_for(self, sandbox: Sandbox, scope: str, audience: str) -> None:
        assert peek(ask_as_pipeline(sandbox, scope=scope).json()["access_token"])["aud"] == audience


class TestDeviceCode:
    @pytest.mark.parametrize("name", ["owner", "contributor", "reader", "access-admin", "operator"])
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
            assert "You have refused the request" in page.text

        with (
            DeviceCodeCredential(prompt_callback=decline, **sandbox.client_settings) as credential,
            pytest.raises(ClientAuthenticationError, match="declined"),
        ):
            credential.get_token(azure.ARM_SCOPE)

    def test_tokens_of_a_user(self, sandbox: Sandbox) -> None:
        tokens = sign_in(sandbox)
        assert tokens["scope"].split() == [
            "https://management.azure.com/user_impersonation", "https://management.azure.com/.default",
        ]  # fmt: skip
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
        for name in ("owner", "contributor", "reader", "access-admin", "operator"):
            assert f'<input type="radio" id="{name}" name="persona" value="{name}"' in page.text
        assert "setup-pipeline" not in page.text, "a service principal does not sign in with a device code"

    def test_a_code_may_be_typed_carelessly(self, sandbox: Sandbox) -> None:
        flow = begin(sandbox)
        typed = f" {flow['user_code'][:4].lower()}-{flow['user_code'][4:]} "
        page = post(sandbox, f"{LOGIN}/device", user_code=typed, persona="owner")
        assert "You are signed in as <strong>Olivia Owner</strong>" in page.text
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
            tenant_id=TENANT_ID, disable_automatic_authentication=True,
            prompt_callback=lambda _uri, code, _expires: approve(sandbox.settings, code, "owner"),
            **sandbox.client_settings,
        ) as credential:  # fmt: skip
            credential.authenticate(scopes=[azure.ARM_SCOPE])
            sandbox.cloud.store.clear()
            with pytest.raises(AuthenticationRequiredError):
                credential.get_token(azure.GRAPH_SCOPE)


class TestPassword:
    """Nobody here has a password; what comes back is what Azure says where a second factor is compulsory."""

    def test_a_known_user(self, sandbox: Sandbox) -> None:
        answer = self.ask(sandbox, f"owner@{DOMAIN}")
        assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [50076])

    def test_an_unknown_user(self, sandbox: Sandbox) -> None:
        answer = self.ask(sandbox, f"nobody@{DOMAIN}")
        assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [50034])

    @staticmethod
    def ask(sandbox: Sandbox, username: str) -> dict[str, Any]:
        form = {"client_id": AZURE_CLI_APP_ID, "scope": azure.ARM_SCOPE, "username": username, "password": "any"}
        body: dict[str, Any] = post(sandbox, TOKEN_URL, grant_type="password", **form).json()
        return body


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
