"""Codes of Microsoft Entra ID, and of services that don't accept a token."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import SignInFailed
from .explanation import (
    ADMINISTRATOR,
    CLIENT_AND_TENANT,
    FINISH_IN_BROWSER,
    OTHER_SIGN_IN,
    RENEW_IT,
    Explanation,
    our_bug,
    sign_in_failed,
    unavailable,
)

POLICY_OWNER = "An administrator who manages Conditional Access in your tenant."
APPLICATION_OWNER = "The application's owner."
SECOND_FACTOR = "Use sign_in: browser or device-code, and sign in again with it."


def _federated(part: str) -> Explanation:
    return sign_in_failed(
        f"The {part} of the other issuer's token (GitHub, Azure DevOps, Kubernetes) is in no federated credential of "
        "the application or identity.",
        f"Compare the {part} in the message with the federated credential, letter by letter: branch, environment and "
        "capitals count.",
        APPLICATION_OWNER,
    )


TOKENS: Mapping[str, Explanation] = {
    "AuthenticationFailed": sign_in_failed("The request came without a sign-in."),
    "ExpiredAuthenticationToken": sign_in_failed("Your sign-in has expired."),
    "InvalidAuthenticationToken": sign_in_failed("Azure doesn't accept your sign-in."),
    "InvalidAuthenticationTokenAudience": our_bug("The token is for another service.", SignInFailed),
    "InvalidAuthenticationTokenTenant": sign_in_failed(
        "You're signed in to a tenant other than the subscription's.",
        "Give the subscription's tenant in the parameter tenant.",
    ),
    "Unauthorized": sign_in_failed(
        "The instance doesn't accept your sign-in: it's missing, has expired, or is for another service."
    ),
    "AADSTS7000215": sign_in_failed(
        "The application's secret is wrong. Often it's the secret's id instead of its value, or it has expired.",
        RENEW_IT,
        APPLICATION_OWNER,
    ),
    "AADSTS7000222": sign_in_failed("The application's secret has expired.", RENEW_IT, APPLICATION_OWNER),
    "AADSTS700016": sign_in_failed("The application doesn't exist in this tenant.", CLIENT_AND_TENANT),
    "AADSTS700038": sign_in_failed("That isn't an application id.", "Check AZURE_CLIENT_ID."),
    "AADSTS90002": sign_in_failed("This tenant doesn't exist.", "Check the parameter tenant, or AZURE_TENANT_ID."),
    "AADSTS900023": sign_in_failed(
        "That is neither the id nor a domain of a tenant.", "Check the parameter tenant, or AZURE_TENANT_ID."
    ),
    "AADSTS500011": sign_in_failed(
        "The tenant doesn't know this service.", "Check that you sign in to the right tenant."
    ),
    "AADSTS50034": sign_in_failed("The directory doesn't have this user.", "Check the name and the tenant."),
    "AADSTS50126": sign_in_failed(
        "The name or password is wrong.", "Check both. AZURE_USERNAME and AZURE_PASSWORD can hold old ones."
    ),
    "AADSTS50053": sign_in_failed(
        "The account is locked after too many wrong passwords, or the sign-in comes from an address that Entra blocks.",
        "Wait a while, then sign in again. An administrator can unlock it.",
        ADMINISTRATOR,
    ),
    "AADSTS50055": sign_in_failed("The password has expired.", "Sign in to the portal, set a new one, and try again."),
    "AADSTS50105": sign_in_failed(
        "The application only lets in people and groups that are assigned to it, and you aren't.",
        "Ask to be assigned (Enterprise applications > the application > Users and groups), or use az login.",
        ADMINISTRATOR,
    ),
    "AADSTS90094": sign_in_failed(
        "Only an administrator can consent to this application.",
        "Ask for admin consent, or use az login.",
        ADMINISTRATOR,
    ),
    "AADSTS90072": sign_in_failed(
        "Your account isn't in this tenant, not even as a guest.",
        "Give your own tenant in the parameter tenant, or ask for an invitation.",
        ADMINISTRATOR,
    ),
    "AADSTS50059": sign_in_failed("The sign-in names no tenant.", "Set the parameter tenant, or AZURE_TENANT_ID."),
    "AADSTS7000229": sign_in_failed(
        "The application is registered, but has no service principal in this tenant.",
        "Create it: az ad sp create --id with the application's id. Check AZURE_TENANT_ID.",
        ADMINISTRATOR,
    ),
    "AADSTS7000112": sign_in_failed("The application is disabled.", "Ask for it to be enabled.", ADMINISTRATOR),
    "AADSTS50020": sign_in_failed(
        "Your account belongs to another tenant and isn't a guest in this one.",
        "Sign in to your own tenant, or ask for an invitation.",
        ADMINISTRATOR,
    ),
    "AADSTS50057": sign_in_failed("The account is disabled.", "Ask for it to be enabled.", ADMINISTRATOR),
    "AADSTS65001": sign_in_failed(
        "Nobody has given this application consent to act for you.",
        "Ask for admin consent, or use az login.",
        ADMINISTRATOR,
    ),
    "AADSTS70008": sign_in_failed("Your sign-in has expired."),
    "AADSTS70000": sign_in_failed("The saved sign-in is no longer valid."),
    "AADSTS50000": unavailable(),
    "AADSTS90006": unavailable(),
    "AADSTS90024": unavailable("Microsoft Entra ID is too busy to answer. Your sign-in is fine."),
    "AADSTS90033": unavailable(),
    "AADSTS90055": unavailable("Too many sign-ins at once. Yours is fine."),
    "AADSTS9002313": our_bug("The token service couldn't read the request.", SignInFailed),
    "AADSTS700082": sign_in_failed("Your sign-in has expired because it wasn't used."),
    "AADSTS70016": sign_in_failed("You haven't finished signing in in the browser.", FINISH_IN_BROWSER),
    "AADSTS70017": sign_in_failed("The sign-in was declined."),
    "AADSTS50011": sign_in_failed("The application has another redirect URI.", "Register this one.", ADMINISTRATOR),
    "AADSTS500113": sign_in_failed("The application has no redirect URI.", "Register one.", ADMINISTRATOR),
    "AADSTS54005": sign_in_failed("This sign-in has already been used."),
    "AADSTS500112": our_bug("The sign-in returned to an address other than the requested one.", SignInFailed),
    "AADSTS501481": our_bug("Another client started the sign-in.", SignInFailed),
    "AADSTS700025": sign_in_failed("The application is public and has no secret.", "Unset AZURE_CLIENT_SECRET."),
    "AADSTS7000218": sign_in_failed("The application needs a secret to sign in.", "Set AZURE_CLIENT_SECRET."),
    "AADSTS900561": our_bug("The token service doesn't answer this kind of request.", SignInFailed),
    "AADSTS50058": sign_in_failed("Nobody is signed in."),
    "AADSTS65004": sign_in_failed("Consent was declined.", "Sign in again and agree, or ask for admin consent."),
    "AADSTS70018": sign_in_failed("The code isn't valid."),
    "AADSTS70019": sign_in_failed("The code expired before anyone entered it."),
    "AADSTS70003": sign_in_failed("The token service doesn't support this way to sign in.", OTHER_SIGN_IN),
    "AADSTS70011": our_bug("The token service doesn't recognize the requested scope.", SignInFailed),
    "AADSTS900144": sign_in_failed(
        "A part of the sign-in is missing.",
        "Check that AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET are set.",
    ),
    "server_error": unavailable(),
    "temporarily_unavailable": unavailable(),
    "slow_down": sign_in_failed("Too many attempts to sign in.", "Wait a minute, then sign in again."),
    "access_denied": sign_in_failed("The sign-in was canceled, or consent was declined."),
    "unsupported_response_type": our_bug("The sign-in page doesn't support this kind of sign-in.", SignInFailed),
    "invalid_client": sign_in_failed(
        "The token service doesn't accept the application's secret.", "Check AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."
    ),
    "invalid_request": sign_in_failed(
        "The token service doesn't accept the sign-in.", "Check the parameter tenant and the AZURE_ variables."
    ),
}

CONDITIONAL_ACCESS: Mapping[str, Explanation] = {
    "AADSTS53003": sign_in_failed(
        "A Conditional Access policy of your organization blocks this sign-in, by place, device, application or way to "
        "sign in. Many block device codes.",
        "Use sign_in: browser, or sign in with az login on a machine that the policy allows. The sign-in log in Entra, "
        "tab Conditional Access, names the policy.",
        POLICY_OWNER,
    ),
    "AADSTS53000": sign_in_failed(
        "A Conditional Access policy asks for a device that complies with your organization's rules, and this one "
        "isn't known to.",
        "Sign in on a managed device with sign_in: browser. A device code never says which device it is.",
        POLICY_OWNER,
    ),
    "AADSTS53001": sign_in_failed(
        "A Conditional Access policy asks for a device that is joined to your organization's domain.",
        "Sign in on such a device with sign_in: browser.",
        POLICY_OWNER,
    ),
    "AADSTS50076": sign_in_failed(
        "The sign-in needs a second factor, because a policy has changed or you're in a new place.", SECOND_FACTOR
    ),
    "AADSTS50079": sign_in_failed(
        "The sign-in needs a second factor, and you haven't set one up.",
        "Set it up at https://aka.ms/mfasetup, then use sign_in: browser or device-code.",
    ),
    "AADSTS50078": sign_in_failed("Your second factor is too long ago for your organization's policy.", SECOND_FACTOR),
    "AADSTS50158": sign_in_failed("A policy sends you to another page before you're let in.", SECOND_FACTOR),
    "AADSTS50097": sign_in_failed(
        "The device has to sign in too.", "Sign in on a managed device with sign_in: browser.", POLICY_OWNER
    ),
    "AADSTS70043": sign_in_failed(
        "Your sign-in is too old: a Conditional Access policy says how often you have to sign in again."
    ),
    "AADSTS50173": sign_in_failed(
        "Your sign-in was revoked, usually because the password has changed or an administrator ended your sessions."
    ),
    "AADSTS50132": sign_in_failed("Your session was ended, because the password has changed or expired."),
}
"""What a policy asks of the person who signs in, and what ends a sign-in early."""

FEDERATION: Mapping[str, Explanation] = {
    "AADSTS700024": sign_in_failed(
        "The token of the other issuer (GitHub, Azure DevOps, Kubernetes) isn't valid at this time. It's good for a "
        "few minutes, so the job was too slow to use it, or this machine's clock is wrong.",
        "Get a new token right before the run, or again in the step that failed. Check the clock.",
    ),
    "AADSTS700211": _federated("issuer"),
    "AADSTS700212": _federated("audience"),
    "AADSTS700213": _federated("subject"),
    "AADSTS70025": sign_in_failed(
        "The application or identity trusts no other issuer: it has no federated credential.",
        "Add one, with the issuer and subject of your pipeline, and check AZURE_CLIENT_ID.",
        APPLICATION_OWNER,
    ),
    "AADSTS700027": sign_in_failed(
        "The signature of the assertion isn't right: the certificate or issuer's key isn't one that Entra knows.",
        "Check the certificate of the application, or the issuer of the federated credential.",
        APPLICATION_OWNER,
    ),
    "AADSTS50027": sign_in_failed(
        "The assertion isn't a token.", "Check the file that AZURE_FEDERATED_TOKEN_FILE names."
    ),
    "AADSTS7000220": our_bug("The token service doesn't know this kind of assertion.", SignInFailed),
}
"""Workload identity federation: another issuer's token instead of a secret."""
