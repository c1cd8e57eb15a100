"""Discovery, and the sign-in of applications: through azure-identity where it has a way, else by plain requests."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DefaultAzureCredential

from runbook_lib.sandbox import ManualClock, Sandbox, approve
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.tokens import GRAPH_APP_ID, peek
from runbook_lib.sandbox.world import DIGITAL_TWINS_APP_ID, DOMAIN, TENANT_ID
from tests import azure
from tests.sandbox.login import LOGIN, PIPELINE, TOKEN_URL, UNKNOWN_ID, ask_as_pipeline, client_secret, get, post


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


class TestFirstVersion:
    """What clients from before MSAL call: ADAL, go-autorest, msrestazure."""

    URL = f"{LOGIN}/{TENANT_ID}/oauth2/token"

    def test_discovery(self, sandbox: Sandbox) -> None:
        found = get(sandbox, f"/{TENANT_ID}/.well-known/openid-configuration").json()
        assert (found["token_endpoint"], found["issuer"]) == (self.URL, f"https://sts.windows.net/{TENANT_ID}/")
        assert found["authorization_endpoint"] == f"{LOGIN}/{TENANT_ID}/oauth2/authorize"
        assert found["device_authorization_endpoint"] == f"{LOGIN}/{TENANT_ID}/oauth2/devicecode"
        assert get(sandbox, found["jwks_uri"].removeprefix(LOGIN)).json()["keys"]

    @pytest.mark.parametrize("resource", ["https://management.core.windows.net/", "https://digitaltwins.azure.net"])
    def test_an_application_signs_in(self, sandbox: Sandbox, resource: str) -> None:
        form = {"client_id": PIPELINE.app_id, "client_secret": client_secret(sandbox), "resource": resource}
        answer = post(sandbox, self.URL, grant_type="client_credentials", **form).json()
        claims = peek(answer["access_token"])
        assert (claims["aud"], claims["oid"], answer["resource"]) == (resource, PIPELINE.id, resource)
        assert int(answer["expires_on"]) - int(answer["not_before"]) == int(answer["expires_in"])
        assert all(isinstance(value, str) for value in answer.values())
        assert set(answer) == {
            "token_type",
            "expires_in",
            "ext_expires_in",
            "expires_on",
            "not_before",
            "resource",
            "access_token",
        }

    def test_a_person_signs_in_with_a_code_and_stays(self, sandbox: Sandbox) -> None:
        resource = "https://management.core.windows.net/"
        client = {"client_id": AZURE_CLI_APP_ID, "resource": resource}
        begun = post(sandbox, f"{LOGIN}/common/oauth2/devicecode", **client).json()
        assert begun["verification_url"] == f"{LOGIN}/device" and begun["interval"] in ("1", "5")
        poll = {**client, "grant_type": "device_code", "code": begun["device_code"]}
        assert post(sandbox, f"{LOGIN}/common/oauth2/token", **poll).json()["error"] == "authorization_pending"
        approve(sandbox.settings, begun["user_code"], "owner")
        tokens = post(sandbox, f"{LOGIN}/common/oauth2/token", **poll).json()
        assert (tokens["scope"], tokens["resource"]) == ("user_impersonation", resource)
        graph = {"client_id": AZURE_CLI_APP_ID, "resource": GRAPH_APP_ID, "refresh_token": tokens["refresh_token"]}
        fresh = post(sandbox, self.URL, grant_type="refresh_token", **graph).json()
        assert peek(fresh["access_token"])["aud"] == GRAPH_APP_ID

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_the_page(self, sandbox: Sandbox, method: str) -> None:
        asked = {
            "client_id": AZURE_CLI_APP_ID,
            "response_type": "code",
            "redirect_uri": "http://localhost:8400",
            "resource": "https://management.core.windows.net/",
        }
        url = f"{LOGIN}/{TENANT_ID}/oauth2/authorize"
        params, data = (asked, None) if method == "GET" else (None, asked)
        answer = azure.http(sandbox).request(method, url, params, data, timeout=5, allow_redirects=False)
        assert (answer.status_code, "Microsoft Azure CLI" in answer.text) == (200, True)
        assert "https://management.core.windows.net//.default" in answer.text

    def test_refusals_are_those_of_the_second_version(self, sandbox: Sandbox) -> None:
        form = {"client_id": PIPELINE.app_id, "client_secret": "wrong", "resource": "https://management.azure.com/"}
        answer = post(sandbox, self.URL, grant_type="client_credentials", **form)
        assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000215])
        assert post(sandbox, self.URL).json()["error_codes"] == [900144]


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
            "error",
            "error_description",
            "error_codes",
            "timestamp",
            "trace_id",
            "correlation_id",
            "error_uri",
        }
        assert body["timestamp"] == f"{clock.now():%Y-%m-%d %H:%M:%S}Z"
        lines = body["error_description"].split("\r\n")
        assert lines[1:] == [
            f"Trace ID: {body['trace_id']}",
            f"Correlation ID: {UNKNOWN_ID}",
            f"Timestamp: {body['timestamp']}",
        ]
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


def test_a_client_secret_cannot_be_taken_for_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "-looks-like-one")
    with Sandbox() as sandbox:
        assert client_secret(sandbox)[0].isalpha()
