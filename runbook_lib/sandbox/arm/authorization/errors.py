"""Refusals of Microsoft.Authorization: one constructor for each (behaviour notes, section 3.1)."""

from __future__ import annotations

from ..errors import ArmError, gateway


def _dashless(guid: str) -> str:
    return guid.replace("-", "").lower()


def role_definition_not_found(guid: str) -> ArmError:
    """Refuse: no role of that id. Sources differ between 400 and 404; the sandbox says 404."""
    message = f"The specified role definition with ID '{_dashless(guid)}' does not exist."
    return ArmError(404, "RoleDefinitionDoesNotExist", message)


def invalid_role_definition_id(given: str) -> ArmError:
    """Refuse: a role definition id that isn't one."""
    return ArmError(400, "InvalidRoleDefinitionId", f"The role definition ID '{given}' is not valid.")


def invalid_role_assignment_id(given: str) -> ArmError:
    """Refuse: an assignment's name that isn't a GUID. Modelled after the text for role definitions."""
    message = f"The role assignment ID '{given}' is not valid. The role assignment ID must be a GUID."
    return ArmError(400, "InvalidRoleAssignmentId", message)


def role_assignment_exists() -> ArmError:
    """Refuse: same principal, role and scope under another name. Newer services add the other's id."""
    return ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")


def role_assignment_update_not_permitted() -> ArmError:
    """Refuse: same name, but another principal, role or scope (graphrag-accelerator issue 168)."""
    message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
    return ArmError(400, "RoleAssignmentUpdateNotPermitted", message)


def role_assignment_not_found(guid: str) -> ArmError:
    """Refuse: no assignment of that name at the scope. Source: terraform-provider-azurerm issue 22324."""
    return ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{guid}' is not found.")


def invalid_principal_id() -> ArmError:
    """Refuse: an object id that isn't one. Source: quoted in public issues of Terraform's provider."""
    return ArmError(400, "InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")


def principal_not_found(principal_id: str, tenant_id: str) -> ArmError:
    """Refuse: nobody in the directory has this object id, at least not yet (the two blanks are Azure's)."""
    message = (
        f"Principal {_dashless(principal_id)} does not exist in the directory {tenant_id}. Check that you have the "
        "correct principal ID. If you are creating this principal and then immediately assigning a role, this error "
        "might be related to a replication delay. In this case, set the role assignment principalType property to a "
        "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
    )
    return ArmError(400, "PrincipalNotFound", message)


def unmatched_principal_type(principal_id: str, actual: str, given: str) -> ArmError:
    """Refuse: the directory knows the principal as something else (the spelling is Azure's). Source: public issues."""
    message = (
        f"The PrincipalId '{_dashless(principal_id)}' has type '{actual}' , which is different from specified "
        f"PrinciaplType '{given}'."
    )
    return ArmError(400, "UnmatchedPrincipalType", message)


def last_admin_assignment() -> ArmError:
    """Refuse: afterwards nobody could give access in the subscription. The text is documented, the code isn't."""
    return ArmError(400, "CannotDeleteLastAdminAssignment", "Cannot delete the last RBAC admin assignment")


def role_assignment_limit() -> ArmError:
    """Refuse: the subscription is full of assignments. Code and text are documented, not the status."""
    return ArmError(400, "RoleAssignmentLimitExceeded", "No more role assignments can be created.")


def role_definition_has_assignments() -> ArmError:
    """Refuse: a custom role that someone holds. Code and text are documented, not the status."""
    message = "There are existing role assignments referencing role."
    return ArmError(400, "RoleDefinitionHasAssignments", message)


def role_definition_limit() -> ArmError:
    """Refuse: the tenant has too many custom roles. Code and text are documented, not the status."""
    return ArmError(400, "RoleDefinitionLimitExceeded", "Role definition limit exceeded. No more can be created.")


def role_name_taken(name: str, *, renamed: bool = False) -> ArmError:
    """Refuse: another role has this name. Sources: public issues of Terraform's provider, and ARO-RP issue 1346."""
    if renamed:
        message = "A role definition cannot be updated with a name that already exists."
        return ArmError(409, "RoleDefinitionWithSameNameExists", message)
    message = (
        f"A custom role with the same name already exists in this directory. Use a different name. Name: '{name}'."
    )
    return ArmError(409, "RoleDefinitionWithSameNameExists", message)


def unknown_action(name: str, *, data: bool) -> ArmError:
    """Refuse: a custom role with an action that no provider has, or not in that list (azure-docs issue 102571)."""
    code = "InvalidDataActionOrNotDataAction" if data else "InvalidActionOrNotAction"
    return ArmError(400, code, f"'{name}' does not match any of the actions supported by the providers.")


def built_in_role(name: str) -> ArmError:
    """Refuse: built-in roles are Microsoft's. Modelled: the rule is documented, the code isn't."""
    return ArmError(403, "RoleDefinitionUpdateNotAllowed", f"The built-in role '{name}' cannot be changed or deleted.")


def invalid_assignable_scope(scope: str) -> ArmError:
    """Refuse: a scope that a custom role can't have, such as the root. Modelled: the rule is documented."""
    message = f"The assignable scope '{scope}' is not valid. It must be a management group, subscription or below one."
    return ArmError(400, "InvalidAssignableScope", message)


def not_eligible(role: str) -> ArmError:
    """Refuse: the caller isn't eligible for the role at this scope. Modelled: code and text."""
    message = f"No role eligibility schedule of the caller was found for the role '{role}' at this scope."
    return ArmError(400, "RoleEligibilityScheduleNotFound", message)


def activation_policy_failed(rules: list[str]) -> ArmError:
    """Refuse: the activation breaks rules of the policy. Source: quoted in public issues of the Azure CLI."""
    listed = ",".join(f'"{rule}"' for rule in rules)
    message = f"The following policy rules failed: [{listed}]"
    return ArmError(400, "RoleAssignmentRequestPolicyValidationFailed", message)


def schedule_request_not_found(name: str) -> ArmError:
    """Refuse: no request of that name. Modelled."""
    return ArmError(404, "RoleAssignmentScheduleRequestNotFound", f"The request '{name}' is not found.")


def deny_assignment_not_found(guid: str) -> ArmError:
    """Refuse: no deny assignment of that name at the scope. Modelled."""
    return ArmError(404, "DenyAssignmentNotFound", f"The deny assignment '{guid}' is not found.")


def lock_not_found(name: str) -> ArmError:
    """Refuse: no lock of that name at the scope. Modelled: code and text from common knowledge."""
    return gateway(404, "LockNotFound", f"The lock '{name}' could not be found.")


def invalid_lock_name(name: str) -> ArmError:
    """Refuse: the name breaks a rule (naming rules article). Modelled: code and text."""
    message = (
        f"The lock name '{name}' is invalid. It can only be letters, digits, '.', '_', '-', '(' or ')', has at most 90 "
        "characters and does not end with '.'."
    )
    return gateway(400, "InvalidResourceName", message)
