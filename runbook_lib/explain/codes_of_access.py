"""Codes of the gates before a resource, of Azure RBAC, and of Microsoft Graph."""

from __future__ import annotations

from collections.abc import Mapping

from ..azure.permissions import WHO_GRANTS
from .explanation import (
    FIX_NAMED,
    NOTHING_TO_DO,
    OTHER_NAME,
    SEE_MESSAGE,
    WAIT,
    Explanation,
    input_error,
    our_bug,
    permission_missing,
)

GATES: Mapping[str, Explanation] = {
    "SubscriptionNotFound": input_error(
        "The subscription doesn't exist, or it belongs to another tenant.",
        "Choose one of the subscriptions that 00-start-here lists.",
    ),
    "InvalidSubscriptionId": input_error(
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
    "InvalidApiVersionParameter": our_bug("Azure doesn't support this API version."),
    "MissingApiVersionParameter": our_bug("A request had no API version."),
    "UnsupportedApiVersion": our_bug("The service doesn't support this API version."),
    "ApiVersionUnspecified": our_bug("A request had no API version."),
    "MissingSubscription": our_bug("A request named no subscription."),
    "InvalidFilterInQueryString": our_bug("Azure doesn't understand a list's filter."),
    "SandboxNotSimulated": Explanation("Azure can do this, but the sandbox doesn't simulate it.", "Try it on Azure."),
    "InvalidResourceType": our_bug("Azure doesn't know this type of resource."),
    "InvalidResourceNamespace": our_bug("Azure doesn't know this resource provider."),
    "MethodNotAllowed": our_bug("Azure doesn't support this here."),
    "AuthorizationFailed": permission_missing(
        "None of your roles at this scope or above allows this action.",
        "Get the role, or have someone else do this step. A new role can take up to 10 minutes to work.",
    ),
    "LinkedAuthorizationFailed": permission_missing(
        "You can change the resource, but you can't use the other resource it's linked to.",
        "Get the role Managed Identity Operator on the linked identity.",
    ),
    "DenyAssignmentAuthorizationFailed": permission_missing(
        "Your role would allow this, but a deny assignment blocks it.",
        "Ask the person who manages the deny assignment.",
        "The person who made it, often through a managed application.",
    ),
    "Forbidden": permission_missing(
        "You're signed in, but you don't have permission.", "Ask for a role that allows this."
    ),
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
    "SubscriptionRequestsThrottled": Explanation("Too many requests for this subscription.", WAIT),
    "ResourceRequestsThrottled": Explanation("Too many requests of this kind.", WAIT),
    "TooManyRequests": Explanation("Too many requests.", WAIT),
    "ReadOnlyDisabledSubscription": Explanation(
        "The subscription is disabled: you can read it but not change it.",
        "Choose another subscription.",
        "The account administrator.",
    ),
    "DeploymentFailed": Explanation("A deployment failed. The details say where.", "See the details."),
    "InvalidTemplateDeployment": Explanation("A deployment isn't valid. The details say why.", "See the details."),
    "DeploymentActive": Explanation("An earlier deployment is still running.", "Wait until it's done."),
    "DeploymentCannotBeCancelled": Explanation("The deployment has already ended.", NOTHING_TO_DO),
    "PolicyAssignmentNotFound": input_error("This policy assignment doesn't exist.", NOTHING_TO_DO),
    "PolicyDefinitionNotFound": input_error("This policy doesn't exist.", "Check its name."),
    "PolicyDefinitionInUse": input_error("The policy is still assigned.", "Delete its assignments first."),
    "InvalidPolicyRule": input_error("The policy has no valid rule.", SEE_MESSAGE),
    "DeploymentNotFound": input_error("This deployment doesn't exist.", "Check its name and resource group."),
    "DeploymentOperationNotFound": our_bug("Azure doesn't know this deployment's progress."),
    "InvalidTemplate": input_error("The template isn't valid.", SEE_MESSAGE),
    "MissingIdentityIds": input_error(
        "The request asks for a user-assigned identity but names none.", "Name the identity by its resource id."
    ),
    "LinkedInvalidPropertyId": input_error(
        "That isn't a resource id.", "Give the whole id, starting with /subscriptions/."
    ),
    "FailedIdentityOperation": input_error("The managed identity doesn't exist.", "Check its resource id."),
}

ACCESS: Mapping[str, Explanation] = {
    "RoleAssignmentExists": Explanation(
        "The member already has this role at this scope, under another id.", NOTHING_TO_DO
    ),
    "RoleAssignmentUpdateNotPermitted": Explanation(
        "You can't change the member or role of a role assignment.", "Remove the old one first.", WHO_GRANTS
    ),
    "RoleAssignmentNotFound": input_error("This role assignment doesn't exist.", NOTHING_TO_DO),
    "PrincipalNotFound": input_error(
        "The directory doesn't know the member. A new one takes a moment to be known everywhere.",
        "Check the object id. If the member is new, run this again in a minute.",
    ),
    "PrincipalTypeNotSupported": input_error(
        "You can assign roles only to users, groups and service principals.", "Choose another member."
    ),
    "UnmatchedPrincipalType": input_error(
        "The member isn't of the given type.", "Leave principal_type empty, or correct it."
    ),
    "InvalidPrincipalId": input_error("That isn't an object id.", "Check the member's object id."),
    "InvalidRoleAssignmentId": our_bug("The id of a role assignment must be a GUID."),
    "RoleDefinitionDoesNotExist": input_error("This role doesn't exist.", "Choose another role."),
    "InvalidRoleDefinitionId": input_error("That isn't a role.", "Choose another role."),
    "RoleDefinitionHasAssignments": input_error("The custom role is still assigned.", "Remove its assignments first."),
    "RoleDefinitionLimitExceeded": Explanation(
        "The tenant has reached Azure's limit of 5000 custom roles.", "Delete one that isn't used.", WHO_GRANTS
    ),
    "RoleDefinitionWithSameNameExists": input_error("The tenant already has a role with that name.", OTHER_NAME),
    "InvalidActionOrNotAction": input_error("The role names an action that Azure doesn't have.", FIX_NAMED),
    "InvalidDataActionOrNotDataAction": input_error("The role names a data action that Azure doesn't have.", FIX_NAMED),
    "RoleDefinitionUpdateNotAllowed": input_error("You can't change built-in roles.", "Create a custom role instead."),
    "InvalidAssignableScope": input_error("You can't assign the role there.", "Choose a scope that the role lists."),
    "DenyAssignmentNotFound": input_error("This deny assignment doesn't exist.", NOTHING_TO_DO),
    "RoleEligibilityScheduleNotFound": input_error(
        "You aren't eligible for that role there, or not any longer.",
        "See Privileged Identity Management > My roles > Azure resources.",
    ),
    "RoleAssignmentScheduleRequestNotFound": input_error("There's no such request to activate a role.", NOTHING_TO_DO),
    "RoleAssignmentRequestPolicyValidationFailed": input_error(
        "The role's settings ask for more, such as a reason, a shorter time or another sign-in.",
        "Activate it in the portal, which asks for all of it: Privileged Identity Management > My roles.",
    ),
    "LockNotFound": input_error("This lock doesn't exist.", NOTHING_TO_DO),
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
    "Authorization_RequestDenied": permission_missing(
        "This account can't look people up in the directory. That's usual for service principals and guests.",
        "Give the object id and principal_type. Then there's nothing to look up.",
        "You, or an administrator who gives the permission Directory.Read.All.",
    ),
    "Request_ResourceNotFound": input_error(
        "The directory doesn't have this id.", "Check the id, name or email address."
    ),
    "Request_UnsupportedQuery": our_bug("The directory doesn't understand the search."),
    "Request_BadRequest": our_bug("The directory doesn't understand the request."),
}
