"""Tokens that nobody has given out: none opens anything."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from runbook_lib.sandbox import ManualClock, Sandbox
from runbook_lib.sandbox.tokens import peek
from tests import azure
from tests.sandbox.finished_instance import Place
from tests.sandbox.hostile.wire import ARM, DEEP, GRAPH, GROUPS, TWINS_AUDIENCE, get


def _encoded(part: dict[str, Any] | bytes) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class TestTokens:
    """Whoever made a token: if it is not this sandbox's, in every bit, nothing is answered but 401."""

    def forged(self, sandbox: Sandbox, audience: str) -> dict[str, str]:
        good = azure.token(sandbox, "owner", audience)
        header, claims, signature = good.split(".")
        body, kid = peek(good), jwt.get_unverified_header(good)["kid"]
        foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = sandbox.cloud.tokens._public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with_secret = _encoded({"alg": "HS256", "typ": "JWT", "kid": kid})
        by_hand = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        signed = by_hand.sign(f"{with_secret}.{claims}".encode(), public)
        sign = sandbox.cloud.tokens.sign
        return {
            "alg none": f"{_encoded({'alg': 'none', 'kid': kid})}.{claims}.",
            "alg None": f"{_encoded({'alg': 'None', 'kid': kid})}.{claims}.{signature}",
            "HS256 with the public key": f"{with_secret}.{claims}.{_encoded(signed)}",
            "another key": jwt.encode(body, foreign, "RS256", headers={"kid": kid}),
            "another key id": jwt.encode(body, sandbox.cloud.tokens._key, "RS256", headers={"kid": "0" * 32}),
            "no key id": jwt.encode(body, sandbox.cloud.tokens._key, "RS256"),
            "key id of a file": jwt.encode(body, foreign, "RS256", headers={"kid": "../../dev/null"}),
            "key in the header": jwt.encode(body, foreign, "RS256", headers={"kid": kid, "jwk": {"kty": "RSA"}}),
            "other claims": f"{header}.{_encoded({**body, 'oid': 'x'})}.{signature}",
            "no signature": f"{header}.{claims}.",
            "two parts": f"{header}.{claims}",
            "five parts": f"{header}.{claims}.{signature}.{claims}.{signature}",
            "no JSON": f"{_encoded(b'{')}.{claims}.{signature}",
            "a list": f"{_encoded(b'[]')}.{claims}.{signature}",
            "claims that are a list": f"{header}.{_encoded(b'[1]')}.{signature}",
            "deep": f"{_encoded(b'[' * DEEP)[:20000]}.{claims}.{signature}",
            "rubbish": "rubbish",
            "dots": "..",
            "an expiry that is a text": sign({**body, "exp": "tomorrow"}),
            "no expiry": sign({name: value for name, value in body.items() if name != "exp"}),
            "several audiences": sign({**body, "aud": [audience, "https://vault.azure.net"]}),
            "another tenant": sign({**body, "tid": "11111111-2222-3333-4444-555555555555"}),
            "an id token": sign({**body, "aud": body["appid"], "ver": "2.0"}),
        }

    @pytest.mark.parametrize(
        ("address", "audience"),
        [
            (f"{ARM}{GROUPS}?api-version=2022-09-01", ARM),
            (f"{GRAPH}/v1.0/me", GRAPH),
            ("https://factory-twins.api.weu.digitaltwins.azure.net/models?api-version=2023-10-31", TWINS_AUDIENCE),
        ],
        ids=["arm", "graph", "data"],
    )
    def test_none_is_accepted(self, place: Place, address: str, audience: str) -> None:
        assert get(place.sandbox, address, azure.token(place.sandbox, "owner", audience)).status_code == 200
        answers = {
            name: get(place.sandbox, address, token).status_code
            for name, token in self.forged(place.sandbox, audience).items()
        }
        # The data plane hides from other tenants that there is such an instance (documented).
        expected = dict.fromkeys(answers, 401) | ({"another tenant": 404} if audience == TWINS_AUDIENCE else {})
        assert answers == expected

    @pytest.mark.parametrize(
        "header", ["", "Bearer", "Bearer ", "Basic b3duZXI6", "bearer\t", "Bearer a b c", "Négociate x", "Bearer ü"]
    )
    def test_headers_that_hold_no_token(self, sandbox: Sandbox, header: str) -> None:
        session = azure.http(sandbox)
        answer = session.get(f"{ARM}{GROUPS}?api-version=2022-09-01", headers={"Authorization": header.encode()})
        assert answer.status_code == 401

    def test_a_token_that_was_good_grows_old_all_the_same(self) -> None:
        """What is remembered of a token is its signature, not that it was accepted."""
        clock = ManualClock()
        with Sandbox(clock=clock) as sandbox:
            token = azure.token(sandbox, "owner", GRAPH)
            assert get(sandbox, f"{GRAPH}/v1.0/me", token).status_code == 200
            clock.advance(5400)
            assert get(sandbox, f"{GRAPH}/v1.0/me", token).status_code == 401
            azure.close_clients(sandbox)
