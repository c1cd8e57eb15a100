"""Signing in with a browser: by the official libraries with a stand-in at the browser, and by hand where none goes."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msal
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import InteractiveBrowserCredential

from runbook_lib.sandbox import ManualClock, Pace, Sandbox
from runbook_lib.sandbox.entra.applications import AZURE_CLI_APP_ID
from runbook_lib.sandbox.entra.redirects import NATIVE_CLIENT
from runbook_lib.sandbox.tokens import peek
from runbook_lib.sandbox.world import DOMAIN, TENANT_ID, persona
from tests import azure
from tests.sandbox import form_browser
from tests.sandbox.code_flow import (
    ASKED,
    AUTHORIZE,
    BACK,
    CHALLENGE,
    LOGIN,
    LOGOUT,
    PIPELINE,
    VERIFIER,
    address,
    answered,
    code,
    redeem,
    refused,
)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """One sandbox for all: a sign-in leaves nothing behind that another could stumble over."""
    with Sandbox(clock=clock, pace=Pace.REAL) as running:
        yield running
        azure.close_clients(running)


class TestLibraries:
    @pytest.fixture
    def at_the_browser(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
        """Somebody who does what the dictionary says whenever a program opens a browser."""
        does: dict[str, str] = {}
        opened: list[threading.Thread] = []

        def open_browser(url: str, *_: Any, **__: Any) -> bool:
            does["url"] = url
            does_now = does.get("persona", ""), does.get("decision", "approve")
            opened.append(threading.Thread(target=form_browser.sign_in, args=(sandbox, url, *does_now)))
            opened[-1].start()
            return True

        monkeypatch.setattr(webbrowser, "open", open_browser)
        yield does
        for thread in opened:
            thread.join()

    def test_azure_identity(self, sandbox: Sandbox, at_the_browser: dict[str, str]) -> None:
        at_the_browser["persona"] = "operator"
        with InteractiveBrowserCredential(tenant_id=TENANT_ID, timeout=10, **sandbox.client_settings) as credential:
            claims = peek(credential.get_token(azure.ARM_SCOPE).token)
            assert claims["upn"] == f"operator@{DOMAIN}"
            assert peek(credential.get_token(azure.DIGITAL_TWINS_SCOPE).token)["oid"] == persona("operator").id
        asked = dict(parse_qsl(urlsplit(at_the_browser["url"]).query))
        assert (asked["response_mode"], asked["code_challenge_method"]) == ("form_post", "S256")

    def test_a_hint_checks_the_persona(self, sandbox: Sandbox, at_the_browser: dict[str, str]) -> None:
        hint = f"Reader@{DOMAIN}"
        with InteractiveBrowserCredential(login_hint=hint, timeout=10, **sandbox.client_settings) as credential:
            assert credential.authenticate(scopes=[azure.ARM_SCOPE]).username == f"reader@{DOMAIN}"

    def test_going_back_is_told_to_the_program(self, sandbox: Sandbox, at_the_browser: dict[str, str]) -> None:
        at_the_browser["decision"] = "decline"
        with (
            InteractiveBrowserCredential(timeout=10, **sandbox.client_settings) as credential,
            pytest.raises(ClientAuthenticationError, match="AADSTS65004: User declined"),
        ):
            credential.get_token(azure.ARM_SCOPE)

    @pytest.mark.filterwarnings("ignore:response_mode='form_post' is recommended")
    @pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
    def test_msal_checks_state_nonce_and_verifier(self, sandbox: Sandbox, mode: str) -> None:
        session = azure.http(sandbox)
        app = msal.PublicClientApplication(AZURE_CLI_APP_ID, authority=f"{LOGIN}/{TENANT_ID}", http_client=session)
        flow = app.initiate_auth_code_flow([azure.ARM_SCOPE], redirect_uri=BACK, response_mode=mode)
        answer = form_browser.choose(sandbox, flow["auth_uri"], "contributor")
        if mode == "form_post":
            told = form_browser.Form(answer.text).fields
        else:
            parts = urlsplit(answer.headers["Location"])
            told = dict(parse_qsl(parts.query if mode == "query" else parts.fragment))
        tokens = app.acquire_token_by_auth_code_flow(flow, told)
        assert tokens["id_token_claims"]["preferred_username"] == f"contributor@{DOMAIN}"
        assert [account["username"] for account in app.get_accounts()] == [f"contributor@{DOMAIN}"]

    def test_a_confidential_client_with_an_address_of_its_own(self, sandbox: Sandbox) -> None:
        application = sandbox.cloud.store.get("application", PIPELINE.app_id)
        assert application is not None
        changed = application | {"redirectUris": ["https://twins.contoso.example/back"]}
        sandbox.cloud.store.put("application", PIPELINE.app_id, changed)
        app = msal.ConfidentialClientApplication(
            PIPELINE.app_id,
            authority=f"{LOGIN}/{TENANT_ID}",
            client_credential=application["secrets"][0],
            http_client=azure.http(sandbox),
        )
        flow = app.initiate_auth_code_flow(
            [azure.GRAPH_SCOPE], redirect_uri="https://twins.contoso.example/back", response_mode="form_post"
        )
        told = form_browser.Form(form_browser.choose(sandbox, flow["auth_uri"], "owner").text).fields
        tokens = app.acquire_token_by_auth_code_flow(flow, told)
        assert peek(tokens["access_token"])["appid"] == PIPELINE.app_id


class TestPage:
    def test_it_can_be_used_by_everybody(self, sandbox: Sandbox) -> None:
        page = form_browser.send(sandbox, address())
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<html lang="en">' in page.text and "<h1>Sign in to the sandbox</h1>" in page.text
        assert "<strong>Microsoft Azure CLI</strong> wants to act for you" in page.text
        form = form_browser.Form(page.text)
        users = {"owner", "contributor", "reader", "access-admin", "operator"}
        assert set(form.choices) == users | {"platform-owner", "eligible-owner", "guest"}
        for name in form.choices:
            assert f'<label for="{name}">' in page.text
        assert form.fields["persona"] == "owner"

    def test_it_sends_the_browser_to_the_application_only(self, sandbox: Sandbox) -> None:
        policy = form_browser.send(sandbox, address()).headers["Content-Security-Policy"]
        assert policy.endswith(f"form-action 'self' {BACK}")
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy

    def test_what_the_application_says_is_never_markup(self, sandbox: Sandbox) -> None:
        page = form_browser.send(sandbox, address(state='"><script>alert(1)</script>'))
        assert "<script>alert" not in page.text
        assert form_browser.Form(page.text).fields["state"] == '"><script>alert(1)</script>'

    def test_the_request_may_be_a_form_too(self, sandbox: Sandbox) -> None:
        assert "Sign in as" in form_browser.send(sandbox, AUTHORIZE, ASKED).text

    def test_nobody_else_can_sign_in(self, sandbox: Sandbox) -> None:
        for name in ("nobody", "setup-pipeline"):
            page = form_browser.choose(sandbox, address(), name)
            assert page.status_code == 400
            assert 'role="alert" id="problem">Choose one of the people below.' in page.text

    def test_without_a_script_there_is_a_button(self, sandbox: Sandbox) -> None:
        page = form_browser.choose(sandbox, address(response_mode="form_post"))
        assert "<button>Continue</button>" in page.text
        form = form_browser.Form(page.text)
        assert (form.address, form.fields["state"]) == (BACK, "s p&c")
        assert page.headers["Content-Security-Policy"].endswith(f"form-action 'self' {BACK}")


class TestAnswer:
    def test_a_code_and_the_state_come_back(self, sandbox: Sandbox) -> None:
        told = answered(form_browser.choose(sandbox, address()))
        assert set(told) == {"code", "state", "session_state"}
        assert told["state"] == "s p&c"

    def test_an_address_with_a_query_keeps_it(self, sandbox: Sandbox) -> None:
        back = f"{BACK}/done?tab=1"
        told = form_browser.choose(sandbox, address(redirect_uri=back)).headers["Location"]
        assert told.startswith(f"{back}&code=")

    def test_the_fragment(self, sandbox: Sandbox) -> None:
        told = form_browser.choose(sandbox, address(response_mode="fragment")).headers["Location"]
        assert told.startswith(f"{BACK}#code=")

    def test_programs_with_a_browser_of_their_own(self, sandbox: Sandbox) -> None:
        told = form_browser.choose(sandbox, address(redirect_uri=NATIVE_CLIENT)).headers["Location"]
        assert told.startswith(f"{NATIVE_CLIENT}?code=")
        assert "go back to the program" in form_browser.send(sandbox, told).text

    @pytest.mark.parametrize(
        ("changes", "error", "number"),
        [
            ({"response_type": "token"}, "unsupported_response_type", 700051),
            ({"response_type": "code id_token"}, "unsupported_response_type", 700054),
            ({"response_type": "sesame"}, "unsupported_response_type", 70005),
            ({"response_type": ""}, "invalid_request", 900144),
            ({"response_mode": "pigeon"}, "invalid_request", 70007),
            ({"scope": ""}, "invalid_request", 900144),
            ({"scope": "https://vault.example/.default"}, "invalid_resource", 500011),
            ({"code_challenge": "short"}, "invalid_request", 501491),
            ({"code_challenge_method": "S512"}, "invalid_request", 9002313),
            ({"prompt": "often"}, "invalid_request", 90023),
            ({"prompt": "none"}, "login_required", 50058),
        ],
    )
    def test_what_is_wrong_is_told_to_the_application(
        self, sandbox: Sandbox, changes: dict[str, str], error: str, number: int
    ) -> None:
        told = answered(form_browser.send(sandbox, address(**changes)))
        assert (told["error"], told["state"]) == (error, "s p&c")
        assert told["error_description"].startswith(f"AADSTS{number}: ")

    @pytest.mark.parametrize(
        ("changes", "number"),
        [
            ({"client_id": ""}, 900144),
            ({"client_id": "no-guid"}, 700038),
            ({"client_id": "00000000-1111-2222-3333-444444444444"}, 700016),
            ({"redirect_uri": ""}, 900971),
            ({"redirect_uri": "https://evil.example/"}, 50011),
            ({"redirect_uri": "http://localhost.evil.example:8400"}, 50011),
            ({"redirect_uri": "http://localhost@evil.example"}, 50011),
            ({"redirect_uri": "http://localhost:99999"}, 50011),
            ({"redirect_uri": "http://localhost:1/\r\nSet-Cookie: a=b"}, 50011),
            ({"redirect_uri": "http://[::1"}, 50011),
            ({"redirect_uri": "http://localhost:8400/#code=forged"}, 50011),
            ({"redirect_uri": "javascript:alert(1)"}, 50011),
        ],
    )
    def test_nobody_is_sent_to_an_address_that_was_not_registered(
        self, sandbox: Sandbox, changes: dict[str, str], number: int
    ) -> None:
        page = form_browser.send(sandbox, address(**changes))
        assert page.status_code == 400 and "Location" not in page.headers
        assert f'role="alert" id="problem">AADSTS{number}: ' in page.text
        forged = form_browser.send(sandbox, f"{LOGIN}/{TENANT_ID}/login", ASKED | changes | {"persona": "owner"})
        assert forged.status_code == 400 and "Location" not in forged.headers

    def test_an_application_that_registered_no_address(self, sandbox: Sandbox) -> None:
        app_id = persona("owner").id
        application = {"appId": app_id, "displayName": "x", "servicePrincipalId": "", "secrets": []}
        sandbox.cloud.store.put("application", app_id, application)
        page = form_browser.send(sandbox, address(client_id=app_id))
        assert "AADSTS500113: No reply address is registered" in page.text


class TestCode:
    def test_tokens_for_who_was_chosen(self, sandbox: Sandbox) -> None:
        tokens = redeem(sandbox, code(sandbox, nonce="n-1"), client_info="1").json()
        assert peek(tokens["access_token"])["oid"] == persona("reader").id
        assert peek(tokens["id_token"])["nonce"] == "n-1"
        assert {"refresh_token", "client_info", "foci"} <= set(tokens)

    def test_the_plain_method(self, sandbox: Sandbox) -> None:
        given = code(sandbox, code_challenge=VERIFIER, code_challenge_method="plain")
        assert redeem(sandbox, given).status_code == 200

    def test_without_a_challenge_none_is_asked_for(self, sandbox: Sandbox) -> None:
        given = code(sandbox, code_challenge="", code_challenge_method="")
        assert refused(redeem(sandbox, given)) == (400, "invalid_grant", 501481)
        assert redeem(sandbox, given, code_verifier="").status_code == 200

    @pytest.mark.parametrize("verifier", ["", "w" * 64, CHALLENGE, "ü" * 50])
    def test_a_wrong_verifier_and_the_code_stays_good(self, sandbox: Sandbox, verifier: str) -> None:
        given = code(sandbox)
        assert refused(redeem(sandbox, given, code_verifier=verifier)) == (400, "invalid_grant", 501481)
        assert redeem(sandbox, given).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"code": ""}, (400, "invalid_request", 900144)),
            ({"redirect_uri": ""}, (400, "invalid_request", 900144)),
            ({"redirect_uri": "http://localhost:8401"}, (400, "invalid_client", 500112)),
            ({"code": "made-up"}, (400, "invalid_grant", 9002313)),
            ({"client_id": "1950a258-227b-4e31-a9cf-717495945fc2"}, (400, "invalid_grant", 9002313)),
            ({"client_id": PIPELINE.app_id}, (401, "invalid_client", 7000218)),
            ({"client_secret": "guessed"}, (401, "invalid_client", 700025)),
            ({"scope": "https://vault.example/.default"}, (400, "invalid_resource", 500011)),
        ],
    )
    def test_refusals(self, sandbox: Sandbox, changes: dict[str, str], refusal: tuple[int, str, int]) -> None:
        assert refused(redeem(sandbox, code(sandbox), **changes)) == refusal

    def test_a_code_is_good_once(self, sandbox: Sandbox) -> None:
        given = code(sandbox)
        assert redeem(sandbox, given).status_code == 200
        assert refused(redeem(sandbox, given)) == (400, "invalid_grant", 54005)

    def test_a_code_is_good_for_ten_minutes_and_forgotten_after_a_day(
        self, sandbox: Sandbox, clock: ManualClock
    ) -> None:
        given = code(sandbox)
        clock.advance(600)
        assert refused(redeem(sandbox, given)) == (400, "invalid_grant", 70008)
        clock.advance(90_000)
        code(sandbox)
        assert refused(redeem(sandbox, given)) == (400, "invalid_grant", 9002313)

    def test_codes_are_not_kept_in_clear(self, sandbox: Sandbox) -> None:
        given = code(sandbox)
        assert given not in str(sandbox.cloud.store.list("authorization-code"))


class TestSignOut:
    def test_a_page_says_so(self, sandbox: Sandbox) -> None:
        assert "You’re signed out." in form_browser.send(sandbox, LOGOUT).text

    def test_a_program_on_this_machine_is_gone_back_to(self, sandbox: Sandbox) -> None:
        query = urlencode({"post_logout_redirect_uri": f"{BACK}/bye", "state": "7"})
        assert form_browser.send(sandbox, f"{LOGOUT}?{query}").headers["Location"] == f"{BACK}/bye?state=7"

    def test_nobody_else_is(self, sandbox: Sandbox) -> None:
        query = urlencode({"post_logout_redirect_uri": "https://evil.example"})
        answer = form_browser.send(sandbox, f"{LOGOUT}?{query}")
        assert answer.status_code == 200 and "Location" not in answer.headers
