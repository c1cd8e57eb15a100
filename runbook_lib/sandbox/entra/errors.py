"""The token service's refusals: its envelope, its codes and its texts.

Texts without a remark are recorded from the real service (captured error fixtures, SDK recordings) or quoted by users;
the others are modelled after the error code reference, which gives meanings but not sentences.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from ..http import Answer, ServiceError

NO_STORE = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


class EntraError(ServiceError):
    """A refusal with an AADSTS number; `code` is the OAuth error, which programs read."""

    def __init__(self, status: int, code: str, number: int, text: str) -> None:
        super().__init__(status, code, f"AADSTS{number}: {text}")
        self.number = number

    def envelope(self, now: datetime, correlation_id: str) -> Answer:
        """Render the envelope. It quotes the time and the client's own correlation id, for searching in logs."""
        trace_id, time = str(uuid.uuid4()), f"{now:%Y-%m-%d %H:%M:%S}Z"
        correlation_id = correlation_id or str(uuid.uuid4())
        description = f"{self.message}\r\nTrace ID: {trace_id}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: {time}"
        body = {
            "error": self.code,
            "error_description": description,
            "error_codes": [self.number],
            "timestamp": time,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return Answer(self.status, body, {**NO_STORE, **self.headers, "x-ms-request-id": trace_id})


def unknown_tenant(tenant: str, *, discovery: bool) -> EntraError:
    """Refuse a tenant; discovery names the error differently from the token endpoint."""
    return EntraError(
        400,
        "invalid_tenant" if discovery else "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. This may happen if there are no active subscriptions for the tenant. "
        "Check to make sure you have the correct tenant ID. Check with your subscription administrator.",
    )


def missing_parameter(name: str) -> EntraError:
    """Refuse a request without a parameter."""
    return EntraError(
        400, "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
    )


def unsupported_grant(grant: str) -> EntraError:
    """Refuse a grant type. Modelled: the sentence."""
    return EntraError(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'.")


def not_an_application(identifier: str) -> EntraError:
    """Refuse a client id that isn't a GUID."""
    return EntraError(400, "unauthorized_client", 700038, f"{identifier} is not a valid application identifier.")


def unknown_application(identifier: str, tenant: str) -> EntraError:
    """Refuse a client id that nobody registered."""
    return EntraError(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{identifier}' was not found in the directory '{tenant}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )


def secret_missing() -> EntraError:
    """Refuse a confidential flow without a credential."""
    return EntraError(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )


def no_federated_credential(client_id: str) -> EntraError:
    """Refuse an assertion for a client that trusts no other issuer."""
    text = f"The client '{client_id}' has no configured federated identity credentials."
    return EntraError(401, "invalid_client", 70025, text)


def assertion_type() -> EntraError:
    """Refuse an assertion of another kind. Modelled: the sentence."""
    return EntraError(400, "invalid_request", 7000220, "The 'client_assertion_type' is missing or not supported.")


def malformed_assertion() -> EntraError:
    """Refuse an assertion that isn't a token. Modelled: the sentence after the reason."""
    return EntraError(401, "invalid_client", 50027, "JWT token is invalid or malformed.")


def assertion_signature(issuer: str) -> EntraError:
    """Refuse an assertion that no key of its issuer has signed. Modelled: the sentence."""
    text = f"Client assertion failed signature validation. No key of the issuer '{issuer}' fits."
    return EntraError(401, "invalid_client", 700027, text)


def assertion_expired(now: datetime) -> EntraError:
    """Refuse an assertion before or after its time (quoted by users)."""
    time = f"{now:%Y-%m-%dT%H:%M:%S}.0000000Z"
    text = f"Client assertion is not within its valid time range. Current time: {time}."
    return EntraError(401, "invalid_client", 700024, text)


def no_match(number: int, part: str, value: object) -> EntraError:
    """Refuse an assertion that fits no credential: 700211 the issuer, 700212 the audience, 700213 the subject."""
    text = (
        f"No matching federated identity record found for presented assertion {part} '{value}'. Check your federated "
        "identity credential Subject, Audience and Issuer against the presented assertion. "
        "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    )
    return EntraError(401, "invalid_client", number, text)


def wrong_secret(app_id: str) -> EntraError:
    """Refuse a client secret."""
    return EntraError(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{app_id}'.",
    )


def unknown_resource(resource: str, tenant: str) -> EntraError:
    """Refuse an audience that the directory does not know."""
    return EntraError(
        400,
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
    )


def bad_scope(scope: str) -> EntraError:
    """Refuse an invalid scope."""
    return EntraError(
        400,
        "invalid_scope",
        70011,
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
        f"'scope' is not valid. The scope {scope} is not valid.",
    )


def scope_needs_default(scope: str) -> EntraError:
    """Refuse a client-credentials scope without `/.default`."""
    return EntraError(
        400,
        "invalid_scope",
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    )


def several_resources(scope: str) -> EntraError:
    """Refuse scopes of more than one audience in one request."""
    return EntraError(
        400,
        "invalid_scope",
        28000,
        "Provided value for the input parameter scope is not valid because it contains more than one resource. "
        f"Scope {scope} is not valid.",
    )


def device_pending() -> EntraError:
    """Tell a polling client that nobody has approved its code yet."""
    return EntraError(
        400,
        "authorization_pending",
        70016,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def device_slow_down() -> EntraError:
    """Tell a client that it polls too often. Modelled after RFC 8628: Azure's number and text aren't recorded."""
    return EntraError(400, "slow_down", 70016, "OAuth 2.0 device flow error. Polling too often. Slow down.")


def device_declined() -> EntraError:
    """Tell a client that the user said no. Modelled: the number and the sentence."""
    return EntraError(400, "authorization_declined", 70017, "OAuth 2.0 device flow error. The end user declined.")


def device_expired() -> EntraError:
    """Tell a client that its code has expired (quoted in azure-cli issue 22251)."""
    return EntraError(
        400,
        "expired_token",
        70020,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    )


def device_unknown() -> EntraError:
    """Refuse a device code that was never issued or has been used. Modelled: the sentence."""
    return EntraError(
        400, "bad_verification_code", 70018, ("The provided value for the input parameter 'device_code' is not valid.")
    )


def bad_refresh_token() -> EntraError:
    """Refuse a refresh token that isn't ours, or isn't this client's."""
    return EntraError(
        400,
        "invalid_grant",
        70000,
        "Provided grant is invalid or malformed. The refresh token is unknown or was issued to another client.",
    )


def old_refresh_token(issued: str) -> EntraError:
    """Refuse a refresh token that nobody used for 90 days."""
    return EntraError(
        400,
        "invalid_grant",
        700082,
        f"The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for "
        "90.00:00:00.",
    )


# ---- users -----------------------------------------------------------------------------------------------------------


def account_disabled() -> EntraError:
    """Refuse a user whose account is disabled. Modelled: the sentence."""
    return EntraError(400, "invalid_grant", 50057, "The user account is disabled.")


def unknown_user(tenant_name: str) -> EntraError:
    """Refuse a user name; the real service hides it too."""
    return EntraError(
        400,
        "invalid_grant",
        50034,
        f"The user account {{EmailHidden}} does not exist in the {tenant_name} directory. To sign into this "
        "application, the account must be added to the directory.",
    )


def second_factor_needed(resource: str) -> EntraError:
    """Refuse a password. Modelled: everyone in this tenant needs a second factor, as Azure now demands."""
    return EntraError(
        400,
        "invalid_grant",
        50076,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        f"use multi-factor authentication to access '{resource}'.",
    )


def required(form: Mapping[str, str], name: str) -> str:
    """Return a form field. Raises EntraError 900144 if it's missing or empty."""
    if not form.get(name):
        raise missing_parameter(name)
    return form[name]
