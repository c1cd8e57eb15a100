"""What the authorization endpoint refuses, and the token endpoint when a code is redeemed.

The sources of the texts: as in `errors`.
"""

from __future__ import annotations

from .errors import EntraError


def no_redirect() -> EntraError:
    """Refuse a sign-in that does not say where to go afterwards (error code reference)."""
    return EntraError(400, "invalid_request", 900971, "No reply address provided.")


def no_redirect_registered() -> EntraError:
    """Refuse an application without any registered address (error code reference)."""
    return EntraError(400, "invalid_request", 500113, "No reply address is registered for the application.")


def wrong_redirect(address: str, app_id: str) -> EntraError:
    """Refuse an address that the application has not registered (Microsoft's troubleshooting article)."""
    return EntraError(
        400,
        "invalid_request",
        50011,
        f"The redirect URI '{address}' specified in the request does not match the redirect URIs configured for the "
        f"application '{app_id}'. Make sure the redirect URI sent in the request matches one added to your application "
        "in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
    )


def unsupported_response_type(wanted: str, parts: set[str]) -> EntraError:
    """Refuse an implicit or hybrid flow, which these applications have not enabled."""
    if parts <= {"code", "token", "id_token"}:
        kind, number = ("token", 700051) if "token" in parts else ("id_token", 700054)
        text = f"response_type '{kind}' is not enabled for the application."
        return EntraError(400, "unsupported_response_type", number, text)
    return EntraError(
        400, "unsupported_response_type", 70005, (f"'{wanted}' is not a supported value for 'response_type'.")
    )


def unsupported_response_mode(mode: str) -> EntraError:
    """Refuse a response mode (error code reference)."""
    return EntraError(
        400,
        "invalid_request",
        70007,
        (f"'{mode}' is not a supported value for 'response_mode' when requesting a token."),
    )


def unsupported_prompt() -> EntraError:
    """Refuse a prompt."""
    return EntraError(400, "invalid_request", 90023, "Unsupported 'prompt' value.")


def nobody_signed_in() -> EntraError:
    """Refuse a sign-in without a page: `prompt=none`."""
    return EntraError(400, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.")


def bad_challenge() -> EntraError:
    """Refuse an invalid code challenge (error code reference)."""
    return EntraError(400, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")


def malformed_request() -> EntraError:
    """Refuse what has no other number (error code reference)."""
    return EntraError(400, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid.")


def sign_in_declined() -> EntraError:
    """Tell the application that the user went back (error code reference)."""
    return EntraError(400, "access_denied", 65004, "User declined to consent to access the app.")


def malformed_code() -> EntraError:
    """Refuse a code that was never issued, or not to this client."""
    return EntraError(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")


def code_redeemed() -> EntraError:
    """Refuse a code for the second time (quoted in many issues, microsoft-identity-web 2612 for one)."""
    return EntraError(
        400,
        "invalid_grant",
        54005,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh "
        "token.",
    )


def code_expired() -> EntraError:
    """Refuse an expired code (quoted by users)."""
    return EntraError(
        400,
        "invalid_grant",
        70008,
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
        "authorization request for this user and resource.",
    )


def other_redirect(given: str, expected: str) -> EntraError:
    """Refuse to redeem a code for another address than it was sent to (quoted by users)."""
    return EntraError(
        400,
        "invalid_client",
        500112,
        f"The reply address '{given}' does not match the reply address '{expected}' provided when requesting "
        "Authorization code.",
    )


def wrong_verifier() -> EntraError:
    """Refuse a code verifier (quoted by users)."""
    return EntraError(
        400,
        "invalid_grant",
        501481,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    )


def public_client_with_secret() -> EntraError:
    """Refuse a secret from an application that has none (quoted by users)."""
    return EntraError(
        401,
        "invalid_client",
        700025,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )
