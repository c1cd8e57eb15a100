"""What Azure's error codes mean for somebody who sets up Azure Digital Twins, what to do, and who can do it.

Gathered from Microsoft's troubleshooting articles (Azure Resource Manager, Azure RBAC, Microsoft Entra ID, Azure
Digital Twins) and from recorded refusals; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import AzureRefused, InputError, PermissionMissing, RunbookError, SignInFailed, TimedOut, Unreachable


@dataclass(frozen=True)
class Explanation:
    """What stands behind one code of Azure."""

    meaning: str
    remedy: str
    who: str = "You."
    error: type[RunbookError] = AzureRefused


_ADMINISTRATOR = "An administrator of your Microsoft Entra tenant."
_GRANTER = "An Owner or a User Access Administrator of the subscription."
_SIGN_IN_AGAIN = "Sign in again: run the notebook's first cells once more."


def _input(meaning: str, remedy: str) -> Explanation:
    return Explanation(meaning, remedy, error=InputError)


def _sign_in(meaning: str, remedy: str = _SIGN_IN_AGAIN, who: str = "You.") -> Explanation:
    return Explanation(meaning, remedy, who, SignInFailed)


def _bug(meaning: str, error: type[RunbookError] = AzureRefused) -> Explanation:
    return Explanation(meaning, "Report this as our bug.", "The makers of this guide.", error)


_RESOURCES = {
    "ResourceNotFound": _input(
        "There is no such resource: it was never made, was deleted, or has another name or resource group.",
        "Check name, resource group and subscription; run 01-create-instance to make the instance."),
    "ResourceGroupNotFound": _input(
        "The subscription has no resource group of that name.",
        "Check the name, or set create_resource_group to true."),
    "ParentResourceNotFound": _input(
        "The resource that this one belongs to does not exist.", "Create the instance first."),
    "NotFound": _input("Azure has nothing at this address.", "Check the names and the subscription."),
    "ResourceGroupBeingDeleted": Explanation(
        "Somebody deletes the resource group at the moment, with everything in it.",
        "Wait until it is gone, or choose another resource group."),
    "InvalidResourceGroupLocation": _input(
        "A resource group of that name is there already, in another region; a resource group cannot move.",
        "Use it as it is (its region does not bind the instance), or choose another name."),
    "InvalidResourceLocation": _input(
        "An instance of that name is in this resource group already, in another region; an instance cannot move.",
        "Choose that region, another name, or another resource group."),
    "LocationNotAvailableForResourceType": _input(
        "The region exists, but does not offer Azure Digital Twins.", "Choose one of the regions that are listed."),
    "LocationNotAvailableForResourceGroup": _input(
        "A resource group cannot live in that region.", "Choose one of the regions that are listed."),
    "LocationRequired": _input("No region was given.", "Choose a region."),
    "ReservedResourceName": _input(
        "The name contains a word that Azure keeps for itself.", "Choose a name without it."),
    "BadRequest": _input(
        "The service does not accept a value, or a limit is reached; its message says which.",
        "Heed the message. The usual limit is 10 instances in a region: delete one, or choose another region."),
    "InvalidArgument": _input("The service does not accept a value.", "Heed the message."),
    "InvalidRequestContent": Explanation(
        "Azure could not read what was sent.", "Check the values; if they are right, report this as our bug."),
    "InvalidParameter": _input("Azure does not accept a value.", "Heed the message."),
    "InvalidResourceGroup": _input("The resource group's name breaks a rule of Azure.", "Choose another name."),
    "InvalidResourceName": _input("The name breaks a rule of Azure.", "Choose another name."),
    "InvalidTag": _input("A tag breaks a rule of Azure.", "Heed the message."),
    "InvalidTagNameCharacters": _input(
        "The name of a tag contains a character that Azure does not allow.", "Choose another name."),
    "Conflict": _input(
        "The name is taken, or the resource is being changed at the moment.",
        "Choose another name, or wait a minute and run this again."),
    "AlreadyExists": _input(
        "Somebody uses that name in this region already; it is part of a host name.", "Choose another name."),
    "AnotherOperationInProgress": Explanation(
        "Azure still works on an earlier change of this resource.", "Wait until it is done, then run this again."),
    "OperationNotAllowed": Explanation(
        "Azure does not allow this in the resource's present state, or a quota is used up.", "Heed the message."),
    "ResourceMoveNotSupported": Explanation(
        "Resources of this type cannot move to another resource group or subscription.",
        "Make a new one there, and delete the old one."),
    "CannotDeleteResource": _input("Other resources lie in this one.", "Delete those first; the message names them."),
    "TooManyTags": _input("Azure allows 50 tags on one thing.", "Remove some."),
    "OperationNotFound": _bug("Azure does not know the operation that was waited for."),
    "InvalidSkipToken": _bug("Azure does not know the page of a list that was asked for."),
    "InvalidResourceReference": _input(
        "A resource that is named does not exist, or lies in another region.",
        "Check its id; a private endpoint and its virtual network must be in the same region."),
    "InvalidAddressPrefixFormat": _input("That is no range of addresses.", "Write it like 10.0.0.0/24."),
    "NetcfgInvalidSubnet": _input(
        "The subnet's addresses are not within those of its virtual network.", "Choose a range within them."),
    "NetcfgSubnetRangesOverlap": _input("Another subnet has some of these addresses.", "Choose another range."),
    "SubnetIsFull": _input("The subnet has no free address.", "Choose another subnet, or a larger one."),
    "InUseSubnetCannotBeDeleted": _input(
        "Something lies in the subnet, such as a private endpoint.", "Delete that first; the message names it."),
    "InternalServerError": Explanation(
        "Azure failed. It is nothing that you did.", "Run this again in a few minutes; keep the correlation id.",
        "You; Azure's support if it stays."),
    "ServiceUnavailable": Explanation(
        "The service is not available at the moment.", "Run this again in a few minutes.", error=Unreachable),
    "GatewayTimeout": Explanation("Azure took too long to answer.", "Run this again.", error=TimedOut),
    "RequestUriTooLong": _bug("A request's address was longer than can be read."),
    "RequestEntityTooLarge": _input("What was sent is larger than can be taken.", "Send less at once."),
    "RequestHeaderFieldsTooLarge": _bug("A request's headers were longer than can be read."),
    "MisdirectedRequest": _bug("A request reached a server that does not answer for that name."),
    "SandboxFault": Explanation(
        "The sandbox has a fault; this is not how Azure answers.", "Look into its log, and report it.",
        "The makers of this guide."),
}  # fmt: skip

_GATES = {
    "SubscriptionNotFound": _input(
        "Azure knows no such subscription, or it belongs to another tenant.",
        "Choose one of the subscriptions that 00-start-here lists."),
    "InvalidSubscriptionId": _input(
        "That is no subscription id.", "Give the id or the name of a subscription that you see."),
    "MissingSubscriptionRegistration": Explanation(
        "The subscription has never used Azure Digital Twins: its resource provider is not registered.",
        "Run 00-start-here, which registers Microsoft.DigitalTwins.",
        "Whoever has Microsoft.DigitalTwins/register/action: a Contributor or an Owner."),
    "NoRegisteredProviderFound": Explanation(
        "The service does not know this version of its interface, or not in this region.",
        "Choose another region; if that is not it, report this as our bug."),
    "InvalidApiVersionParameter": _bug("Azure does not know this version of its interface."),
    "MissingApiVersionParameter": _bug("A request came without the version of the interface."),
    "UnsupportedApiVersion": _bug("The service does not know this version of its interface."),
    "ApiVersionUnspecified": _bug("A request came without the version of the interface."),
    "MissingSubscription": _bug("The request names no subscription."),
    "InvalidFilterInQueryString": _bug("Azure does not understand the filter of a list."),
    "SandboxNotSimulated": Explanation(
        "Azure can do this, but the sandbox does not simulate it.", "Try it on Azure."),
    "InvalidResourceType": _bug("Azure does not know this type of resource."),
    "InvalidResourceNamespace": _bug("Azure does not know this resource provider."),
    "MethodNotAllowed": _bug("Azure does not do this here."),
    "AuthorizationFailed": Explanation(
        "None of your roles at this scope, or above it, contains this action.",
        "Have the step done for you, or get the role. New roles can take up to 10 minutes to work.", _GRANTER,
        PermissionMissing),
    "LinkedAuthorizationFailed": Explanation(
        "You are allowed to change the resource, but not to use the other resource that it is linked to.",
        "Get the role Managed Identity Operator on the linked identity.", _GRANTER, PermissionMissing),
    "DenyAssignmentAuthorizationFailed": Explanation(
        "Your role would allow it, but a deny assignment takes it away.", "Ask who manages the deny assignment.",
        "Whoever made it, often a managed application.", PermissionMissing),
    "Forbidden": Explanation(
        "You are known, but not allowed to do this.", "Ask for the role that contains it.", _GRANTER,
        PermissionMissing),
    "RequestDisallowedByPolicy": Explanation(
        "A policy of your organization forbids it: often about regions, names or tags.",
        "Choose values that the policy allows.", "Whoever manages policies in your organization."),
    "ScopeLocked": Explanation(
        "A lock keeps this resource from being changed or deleted.", "Have the lock removed, then run this again.",
        "An Owner or a User Access Administrator."),
    "SubscriptionRequestsThrottled": Explanation(
        "Azure asks for a pause: too many requests for this subscription.", "Wait, then run this again."),
    "ResourceRequestsThrottled": Explanation(
        "Azure asks for a pause: too many requests of this kind.", "Wait, then run this again."),
    "TooManyRequests": Explanation("Azure asks for a pause: too many requests.", "Wait, then run this again."),
    "ReadOnlyDisabledSubscription": Explanation(
        "The subscription is disabled; it can be read but not changed.", "Choose another subscription.",
        "The account administrator."),
    "DeploymentFailed": Explanation("A deployment failed; the details say at what.", "Heed the details."),
    "InvalidTemplateDeployment": Explanation("A deployment is not valid; the details say why.", "Heed the details."),
    "DeploymentActive": Explanation("An earlier deployment still runs.", "Wait until it is done."),
    "DeploymentNotFound": _input("There is no such deployment.", "Check its name and resource group."),
    "DeploymentOperationNotFound": _bug("Azure does not know this deployment's progress."),
    "InvalidTemplate": _input("The template breaks a rule of the template language.", "Heed the message."),
    "MissingIdentityIds": _input(
        "A user-assigned identity is asked for, and none is named.", "Name the identity by its resource id."),
    "LinkedInvalidPropertyId": _input("That is no resource id.", "Give the whole id, from /subscriptions/ on."),
    "FailedIdentityOperation": _input("The managed identity does not exist.", "Check its resource id."),
}  # fmt: skip

_ACCESS = {
    "RoleAssignmentExists": Explanation(
        "The member has this role at this scope already, under another id.", "Nothing is to be done."),
    "RoleAssignmentUpdateNotPermitted": Explanation(
        "A role assignment cannot be given to another member or role.", "Remove the old one first.", _GRANTER),
    "RoleAssignmentNotFound": _input("There is no such role assignment.", "Nothing is to be done."),
    "PrincipalNotFound": _input(
        "The directory does not know the member, or not yet: a new one takes a moment to be known everywhere.",
        "Check the object id; if the member is new, run this again in a minute."),
    "PrincipalTypeNotSupported": _input(
        "Roles can be given to users, groups and service principals only.", "Choose another member."),
    "UnmatchedPrincipalType": _input(
        "The member is of another type than was said.", "Leave principal_type empty, or correct it."),
    "InvalidPrincipalId": _input("That is no object id.", "Check the member's object id."),
    "InvalidRoleAssignmentId": _bug("The id of a role assignment must be a GUID."),
    "RoleDefinitionDoesNotExist": _input("There is no such role.", "Choose another role."),
    "InvalidRoleDefinitionId": _input("That is no role.", "Choose another role."),
    "RoleDefinitionHasAssignments": _input("The custom role is still assigned.", "Remove its assignments first."),
    "RoleDefinitionLimitExceeded": Explanation(
        "The tenant has the most custom roles that Azure allows (5000).", "Delete one that is not used.", _GRANTER),
    "RoleDefinitionWithSameNameExists": _input("The tenant has a role of that name.", "Choose another name."),
    "RoleDefinitionUpdateNotAllowed": _input("Built-in roles cannot be changed.", "Make a custom role instead."),
    "InvalidAssignableScope": _input("The role cannot be assigned there.", "Choose a scope that the role names."),
    "DenyAssignmentNotFound": _input("There is no such deny assignment.", "Nothing is to be done."),
    "LockNotFound": _input("There is no such lock.", "Nothing is to be done."),
    "RoleAssignmentLimitExceeded": Explanation(
        "The subscription has the most role assignments that Azure allows (4000).",
        "Remove some, or assign a group instead of its members.", _GRANTER),
    "CannotDeleteLastAdminAssignment": Explanation(
        "It is the last assignment that lets anybody manage access here.", "Give somebody else the role first.",
        _GRANTER),
    "Authorization_RequestDenied": Explanation(
        "The directory does not let this account look people up; that is usual for service principals and guests.",
        "Give the object id, and principal_type with it: then nobody has to be looked up.",
        "You; or an administrator who gives the permission Directory.Read.All.", PermissionMissing),
    "Request_ResourceNotFound": _input(
        "The directory has nobody with this id.", "Check the id, name or e-mail address."),
    "Request_UnsupportedQuery": _bug("The directory does not understand the search."),
    "Request_BadRequest": _bug("The directory does not understand the request."),
}  # fmt: skip

_TOKENS = {
    "AuthenticationFailed": _sign_in("The request came without a sign-in."),
    "ExpiredAuthenticationToken": _sign_in("Your sign-in has expired."),
    "InvalidAuthenticationToken": _sign_in("Azure does not accept your sign-in."),
    "InvalidAuthenticationTokenAudience": _bug("The token is meant for another service.", SignInFailed),
    "InvalidAuthenticationTokenTenant": _sign_in(
        "You are signed in to another tenant than the subscription's.",
        "Give the subscription's tenant in the parameter tenant."),
    "Unauthorized": _sign_in(
        "The instance does not accept your sign-in: it is missing, has expired, or is meant for another service."),
    "AADSTS7000215": _sign_in(
        "The secret of the application is wrong: often its id was copied instead of its value, or it has expired.",
        "Make a new secret and put its value into AZURE_CLIENT_SECRET.", "Whoever owns the application."),
    "AADSTS7000222": _sign_in(
        "The secret of the application has expired.", "Make a new one and put its value into AZURE_CLIENT_SECRET.",
        "Whoever owns the application."),
    "AADSTS700016": _sign_in("The tenant knows no such application.", "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."),
    "AADSTS700038": _sign_in("That is no id of an application.", "Check AZURE_CLIENT_ID."),
    "AADSTS90002": _sign_in("There is no such tenant.", "Check the parameter tenant, or AZURE_TENANT_ID."),
    "AADSTS900023": _sign_in(
        "That is neither the id nor a domain of a tenant.", "Check the parameter tenant, or AZURE_TENANT_ID."),
    "AADSTS500011": _sign_in("The tenant does not know this service.", "Check that you sign in to the right tenant."),
    "AADSTS50034": _sign_in("The directory has no such user.", "Check the name and the tenant."),
    "AADSTS50126": _sign_in("Name or password is wrong.", "Try again."),
    "AADSTS50020": _sign_in(
        "Your account belongs to another tenant and is no guest in this one.",
        "Sign in to your own tenant, or have yourself invited.", _ADMINISTRATOR),
    "AADSTS50057": _sign_in("The account is disabled.", "Ask for it to be enabled.", _ADMINISTRATOR),
    "AADSTS50076": _sign_in("The sign-in needs a second factor.", "Use sign_in: browser or device-code."),
    "AADSTS65001": _sign_in(
        "Nobody has agreed yet that this application may act for you.", "Ask for admin consent.", _ADMINISTRATOR),
    "AADSTS70008": _sign_in("Your sign-in has expired."),
    "AADSTS70000": _sign_in("The sign-in that was kept is not valid any more."),
    "AADSTS9002313": _bug("The token service could not read the request.", SignInFailed),
    "AADSTS700082": _sign_in("Your sign-in has expired for not being used."),
    "AADSTS70016": _sign_in("The sign-in is not finished in the browser.", "Open the page, type the code, and wait."),
    "AADSTS70017": _sign_in("The sign-in was declined."),
    "AADSTS50011": _sign_in("The application has another redirect URI.", "Register this one.", _ADMINISTRATOR),
    "AADSTS500113": _sign_in("The application has no redirect URI.", "Register one.", _ADMINISTRATOR),
    "AADSTS54005": _sign_in("This sign-in was used already."),
    "AADSTS500112": _bug("The sign-in came back to another address than it was asked for.", SignInFailed),
    "AADSTS501481": _bug("The sign-in was begun by somebody else.", SignInFailed),
    "AADSTS700025": _sign_in("The application is a public one and has no secret.", "Unset AZURE_CLIENT_SECRET."),
    "AADSTS7000218": _sign_in(
        "The application has to prove itself, and no secret came with the request.", "Set AZURE_CLIENT_SECRET."),
    "AADSTS900561": _bug("The token service does not answer this kind of request.", SignInFailed),
    "AADSTS50058": _sign_in("Nobody is signed in."),
    "AADSTS65004": _sign_in("Consent was declined.", "Sign in again and agree, or ask for admin consent."),
    "AADSTS70018": _sign_in("The code is not known."),
    "AADSTS70019": _sign_in("The code has expired before anybody typed it."),
    "AADSTS70020": _sign_in("The code has expired before anybody typed it."),
    "AADSTS70003": _sign_in("The token service does not know this way to sign in.", "Choose another sign_in."),
    "AADSTS70011": _bug("The token service does not know what a token was asked for.", SignInFailed),
    "AADSTS900144": _sign_in(
        "A part of the sign-in is missing.",
        "Check that AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET are set."),
    "authorization_pending": _sign_in(
        "The sign-in is not finished in the browser.", "Open the page, type the code, and wait."),
    "slow_down": _sign_in("The sign-in was asked for too often.", "Wait a minute, then sign in again."),
    "authorization_declined": _sign_in("The sign-in was declined."),
    "expired_token": _sign_in("The code has expired before anybody typed it."),
    "bad_verification_code": _sign_in("The code is not known."),
    "access_denied": _sign_in("The sign-in was cancelled, or consent was declined."),
    "login_required": _sign_in("Nobody is signed in."),
    "unsupported_response_type": _bug("The sign-in page does not know this kind of sign-in.", SignInFailed),
    "invalid_client": _sign_in(
        "The token service does not accept the application's secret.",
        "Check AZURE_CLIENT_ID and AZURE_CLIENT_SECRET."),
    "invalid_grant": _sign_in("The sign-in that was kept is not valid any more."),
    "invalid_tenant": _sign_in("There is no such tenant.", "Check the parameter tenant."),
    "invalid_scope": _bug("The token service does not know what a token was asked for.", SignInFailed),
    "invalid_resource": _sign_in(
        "The tenant does not know this service.", "Check that you sign in to the right tenant."),
    "invalid_request": _sign_in(
        "The token service does not accept the sign-in.", "Check the parameter tenant and the AZURE_ variables."),
    "unauthorized_client": _sign_in(
        "The tenant knows no such application.", "Check AZURE_CLIENT_ID and AZURE_TENANT_ID."),
    "unsupported_grant_type": _sign_in(
        "The token service does not know this way to sign in.", "Choose another sign_in."),
}  # fmt: skip

_DATA = {
    "SubDomainNotFound": _sign_in(
        "The instance belongs to another tenant than your sign-in, or there is no instance of that name.",
        "Give the instance's own tenant in the parameter tenant; check the host name."),
    "ModelNotFound": _input("The instance has no such model.", "Check the model's id."),
    "ModelIdAlreadyExists": _input(
        "The instance has a model of that id; nothing was uploaded.", "Raise the version in the model's id."),
    "ModelAlreadyExists": _input(
        "The instance has a model of that id; nothing was uploaded.", "Raise the version in the model's id."),
    "ModelReferencesNotDeleted": _input("Other models still refer to this one.", "Delete those first."),
    "ModelVersionNotSupported": _input("The service does not know this version of DTDL.", "Use DTDL 2 or 3."),
    "DTDLParserError": _input("A model is not valid DTDL; nothing was uploaded.", "Mend what the message names."),
    "DigitalTwinNotFound": _input("The instance has no such twin.", "Check the twin's id."),
    "RelationshipNotFound": _input("The twin has no such relationship.", "Check its id."),
    "EventRouteNotFound": _input("The instance has no such event route.", "Check its id."),
    "EventRouteEndpointInvalid": _input(
        "The instance has no such endpoint, or it does not work yet.", "Create the endpoint first."),
    "JsonPatchInvalid": _input("The change is not a valid JSON patch.", "Mend what the message names."),
    "ValidationFailed": _input("A value does not fit the model.", "Mend what the message names."),
    "PreconditionFailed": _input("Somebody changed it in the meantime.", "Read it again, then change it."),
    "SqlQueryError": _input("The query is not valid.", "Mend what the message names."),
    "LimitExceeded": _input("A limit of the service is reached.", "Heed the message."),
    "QuotaReachedError": Explanation("The service asks for a pause: too many queries.", "Wait, then run this again."),
    "UnsupportedMediaType": _bug("The service does not take this kind of content."),
}  # fmt: skip

BY_CODE: Mapping[str, Explanation] = {**_RESOURCES, **_GATES, **_ACCESS, **_TOKENS, **_DATA}
"""Explanations by Azure's code; of the token service's `AADSTS...` codes and OAuth errors too."""

BY_STATUS: Mapping[int, Explanation] = {
    400: _RESOURCES["BadRequest"],
    401: _TOKENS["Unauthorized"],
    403: _GATES["Forbidden"],
    404: _RESOURCES["NotFound"],
    408: _RESOURCES["GatewayTimeout"],
    409: _RESOURCES["Conflict"],
    412: _DATA["PreconditionFailed"],
    429: _GATES["TooManyRequests"],
    500: _RESOURCES["InternalServerError"],
    502: _RESOURCES["ServiceUnavailable"],
    503: _RESOURCES["ServiceUnavailable"],
    504: _RESOURCES["GatewayTimeout"],
}
"""Explanations by HTTP status, for answers without a code that is known."""
