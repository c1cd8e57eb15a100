"""Refusals of Azure Resource Manager: one constructor for each, with the exact status, code and text.

Texts: section 2 of the behaviour notes (recorded unless a docstring says otherwise). Refusals by the gateway carry
`x-ms-failure-cause: gateway`; those of a resource provider do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..http import Answer, ServiceError

Details = list[dict[str, Any]]
GATEWAY = {"x-ms-failure-cause": "gateway"}


class ArmError(ServiceError):
    """A refusal in ARM's envelope, with the optional `target`, `details` and `additionalInfo`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: Details | None = None,
        additional_info: Details | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message, headers=headers)
        self.extra = {"target": target, "details": details, "additionalInfo": additional_info}

    def answer(self) -> Answer:
        """Render the envelope; absent parts are left out."""
        body = {"code": self.code, "message": self.message, **{k: v for k, v in self.extra.items() if v is not None}}
        return Answer(self.status, {"error": body}, self.headers)


def gateway(status: int, code: str, message: str, *, details: Details | None = None) -> ArmError:
    """Refuse in the name of ARM itself."""
    return ArmError(status, code, message, details=details, headers=GATEWAY)


# ---- path, version, type ---------------------------------------------------------------------------------------------


def subscription_not_found(subscription: str) -> ArmError:
    """Refuse: no such subscription in this cloud."""
    return gateway(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def invalid_subscription_id(subscription: str) -> ArmError:
    """Refuse: the path doesn't have a GUID for the subscription. Source: terraform-provider-azurerm issue 20520."""
    message = f"The provided subscription identifier '{subscription}' is malformed or invalid."
    return gateway(400, "InvalidSubscriptionId", message)


def not_simulated(what: str) -> ArmError:
    """Refuse: Azure can do this, but the sandbox can't. Nothing that Azure sends."""
    return ArmError(501, "SandboxNotSimulated", f"The sandbox does not simulate {what}. It works on Azure.")


def missing_subscription() -> ArmError:
    """Refuse: the path belongs to no service. Source: azure-docs issue 36437 (text); the code is modelled."""
    message = "The request did not have a subscription or a valid tenant level resource provider."
    return gateway(404, "MissingSubscription", message)


def missing_api_version() -> ArmError:
    """Refuse: no `api-version` in the query."""
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return gateway(400, "MissingApiVersionParameter", message)


def invalid_api_version(version: str, supported: Iterable[str]) -> ArmError:
    """Refuse: an `api-version` that ARM's own types do not have."""
    message = f"The api-version '{version}' is invalid. The supported versions are '{','.join(supported)}'."
    return gateway(400, "InvalidApiVersionParameter", message)


def no_registered_provider(
    location: str, version: str, type_name: str, versions: Iterable[str], locations: Iterable[str]
) -> ArmError:
    """Refuse: an `api-version`, or a location in the path, that the provider's type does not have."""
    message = (
        f"No registered resource provider found for location '{location}' and API version '{version}' for type "
        f"'{type_name}'. The supported api-versions are '{', '.join(versions)}'. "
        f"The supported locations are '{', '.join(locations)}'."
    )
    return gateway(400, "NoRegisteredProviderFound", message)


def invalid_namespace(namespace: str) -> ArmError:
    """Refuse: no provider of that name exists."""
    return gateway(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")


def invalid_type(namespace: str, version: str) -> ArmError:
    """Refuse: the provider exists but doesn't have the type."""
    message = f"The resource type could not be found in the namespace '{namespace}' for api version '{version}'."
    return gateway(404, "InvalidResourceType", message)


def method_not_allowed(method: str) -> ArmError:
    """Refuse: the path exists but doesn't accept this method. Modelled: ASP.NET's standard text."""
    message = f"The requested resource does not support http method '{method}'."
    return gateway(405, "MethodNotAllowed", message)


def subscription_not_registered(namespace: str) -> ArmError:
    """Refuse: the subscription has never used this provider. SDKs then register it and try again."""
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    code = "MissingSubscriptionRegistration"
    return gateway(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


# ---- places ----------------------------------------------------------------------------------------------------------


def location_required() -> ArmError:
    """Refuse: a tracked resource without `location`. The code is documented, the text common knowledge."""
    return gateway(400, "LocationRequired", "The location property is required for this definition.")


def location_not_available(location: str, full_type: str, locations: Iterable[str]) -> ArmError:
    """Refuse: the region does not offer the type. Source: azure-sdk-for-js issue 22346."""
    message = (
        f"The provided location '{location}' is not available for resource type '{full_type}'. "
        f"List of available regions for the resource type is '{','.join(locations)}'."
    )
    return gateway(400, "LocationNotAvailableForResourceType", message)


def location_not_available_for_group(location: str, locations: Iterable[str]) -> ArmError:
    """Refuse: the region does not exist. Modelled after the refusal for resource types."""
    message = (
        f"The provided location '{location}' is not available for resource group. "
        f"List of available regions is '{','.join(locations)}'."
    )
    return gateway(400, "LocationNotAvailableForResourceGroup", message)


def resource_in_other_location(name: str, group: str, existing: str, asked: str) -> ArmError:
    """Refuse: a PUT that would move a resource. Source: azure-service-operator issue 784."""
    message = (
        f"The resource '{name}' already exists in location '{existing}' in resource group '{group}'. A resource with "
        f"the same name cannot be created in location '{asked}'. Please select a new resource name."
    )
    return gateway(409, "InvalidResourceLocation", message)


def group_in_other_location(asked: str, existing: str) -> ArmError:
    """Refuse: a PUT that would move a resource group."""
    message = f"Invalid resource group location '{asked}'. The Resource group already exists in location '{existing}'."
    return gateway(409, "InvalidResourceGroupLocation", message)


# ---- presence --------------------------------------------------------------------------------------------------------


def resource_not_found(full_type: str, name: str, group: str) -> ArmError:
    """Refuse: no such resource in the group."""
    message = (
        f"The Resource '{full_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return gateway(404, "ResourceNotFound", message)


def parent_not_found(name: str) -> ArmError:
    """Refuse: the resource's parent doesn't exist."""
    message = f"Can not perform requested operation on nested resource. Parent resource '{name}' not found."
    return gateway(404, "ParentResourceNotFound", message)


def group_not_found(group: str) -> ArmError:
    """Refuse: no such resource group."""
    return gateway(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def group_being_deleted(group: str) -> ArmError:
    """Refuse: a write to a group that's being deleted."""
    message = f"The resource group '{group}' is in deprovisioning state and cannot perform this operation."
    return gateway(409, "ResourceGroupBeingDeleted", message)


# ---- permission ------------------------------------------------------------------------------------------------------


def authorization_failed(client: str, object_id: str, action: str, scope: str) -> ArmError:
    """Refuse: the caller holds no role with the action at the scope. Assigning has its own wording since 2023."""
    extra = " or an ABAC condition not fulfilled" if action == "Microsoft.Authorization/roleAssignments/write" else ""
    message = (
        f"The client '{client}' with object id '{object_id}' does not have authorization{extra} to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return gateway(403, "AuthorizationFailed", message)


def linked_authorization_failed(
    client: str, object_id: str, held: tuple[str, str], missing: tuple[str, str], *, older: bool = False
) -> ArmError:
    """Refuse: the caller can write the resource, but not what it links to; pairs of action and scope.

    The older words are those of private endpoints (azure-docs issue 96892, azure-sdk-for-go issue 14306).
    """
    plural, respectively = ("action", "") if older else ("action(s)", " (respectively)")
    message = (
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{held[0]}' on scope "
        f"'{held[1]}'; however, it does not have permission to perform {plural} '{missing[0]}' on the linked scope(s) "
        f"'{missing[1]}'{respectively} or the linked scope(s) are invalid."
    )
    return gateway(403, "LinkedAuthorizationFailed", message)


def denied(client: str, object_id: str, action: str, scope: str, deny: tuple[str, str, str]) -> ArmError:
    """Refuse: a role allows it, but a deny assignment (name, id, scope) doesn't. Text: common knowledge."""
    message = (
        f"The client '{client}' with object id '{object_id}' has permission to perform action '{action}' on scope "
        f"'{scope}'; however, the access is denied because of the deny assignment with name '{deny[0]}' and Id "
        f"'{deny[1]}' at scope '{deny[2]}'."
    )
    return gateway(403, "DenyAssignmentAuthorizationFailed", message)


def scope_locked(scope: str, operation: str, locks: Iterable[str]) -> ArmError:
    """Refuse: a lock blocks it; `operation` is write or delete."""
    message = (
        f"The scope '{scope}' cannot perform {operation} operation because following scope(s) are locked: "
        f"'{','.join(locks)}'. Please remove the lock and try again."
    )
    return gateway(409, "ScopeLocked", message)


# ---- bodies and names ------------------------------------------------------------------------------------------------


def invalid_request_content(problem: str) -> ArmError:
    """Refuse: the body isn't valid for the type; `problem` is Json.NET's message."""
    message = f"The request content was invalid and could not be deserialized: '{problem}'."
    return gateway(400, "InvalidRequestContent", message)


def cannot_delete_resource(nested: Sequence[str]) -> ArmError:
    """Refuse: the resource still has children. Text: common knowledge."""
    message = (
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
        f"'{','.join(nested)}'. Please delete all nested resources before deleting this resource."
    )
    return gateway(409, "CannotDeleteResource", message)


def invalid_tag_names(names: Sequence[str]) -> ArmError:
    """Refuse: tag names with forbidden characters. Source: quoted in Microsoft's storage documentation."""
    message = f"The tag names '{','.join(names)}' have reserved characters '<,>,%,&,\\,?,/' or control characters."
    return gateway(400, "InvalidTagNameCharacters", message)


def too_many_tags(count: int, limit: int) -> ArmError:
    """Refuse: too many tags. The limit is documented, code and text are modelled."""
    message = f"Cannot add {count} tags. Exceeded the maximum number of tags ({limit})."
    return gateway(400, "TooManyTags", message)


def move_not_supported(types: Sequence[str]) -> ArmError:
    """Refuse: the resources' types cannot be moved (documented for Azure Digital Twins). Text: common knowledge."""
    message = f"Resource move is not supported for resource types '{','.join(types)}'."
    return gateway(409, "ResourceMoveNotSupported", message)


def failed_identity_operation(resource_id: str, identity_id: str) -> ArmError:
    """Refuse: the user-assigned identity does not exist."""
    inner = f'{{"error":{{"code":"BadRequest","message":"Resource \'{identity_id}\' was not found."}}}}'
    message = (
        f"Identity operation for resource '{resource_id}' failed with error 'Failed to perform resource identity "
        f"operation. Status: 'BadRequest'. Response: '{inner}'.'."
    )
    return gateway(400, "FailedIdentityOperation", message)


def missing_identity_ids() -> ArmError:
    """Refuse: user-assigned identities without any. Modelled: code and text from common knowledge."""
    message = "The identity ids must not be null or empty for 'UserAssigned' identity type."
    return gateway(400, "MissingIdentityIds", message)


def linked_invalid_property_id(value: str, path: str) -> ArmError:
    """Refuse: a resource id isn't one. Source: quoted in public issues of azure-cli and Terraform."""
    message = (
        f"Property id '{value}' at path '{path}' is invalid. Expect fully qualified resource Id that start with "
        "'/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'."
    )
    return gateway(400, "LinkedInvalidPropertyId", message)


def invalid_filter(text: str) -> ArmError:
    """Refuse: a `$filter` that ARM doesn't understand. Modelled: the code is common knowledge, the text is ours."""
    return gateway(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified in the query string.")


def operation_in_progress(resource_id: str) -> ArmError:
    """Refuse: a second write while the first is under way. Modelled: ARM documents the code, not the text."""
    message = f"Another operation is in progress on resource '{resource_id}'. Please retry after it has completed."
    return ArmError(409, "AnotherOperationInProgress", message)


def bad_request(message: str) -> ArmError:
    """Refuse: a resource provider's own validation: Digital Twins uses the generic code for all of it."""
    return ArmError(400, "BadRequest", message)


def conflict(message: str) -> ArmError:
    """Refuse: a resource provider's own conflict."""
    return ArmError(409, "Conflict", message)
