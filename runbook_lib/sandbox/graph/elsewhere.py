"""What Microsoft Graph has and the sandbox doesn't: refused as not simulated, not as a segment that doesn't exist.

Names as in the reference of version 1.0. Version `beta` isn't simulated at all.
"""

from __future__ import annotations

_ROOTS = """
admin agreementAcceptances agreements appCatalogs applicationTemplates auditLogs authenticationMethodConfigurations
authenticationMethodsPolicy certificateBasedAuthConfiguration communications connections contacts contracts
copilot dataPolicyOperations deviceAppManagement deviceManagement devices directory directoryRoles
directoryRoleTemplates domainDnsRecords domains drives education employeeExperience external filterOperators
functions groupLifecyclePolicies groupSettings groupSettingTemplates identity identityGovernance identityProtection
identityProviders informationProtection invitations oauth2PermissionGrants organizationalBranding permissionGrants
places planner policies print privacy reports roleManagement schemaExtensions scopedRoleMemberships search security
servicePrincipals shares sites solutions storage subscribedSkus subscriptions teams teamsTemplates teamwork
tenantRelationships $batch $metadata
"""
_RELATIONS = """
acceptedSenders activities agreementAcceptances appManagementPolicies appRoleAssignedTo appRoleAssignments
authentication calendar calendars calendarView claimsMappingPolicies contacts conversations createdObjects
createdOnBehalfOf delegatedPermissionClassifications directReports drive drives endpoints events
extensionProperties extensions federatedIdentityCredentials groupLifecyclePolicies homeRealmDiscoveryPolicies
inferenceClassification joinedTeams licenseDetails mailFolders manager membersWithLicenseErrors messages
oauth2PermissionGrants onenote outlook ownedDevices ownedObjects owners people permissionGrants photo photos planner
presence registeredDevices rejectedSenders remoteDesktopSecurityConfiguration settings sites sponsors
synchronization team teamwork threads todo tokenIssuancePolicies tokenLifetimePolicies assignLicense
changePassword checkMemberObjects delta exportPersonalData revokeSignInSessions sendMail validateProperties
"""
_ROOT_NAMES = frozenset(name.lower() for name in _ROOTS.split())
_RELATION_NAMES = frozenset(name.lower() for name in _RELATIONS.split())


def exists(path: str) -> bool:
    """Tell whether Graph has a path that the sandbox doesn't serve."""
    version, *segments = path.strip("/").lower().split("/")
    if version == "beta":
        return bool(segments)
    return version == "v1.0" and bool(segments) and (segments[0] in _ROOT_NAMES or segments[-1] in _RELATION_NAMES)
