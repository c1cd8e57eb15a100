"""Signing in with a browser: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect).

Modelled: on the page you choose a persona instead of typing a password, and there's no session. So `prompt` changes
nothing, except that `none` is always refused, and each sign-in asks again who you want to be.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from ..clock import Clock, moment, stamp
from ..http import Answer, Request
from ..store import Document, Store
from . import applications, authorization_errors, errors, pages, redirects, scopes
from .personas import personas

LIFETIME = timedelta(minutes=10)
"""How long a code is valid (documented: "typically about 10 minutes")."""
KEPT = timedelta(days=1)
"""How long a code is remembered, so that a late client learns that its code expired, not that it never existed."""
PROMPTS = ("", "login", "none", "consent", "select_account", "create")
KIND = "authorization-code"

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class Redeemed:
    """What an authorization code stood for."""

    user_id: str
    scope: str
    nonce: str


class SignIns:
    """The authorization endpoint, its page, and the codes it gives out."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def show(self, request: Request, tenant: str) -> Answer:
        """Answer the authorization endpoint: with the page, or with the reason for refusing one."""
        asked = _asked(request)
        try:
            self._check_client(asked, tenant)
        except errors.EntraError as error:
            # The redirect address can't be trusted, so the message goes to the person at the browser.
            return pages.refusal_page(error.message)
        try:
            _check_request(asked, tenant)
        except errors.EntraError as error:
            return self._refuse(asked, error)
        return self._page(asked, tenant)

    def decide(self, request: Request, tenant: str) -> Answer:
        """Answer the page's form: send the browser back to the application with a code, or with a refusal."""
        asked = _asked(request)
        try:
            self._check_client(asked, tenant)
            _check_request(asked, tenant)
        except errors.EntraError as error:
            return pages.refusal_page(error.message)
        if asked.get("decision") == "decline":
            return self._refuse(asked, authorization_errors.sign_in_declined())
        user = next((user for user in personas(self._store) if user["persona"] == asked.get("persona")), None)
        if user is None:
            return self._page(asked, tenant, problem="Choose one of the people below.")
        answer = {"code": self._new_code(asked, user), **_echo(asked), "session_state": str(uuid.uuid4())}
        return redirects.send(asked["redirect_uri"], _mode(asked), answer)

    def redeem(self, form: dict[str, str]) -> Redeemed:
        """Use a code up. Raises EntraError if it's invalid, expired, already used, or another client's."""
        code, address = errors.required(form, "code"), errors.required(form, "redirect_uri")
        document = self._store.get(KIND, _hash(code))
        if document is None or document["clientId"] != form["client_id"].lower():
            raise authorization_errors.malformed_code()
        if document["redeemed"]:
            raise authorization_errors.code_redeemed()
        if self._clock.now() >= moment(document["expiresOn"]):
            raise authorization_errors.code_expired()
        if document["redirectUri"] != address:
            raise authorization_errors.other_redirect(address, document["redirectUri"])
        if not _proves(form.get("code_verifier", ""), document["challenge"], document["challengeMethod"]):
            raise authorization_errors.wrong_verifier()
        self._store.put(KIND, _hash(code), document | {"redeemed": True})
        return Redeemed(document["userId"], document["scope"], document["nonce"])

    def sign_out(self, request: Request) -> Answer:
        """Answer a sign-out. There's no session to end, so it just goes back to an application on this machine."""
        asked = _asked(request)
        address = asked.get("post_logout_redirect_uri", "")
        if redirects.is_loopback(address):
            return redirects.send(address, "query", _echo(asked))
        return pages.signed_out_page()

    def _check_client(self, asked: dict[str, str], tenant: str) -> None:
        client_id = errors.required(asked, "client_id")
        applications.require_known(self._store, client_id, tenant)
        if not asked.get("redirect_uri"):
            raise authorization_errors.no_redirect()
        redirects.check(self._store, client_id, asked["redirect_uri"])

    def _page(self, asked: dict[str, str], tenant: str, *, problem: str = "") -> Answer:
        application = applications.name_of(self._store, asked["client_id"])
        hidden = {name: value for name, value in asked.items() if name not in ("persona", "decision")}
        people = personas(self._store)
        hint = asked.get("login_hint", "").lower()
        chosen = next((user["persona"] for user in people if user["userPrincipalName"].lower() == hint), "")
        return pages.sign_in_page(people, application, f"/{tenant}/login", hidden, chosen=chosen, problem=problem)

    def _refuse(self, asked: dict[str, str], error: errors.EntraError) -> Answer:
        answer = {"error": error.code, "error_description": error.message, **_echo(asked)}
        if error.code == "access_denied":
            answer["error_subcode"] = "cancel"
        mode = _mode(asked) if asked.get("response_mode") in redirects.MODES else "query"
        return redirects.send(asked["redirect_uri"], mode, answer)

    def _new_code(self, asked: dict[str, str], user: Document) -> str:
        now = self._clock.now()
        for old in self._store.list(KIND):
            if moment(old["expiresOn"]) + KEPT < now:
                self._store.delete(KIND, old["key"])
        code = secrets.token_urlsafe(64)
        self._store.put(
            KIND,
            _hash(code),
            {
                "key": _hash(code),
                "clientId": asked["client_id"].lower(),
                "redirectUri": asked["redirect_uri"],
                "scope": asked["scope"],
                "nonce": asked.get("nonce", ""),
                "challenge": asked.get("code_challenge", ""),
                "challengeMethod": asked.get("code_challenge_method", "plain"),
                "userId": user["id"],
                "expiresOn": stamp(now + LIFETIME),
                "redeemed": False,
            },
        )
        return code


def _asked(request: Request) -> dict[str, str]:
    """Return the parameters; OpenID Connect allows them in the query or as a form."""
    if request.method == "POST":
        return request.form()
    return {name: values[0] for name, values in request.query.items()}


def _check_request(asked: dict[str, str], tenant: str) -> None:
    """Check everything that the application can be told about. Raises EntraError."""
    kind = set(errors.required(asked, "response_type").split())
    if kind != {"code"}:
        raise authorization_errors.unsupported_response_type(asked["response_type"], kind)
    if _mode(asked) not in redirects.MODES:
        raise authorization_errors.unsupported_response_mode(asked["response_mode"])
    scopes.requested(errors.required(asked, "scope"), tenant)
    if asked.get("code_challenge_method", "plain") not in ("plain", "S256"):
        raise authorization_errors.malformed_request()
    if asked.get("code_challenge") and not _VERIFIER.fullmatch(asked["code_challenge"]):
        raise authorization_errors.bad_challenge()
    if asked.get("prompt", "") not in PROMPTS:
        raise authorization_errors.unsupported_prompt()
    if asked.get("prompt") == "none":
        raise authorization_errors.nobody_signed_in()


def _mode(asked: dict[str, str]) -> str:
    return asked.get("response_mode") or "query"


def _echo(asked: dict[str, str]) -> dict[str, str]:
    return {"state": asked["state"]} if "state" in asked else {}


def _proves(verifier: str, challenge: str, method: str) -> bool:
    if not challenge:
        return not verifier
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return secrets.compare_digest(verifier.encode(), challenge.encode())


def _hash(code: str) -> str:
    # As for device codes: so that a copy of the state file doesn't reveal it.
    return hashlib.sha256(code.encode()).hexdigest()
