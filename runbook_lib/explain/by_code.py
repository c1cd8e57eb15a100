"""What Azure's error codes mean when you set up Azure Digital Twins, what to do, and who can do it.

Based on Microsoft's troubleshooting articles (Azure Resource Manager, Azure RBAC, Microsoft Entra ID, Azure Digital
Twins) and on recorded refusals. The wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..azure.permissions import WHO_GRANTS
from ..errors import AzureRefused, InputError, PermissionMissing, RunbookError, SignInFailed, TimedOut, Unreachable


@dataclass(frozen=True)
class Explanation:
    """What one of Azure's error codes means."""

    meaning: str
    remedy: str
    who: str = "You."
    error: type[RunbookError] = AzureRefused


ADMINISTRATOR = "An administrator of your Microsoft Entra tenant."
_SIGN_IN_AGAIN = (
    "Sign in again. In a notebook, run its first cells once more. For `runbook run`, sign in (`az login`, or the "
    "AZURE_ variables) and run the same command again. It continues where it stopped."
)
_DOWN = "Microsoft Entra ID isn't available right now. Your sign-in is fine."
_WAIT = "Wait, then run this again."
_SEE_MESSAGE = "See Azure's message."
_FIX_NAMED = "Fix what the message names."
_NOTHING_TO_DO = "Nothing to do."
_OTHER_NAME = "Choose another name."
_CLIENT_AND_TENANT = "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."
_RENEW_IT = "Create a new secret and set AZURE_CLIENT_SECRET to its value."
_OTHER_SIGN_IN = "Choose another sign_in."
_FINISH_IN_BROWSER = "Open the page, enter the code, and wait."


def _input(meaning: str, remedy: str) -> Explanation:
    return Explanation(meaning, remedy, error=InputError)


def _sign_in(meaning: str, remedy: str = _SIGN_IN_AGAIN, who: str = "You.") -> Explanation:
    return Explanation(meaning, remedy, who, SignInFailed)


def _down(meaning: str = _DOWN) -> Explanation:
    return Explanation(meaning, "Run this again in a few minutes. It continues where it stopped.", error=Unreachable)


def _permission(meaning: str, remedy: str, who: str = WHO_GRANTS) -> Explanation:
    return Explanation(meaning, remedy, who, PermissionMissing)


def _bug(meaning: str, error: type[RunbookError] = AzureRefused) -> Explanation:
    return Explanation(meaning, "Report this as our bug.", "The authors of this guide.", error)


_RESOURCES = {
    "ResourceNotFound": _input(
        "This resource doesn't exist. Maybe it was deleted, or has another name or resource group.",
        "Check the name, resource group and subscription. To create the instance, run 01-create-instance.",
    ),
    "ResourceGroupNotFound": _input(
        "The subscription has no resource group with that name.",
        "Check the name, or set create_resource_group to true.",
    ),
    "ParentResourceNotFound": _input("Its parent resource doesn't exist.", "Create the instance first."),
    "NotFound": _input("Azure has nothing at this address.", "Check the names and the subscription."),
    "ResourceGroupBeingDeleted": Explanation(
        "Someone is deleting the resource group with everything in it.", "Wait until it's gone, or choose another one."
    ),
    "InvalidResourceGroupLocation": _input(
        "A resource group with that name exists in another region, and resource groups can't move.",
        "Use it as it is (the instance can have another region), or choose another name.",
    ),
    "InvalidResourceLocation": _input(
        "This resource group has an instance with that name in another region, and instances can't move.",
        "Choose that region, another name, or another resource group.",
    ),
    "LocationNotAvailableForResourceType": _input(
        "The region doesn't offer Azure Digital Twins.", "Choose one of the listed regions."
    ),
    "LocationNotAvailableForResourceGroup": _input(
        "Resource groups aren't available in that region.", "Choose one of the listed regions."
    ),
    "LocationRequired": _input("The region is missing.", "Choose a region."),
    "ReservedResourceName": _input("The name contains a word that Azure reserves.", "Choose a name without it."),
    "BadRequest": _input(
        "The service doesn't accept a value, or you've reached a limit. The message says which.",
        "See the message. The usual limit is 10 instances in a region: delete one, or choose another region.",
    ),
    "InvalidArgument": _input("The service doesn't accept a value.", _SEE_MESSAGE),
    "InvalidRequestContent": Explanation(
        "Azure couldn't read the request.", "Check the values. If they are right, report this as our bug."
    ),
    "InvalidParameter": _input("Azure doesn't accept a value.", _SEE_MESSAGE),
    "InvalidResourceGroup": _input("Azure doesn't allow this resource group name.", _OTHER_NAME),
    "InvalidResourceName": _input("Azure doesn't allow this name.", _OTHER_NAME),
    "InvalidTag": _input("Azure doesn't allow one of the tags.", _SEE_MESSAGE),
    "InvalidTagNameCharacters": _input("A tag's name contains a character that Azure doesn't allow.", _OTHER_NAME),
    "Conflict": _input(
        "The name is taken, or the resource is changing right now.",
        "Choose another name, or wait a minute and run this again.",
    ),
    "AlreadyExists": _input("The name is taken: it must be unique in its region, as part of a host name.", _OTHER_NAME),
    "AnotherOperationInProgress": Explanation(
        "Azure is still working on an earlier change to this resource.", "Wait until it's done, then run this again."
    ),
    "OperationNotAllowed": Explanation(
        "Azure doesn't allow this in the resource's current state, or a quota is used up.", _SEE_MESSAGE
    ),
    "ResourceMoveNotSupported": Explanation(
        "You can't move this type of resource to another resource group or subscription.",
        "Create a new one there and delete the old one.",
    ),
    "CannotDeleteResource": _input(
        "The resource still contains others.", "Delete those first. The message names them."
    ),
    "TooManyTags": _input("Azure allows 50 tags on a resource.", "Remove some."),
    "OperationNotFound": _bug("Azure doesn't recognize the operation that we waited for."),
    "InvalidSkipToken": _bug("Azure doesn't recognize the page of a list that we asked for."),
    "InvalidResourceReference": _input(
        "A resource named in the request doesn't exist, or is in another region.",
        "Check its id. A private endpoint must be in the same region as its virtual network.",
    ),
    "InvalidAddressPrefixFormat": _input("That isn't an address range.", "Write it like 10.0.0.0/24."),
    "NetcfgInvalidSubnet": _input(
        "The subnet's addresses aren't within its virtual network's.", "Choose a range within them."
    ),
    "NetcfgSubnetRangesOverlap": _input("The range overlaps with another subnet's.", "Choose another range."),
    "SubnetIsFull": _input("The subnet has no free address.", "Choose another subnet, or a larger one."),
    "InUseSubnetCannotBeDeleted": _input(
        "The subnet is in use, for example by a private endpoint.", "Delete that first. The message names it."
    ),
    "InternalServerError": Explanation(
        "Azure failed. You didn't cause it.",
        "Run this again in a few minutes. Keep the correlation id.",
        "You. If it keeps happening, Azure's support.",
    ),
    "ServiceUnavailable": Explanation(
        "The service isn't available right now.", "Run this again in a few minutes.", error=Unreachable
    ),
    "ServerTimeout": Explanation(
        "The service is too busy to answer in time.", "Run this again in a few minutes.", error=Unreachable
    ),
    "OperationPreempted": Explanation(
        "Azure canceled the change before it was done, usually for another one or for maintenance.",
        "Run this again. It finds what was left behind and finishes it.",
    ),
    "GatewayTimeout": Explanation("Azure took too long to answer.", "Run this again.", error=TimedOut),
    "RequestUriTooLong": _bug("A request's address was too long."),
    "RequestEntityTooLarge": _input("The request is too large.", "Send less at once."),
    "RequestHeaderFieldsTooLarge": _bug("A request's headers were too long."),
    "MisdirectedRequest": _bug("A request reached a server with another name."),
    "SandboxFault": Explanation(
        "The sandbox has a bug. Azure wouldn't answer like this.",
        "Look in its log, and report it.",
        "The authors of this guide.",
    ),
}

_GATES = {
    "SubscriptionNotFound": _input(
        "The subscription doesn't exist, or it belongs to another tenant.",
        "Choose one of the subscriptions that 00-start-here lists.",
    ),
    "InvalidSubscriptionId": _input(
        "That isn't a subscription id.", "Give the id or name of a subscription you have access to."
    ),
    "MissingSubscriptionRegistration": Explanation(
        "The subscription has never used Azure Digital Twins: its resource provider isn't registered.",
        "Run 00-start-here, which registers Microsoft.DigitalTwins.",
        "Anyone with Microsoft.DigitalTwins/register/action: a Contributor or an Owner.",
    ),
    "NoRegisteredProviderFound": Explanation(
        "The service doesn't support this API version, or not in this region.",
        "Choose another region. If that doesn't help, report this as our bug.",
    ),
    "InvalidApiVersionParameter": _bug("Azure doesn't support this API version."),
    "MissingApiVersionParameter": _bug("A request had no API version."),
    "UnsupportedApiVersion": _bug("The service doesn't support this API version."),
    "ApiVersionUnspecified": _bug("A request had no API version."),
    "MissingSubscription": _bug("A request named no subscription."),
    "InvalidFilterInQueryString": _bug("Azure doesn't understand a list's filter."),
    "SandboxNotSimulated": Explanation("Azure can do this, but the sandbox doesn't simulate it.", "Try it on Azure."),
    "InvalidResourceType": _bug("Azure doesn't know this type of resource."),
    "InvalidResourceNamespace": _bug("Azure doesn't know this resource provider."),
    "MethodNotAllowed": _bug("Azure doesn't support this here."),
    "AuthorizationFailed": _permission(
        "None of your roles at this scope or above allows this action.",
        "Get the role, or have someone else do this step. A new role can take up to 10 minutes to work.",
    ),
    "LinkedAuthorizationFailed": _permission(
        "You can change the resource, but you can't use the other resource it's linked to.",
        "Get the role Managed Identity Operator on the linked identity.",
    ),
    "DenyAssignmentAuthorizationFailed": _permission(
        "Your role would allow this, but a deny assignment blocks it.",
        "Ask the person who manages the deny assignment.",
        "The person who made it, often through a managed application.",
    ),
    "Forbidden": _permission("You're signed in, but you don't have permission.", "Ask for a role that allows this."),
    "RequestDisallowedByPolicy": Explanation(
        "A policy of your organization forbids this, often because of the region, name or tags.",
        "Choose values that the policy allows.",
        "The person who manages policies in your organization.",
    ),
    "ScopeLocked": Explanation(
        "A lock protects this resource from changes or deletion.",
        "Have the lock removed, then run this again.",
        "An Owner or a User Access Administrator.",
    ),
    "SubscriptionRequestsThrottled": Explanation("Too many requests for this subscription.", _WAIT),
    "ResourceRequestsThrottled": Explanation("Too many requests of this kind.", _WAIT),
    "TooManyRequests": Explanation("Too many requests.", _WAIT),
    "ReadOnlyDisabledSubscription": Explanation(
        "The subscription is disabled: you can read it but not change it.",
        "Choose another subscription.",
        "The account administrator.",
    ),
    "DeploymentFailed": Explanation("A deployment failed. The details say where.", "See the details."),
    "InvalidTemplateDeployment": Explanation("A deployment isn't valid. The details say why.", "See the details."),
    "DeploymentActive": Explanation("An earlier deployment is still running.", "Wait until it's done."),
    "DeploymentCannotBeCancelled": Explanation("The deployment has already ended.", _NOTHING_TO_DO),
    "PolicyAssignmentNotFound": _input("This policy assignment doesn't exist.", _NOTHING_TO_DO),
    "PolicyDefinitionNotFound": _input("This policy doesn't exist.", "Check its name."),
    "PolicyDefinitionInUse": _input("The policy is still assigned.", "Delete its assignments first."),
    "InvalidPolicyRule": _input("The policy has no valid rule.", _SEE_MESSAGE),
    "DeploymentNotFound": _input("This deployment doesn't exist.", "Check its name and resource group."),
    "DeploymentOperationNotFound": _bug("Azure doesn't know this deployment's progress."),
    "InvalidTemplate": _input("The template isn't valid.", _SEE_MESSAGE),
    "MissingIdentityIds": _input(
        "The request asks for a user-assigned identity but names none.", "Name the identity by its resource id."
    ),
    "LinkedInvalidPropertyId": _input("That isn't a resource id.", "Give the whole id, starting with /subscriptions/."),
    "FailedIdentityOperation": _input("The managed identity doesn't exist.", "Check its resource id."),
}

_ACCESS = {
    "RoleAssignmentExists": Explanation(
        "The member already has this role at this scope, under another id.", _NOTHING_TO_DO
    ),
    "RoleAssignmentUpdateNotPermitted": Explanation(
        "You can't change the member or role of a role assignment.", "Remove the old one first.", WHO_GRANTS
    ),
    "RoleAssignmentNotFound": _input("This role assignment doesn't exist.", _NOTHING_TO_DO),
    "PrincipalNotFound": _input(
        "The directory doesn't know the member. A new one takes a moment to be known everywhere.",
        "Check the object id. If the member is new, run this again in a minute.",
    ),
    "PrincipalTypeNotSupported": _input(
        "You can assign roles only to users, groups and service principals.", "Choose another member."
    ),
    "UnmatchedPrincipalType": _input(
        "The member isn't of the given type.", "Leave principal_type empty, or correct it."
    ),
    "InvalidPrincipalId": _input("That isn't an object id.", "Check the member's object id."),
    "InvalidRoleAssignmentId": _bug("The id of a role assignment must be a GUID."),
    "RoleDefinitionDoesNotExist": _input("This role doesn't exist.", "Choose another role."),
    "InvalidRoleDefinitionId": _input("That isn't a role.", "Choose another role."),
    "RoleDefinitionHasAssignments": _input("The custom role is still assigned.", "Remove its assignments first."),
    "RoleDefinitionLimitExceeded": Explanation(
        "The tenant has reached Azure's limit of 5000 custom roles.", "Delete one that isn't used.", WHO_GRANTS
    ),
    "RoleDefinitionWithSameNameExists": _input("The tenant already has a role with that name.", _OTHER_NAME),
    "InvalidActionOrNotAction": _input("The role names an action that Azure doesn't have.", _FIX_NAMED),
    "InvalidDataActionOrNotDataAction": _input("The role names a data action that Azure doesn't have.", _FIX_NAMED),
    "RoleDefinitionUpdateNotAllowed": _input("You can't change built-in roles.", "Create a custom role instead."),
    "InvalidAssignableScope": _input("You can't assign the role there.", "Choose a scope that the role lists."),
    "DenyAssignmentNotFound": _input("This deny assignment doesn't exist.", _NOTHING_TO_DO),
    "LockNotFound": _input("This lock doesn't exist.", _NOTHING_TO_DO),
    "RoleAssignmentLimitExceeded": Explanation(
        "The subscription has reached Azure's limit of 4000 role assignments.",
        "Remove some, or assign a group instead of its members.",
        WHO_GRANTS,
    ),
    "CannotDeleteLastAdminAssignment": Explanation(
        "This is the last assignment that lets anyone manage access here.",
        "Give someone else the role first.",
        WHO_GRANTS,
    ),
    "Authorization_RequestDenied": _permission(
        "This account can't look people up in the directory. That's usual for service principals and guests.",
        "Give the object id and principal_type. Then there's nothing to look up.",
        "You, or an administrator who gives the permission Directory.Read.All.",
    ),
    "Request_ResourceNotFound": _input("The directory doesn't have this id.", "Check the id, name or email address."),
    "Request_UnsupportedQuery": _bug("The directory doesn't understand the search."),
    "Request_BadRequest": _bug("The directory doesn't understand the request."),
}

_TOKENS = {
    "AuthenticationFailed": _sign_in("The request came without a sign-in."),
    "ExpiredAuthenticationToken": _sign_in("Your sign-in has expired."),
    "InvalidAuthenticationToken": _sign_in("Azure doesn't accept your sign-in."),
    "InvalidAuthenticationTokenAudience": _bug("The token is for another service.", SignInFailed),
    "InvalidAuthenticationTokenTenant": _sign_in(
        "You're signed in to a tenant other than the subscription's.",
        "Give the subscription's tenant in the parameter tenant.",
    ),
    "Unauthorized": _sign_in(
        "The instance doesn't accept your sign-in: it's missing, has expired, or is for another service."
    ),
    "AADSTS7000215": _sign_in(
        "The application's secret is wrong. Often it's the secret's id instead of its value, or it has expired.",
        _RENEW_IT,
        "The application's owner.",
    ),
    "AADSTS7000222": _sign_in("The application's secret has expired.", _RENEW_IT, "The application's owner."),
    "AADSTS700016": _sign_in("The application doesn't exist in this tenant.", _CLIENT_AND_TENANT),
    "AADSTS700038": _sign_in("That isn't an application id.", "Check AZURE_CLIENT_ID."),
    "AADSTS90002": _sign_in("This tenant doesn't exist.", "Check the parameter tenant, or AZURE_TENANT_ID."),
    "AADSTS900023": _sign_in(
        "That is neither the id nor a domain of a tenant.", "Check the parameter tenant, or AZURE_TENANT_ID."
    ),
    "AADSTS500011": _sign_in("The tenant doesn't know this service.", "Check that you sign in to the right tenant."),
    "AADSTS50034": _sign_in("The directory doesn't have this user.", "Check the name and the tenant."),
    "AADSTS50126": _sign_in("The name or password is wrong.", "Try again."),
    "AADSTS50020": _sign_in(
        "Your account belongs to another tenant and isn't a guest in this one.",
        "Sign in to your own tenant, or ask for an invitation.",
        ADMINISTRATOR,
    ),
    "AADSTS50057": _sign_in("The account is disabled.", "Ask for it to be enabled.", ADMINISTRATOR),
    "AADSTS50076": _sign_in("The sign-in needs a second factor.", "Use sign_in: browser or device-code."),
    "AADSTS65001": _sign_in(
        "Nobody has given this application consent to act for you.", "Ask for admin consent.", ADMINISTRATOR
    ),
    "AADSTS70008": _sign_in("Your sign-in has expired."),
    "AADSTS70000": _sign_in("The saved sign-in is no longer valid."),
    "AADSTS50000": _down(),
    "AADSTS90006": _down(),
    "AADSTS90024": _down("Microsoft Entra ID is too busy to answer. Your sign-in is fine."),
    "AADSTS90033": _down(),
    "AADSTS90055": _down("Too many sign-ins at once. Yours is fine."),
    "AADSTS9002313": _bug("The token service couldn't read the request.", SignInFailed),
    "AADSTS700082": _sign_in("Your sign-in has expired because it wasn't used."),
    "AADSTS70016": _sign_in("You haven't finished signing in in the browser.", _FINISH_IN_BROWSER),
    "AADSTS70017": _sign_in("The sign-in was declined."),
    "AADSTS50011": _sign_in("The application has another redirect URI.", "Register this one.", ADMINISTRATOR),
    "AADSTS500113": _sign_in("The application has no redirect URI.", "Register one.", ADMINISTRATOR),
    "AADSTS54005": _sign_in("This sign-in has already been used."),
    "AADSTS500112": _bug("The sign-in returned to an address other than the requested one.", SignInFailed),
    "AADSTS501481": _bug("Another client started the sign-in.", SignInFailed),
    "AADSTS700025": _sign_in("The application is public and has no secret.", "Unset AZURE_CLIENT_SECRET."),
    "AADSTS7000218": _sign_in("The application needs a secret to sign in.", "Set AZURE_CLIENT_SECRET."),
    "AADSTS900561": _bug("The token service doesn't answer this kind of request.", SignInFailed),
    "AADSTS50058": _sign_in("Nobody is signed in."),
    "AADSTS65004": _sign_in("Consent was declined.", "Sign in again and agree, or ask for admin consent."),
    "AADSTS70018": _sign_in("The code isn't valid."),
    "AADSTS70019": _sign_in("The code expired before anyone entered it."),
    "AADSTS70003": _sign_in("The token service doesn't support this way to sign in.", _OTHER_SIGN_IN),
    "AADSTS70011": _bug("The token service doesn't recognize the requested scope.", SignInFailed),
    "AADSTS900144": _sign_in(
        "A part of the sign-in is missing.",
        "Check that AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET are set.",
    ),
    "server_error": _down(),
    "temporarily_unavailable": _down(),
    "slow_down": _sign_in("Too many attempts to sign in.", "Wait a minute, then sign in again."),
    "access_denied": _sign_in("The sign-in was canceled, or consent was declined."),
    "unsupported_response_type": _bug("The sign-in page doesn't support this kind of sign-in.", SignInFailed),
    "invalid_client": _sign_in(
        "The token service doesn't accept the application's secret.", "Check AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."
    ),
    "invalid_request": _sign_in(
        "The token service doesn't accept the sign-in.", "Check the parameter tenant and the AZURE_ variables."
    ),
}

_DATA = {
    "SubDomainNotFound": _sign_in(
        "The instance belongs to a tenant other than the one you're signed in to, or it doesn't exist.",
        "Give the instance's own tenant in the parameter tenant. Check the host name.",
    ),
    "ModelNotFound": _input("The instance doesn't have this model.", "Check the model's id."),
    "ModelIdAlreadyExists": _input(
        "The instance already has a model with that id. Nothing was uploaded.",
        "Use a higher version in the model's id.",
    ),
    "ModelReferencesNotDeleted": _input("Other models still refer to this one.", "Delete those first."),
    "ModelVersionNotSupported": _input("The service doesn't support this version of DTDL.", "Use DTDL 2 or 3."),
    "DTDLParserError": _input("A model isn't valid DTDL. Nothing was uploaded.", _FIX_NAMED),
    "DigitalTwinNotFound": _input("The instance doesn't have this twin.", "Check the twin's id."),
    "RelationshipNotFound": _input("The twin doesn't have this relationship.", "Check its id."),
    "EventRouteNotFound": _input("The instance doesn't have this event route.", "Check its id."),
    "EventRouteEndpointInvalid": _input(
        "The instance doesn't have this endpoint, or the endpoint isn't ready.", "Create the endpoint first."
    ),
    "JsonPatchInvalid": _input("The change isn't a valid JSON patch.", _FIX_NAMED),
    "ValidationFailed": _input("A value doesn't fit the model.", _FIX_NAMED),
    "PreconditionFailed": _input("Someone has changed it in the meantime.", "Read it again, then change it."),
    "SqlQueryError": _input("The query isn't valid.", _FIX_NAMED),
    "LimitExceeded": _input("You've reached a limit of the service.", _SEE_MESSAGE),
    "QuotaReachedError": Explanation("Too many queries.", _WAIT),
    "UnsupportedMediaType": _bug("The service doesn't accept this kind of content."),
}

_SAME_AS = {
    "AADSTS70020": "AADSTS70019",
    "authorization_declined": "AADSTS70017",
    "authorization_pending": "AADSTS70016",
    "bad_verification_code": "AADSTS70018",
    "expired_token": "AADSTS70019",
    "invalid_grant": "AADSTS70000",
    "invalid_resource": "AADSTS500011",
    "invalid_scope": "AADSTS70011",
    "invalid_tenant": "AADSTS90002",
    "login_required": "AADSTS50058",
    "unauthorized_client": "AADSTS700016",
    "unsupported_grant_type": "AADSTS70003",
    "ModelAlreadyExists": "ModelIdAlreadyExists",
}
"""Codes that mean the same, above all the token service's OAuth errors."""

_BY_CODE = {**_RESOURCES, **_GATES, **_ACCESS, **_TOKENS, **_DATA}

BY_CODE: Mapping[str, Explanation] = _BY_CODE | {code: _BY_CODE[same] for code, same in _SAME_AS.items()}
"""Explanations by Azure's code, including the token service's `AADSTS...` codes and OAuth errors."""

_BY_STATUS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "GatewayTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "ServiceUnavailable",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}

BY_STATUS: Mapping[int, Explanation] = {status: BY_CODE[code] for status, code in _BY_STATUS.items()}
"""Explanations by HTTP status, for answers without a known code."""
