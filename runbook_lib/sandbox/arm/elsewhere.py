"""What Azure Resource Manager has and the sandbox doesn't: refused as not simulated, so that nobody looks for a typo.

Namespaces as in the article "Resource providers for Azure services", types as in Microsoft's permission lists and
OpenAPI files. Neither is complete, and partners have namespaces of their own.
"""

from __future__ import annotations

import re

from .paths import Target

_NAMES = """
aad aadiam addons adhybridhealthservice advisor alertsmanagement analysisservices apicenter apimanagement app
appassessment appcomplianceautomation appconfiguration appplatform attestation automanage automation avs
azureactivedirectory azurearcdata azurelargeinstance azuresphere azurestack azurestackhci azureterraform
baremetalinfrastructure batch billing billingbenefits bing blockchain blueprint botservice cache capacity carbon cdn
certificateregistration chaos classiccompute classicinfrastructuremigrate classicnetwork classicstorage
classicsubscription codesigning cognitiveservices commerce communication community compute computeschedule
confidentialledger confluent connectedvmwarevsphere consumption containerinstance containerregistry containerservice
containerstorage costmanagement costmanagementexports customerlockbox customproviders dashboard databasewatcher
databox databoxedge databricks datacatalog datadog datafactory datalakeanalytics datalakestore datamigration
dataprotection datareplication datashare dbformariadb dbformysql dbforpostgresql deploymentmanager
desktopvirtualization devcenter devhub deviceregistry devices deviceupdate devopsinfrastructure devtestlab documentdb
domainregistration dynamicslcs easm edge edgeorder elastic elasticsan enterprisesupport experimentation
extendedlocation fabric falcon features fluidrelay genomics graphservices guestconfiguration hanaonazure hardware
hardwaresecuritymodules hdinsight healthbot healthcareapis healthdataaiservices help hybridcompute hybridconnectivity
hybridcontainerservice hybridkubernetes hybridnetwork impact importexport insights intune iotcentral
iotfirmwaredefense iotoperations iotoperationsdataprocessor iotspaces keyvault kubernetes kubernetesconfiguration
labservices loadtestservice logic logz machinelearning machinelearningservices maintenance managedlab
managednetworkfabric managedservices management managementpartner maps marketplace marketplaceordering media
messagingconnectors microservices4spring migrate mixedreality mobilenetwork monitor netapp networkanalytics
networkcloud networkfunction nginx notificationhubs objectstore offazure onlineexperimentation openenergyplatform
operationalinsights operationsmanagement oracle orbital peering playwrighttesting policyinsights portal powerbi
powerbidedicated powerplatform programmableconnectivity projectbabylon providerhub purview quantum quota
recommendationsservice recoveryservices redhatopenshift relay resourceconnector resourcegraph resourcehealth
resourcenotifications saas scheduler scom scvmm search security securitycopilot securitydetonation securityinsights
semanticmachines serialconsole servicefabric servicefabricmesh servicelinker servicenetworking services signalrservice
singularity softwareplan solutions sql sqlvirtualmachine standbypool storageactions storagecache storagediscovery
storagemover storagepool storagesync storsimple streamanalytics subscription support synapse syntex testbase
timeseriesinsights token toolchainorchestrator usagebilling videoindexer virtualmachineimages visualstudio vmware
vmwarecloudsimple voiceservices vsonline web weblabs windows365 windowsesu windowsiot workloadbuilder workloadmonitor
workloads
"""
_NAMESPACES = frozenset(f"microsoft.{name}" for name in _NAMES.split())

_TYPES = {
    "microsoft.authorization": """
accessReviewHistoryDefinitions accessReviewScheduleDefinitions accessReviewScheduleSettings checkAccess
classicAdministrators dataPolicyManifests diagnosticSettings elevateAccess eligibleChildResources
findOrphanRoleAssignments operations operationStatus policyAssignments policyDefinitions policyEnrollments
policyExemptions policySetDefinitions privateLinkAssociations resourceManagementPrivateLinks
roleAssignmentApprovals roleAssignmentScheduleInstances roleAssignmentScheduleRequests roleAssignmentSchedules
roleAssignmentsUsageMetrics roleEligibilityScheduleInstances roleEligibilityScheduleRequests
roleEligibilitySchedules roleManagementAlertConfigurations roleManagementAlertDefinitions
roleManagementAlertOperations roleManagementAlerts roleManagementPolicies roleManagementPolicyAssignments variables
""",
    "microsoft.managedidentity": "operations userAssignedIdentities/revokeTokens",
    "microsoft.network": """
applicationGatewayAvailableRequestHeaders applicationGatewayAvailableResponseHeaders
applicationGatewayAvailableServerVariables applicationGatewayAvailableSslOptions
applicationGatewayAvailableWafRuleSets applicationGateways applicationGatewayWebApplicationFirewallPolicies
applicationSecurityGroups azureFirewallFqdnTags azureFirewalls azureWebCategories bastionHosts
bgpServiceCommunities checkTrafficManagerNameAvailability cloudServiceSlots connections customIpPrefixes
ddosCustomPolicies ddosProtectionPlans dnsForwardingRulesets dnsResolverDomainLists dnsResolverPolicies dnsResolvers
dnszones dscpConfigurations expressRouteCircuits expressRouteCrossConnections expressRouteGateways expressRoutePorts
expressRoutePortsLocations expressRouteProviderPorts expressRouteServiceProviders firewallPolicies frontdoors
frontdoorWebApplicationFirewallManagedRuleSets frontdoorWebApplicationFirewallPolicies getDnsResourceReference
internalPublicIpAddresses ipAllocations ipGroups listNetworkManagerEffectiveConnectivityConfigurations
listNetworkManagerEffectiveSecurityAdminRules loadBalancers localNetworkGateways
locations/ApplicationGatewayWafDynamicManifests locations/autoApprovedPrivateLinkServices
locations/availableDelegations locations/availablePrivateEndpointTypes locations/availableServiceAliases
locations/checkDnsNameAvailability locations/checkPrivateLinkServiceVisibility locations/operationResults
locations/perimeterAssociableResourceTypes locations/queryNetworkSecurityPerimeter locations/serviceTagDetails
locations/serviceTags locations/setLoadBalancerFrontendPublicIpAddresses locations/supportedVirtualMachineSizes
locations/usages locations/virtualNetworkAvailableEndpointServices natGateways networkExperimentProfiles
networkInterfaces/effectiveNetworkSecurityGroups networkInterfaces/effectiveRouteTable
networkInterfaces/ipConfigurations networkInterfaces/loadBalancers networkInterfaces/tapConfigurations
networkManagerConnections networkManagers networkProfiles networkSecurityGroups/defaultSecurityRules
networkSecurityGroups/securityRules networkSecurityPerimeters networkVirtualAppliances networkVirtualApplianceSkus
networkWatchers operations p2sVpnGateways privateDnsOperationResults privateDnsOperationStatuses privateDnsZones/AAAA
privateDnsZones/ALL privateDnsZones/CNAME privateDnsZones/MX privateDnsZones/PTR privateDnsZones/SOA
privateDnsZones/SRV privateDnsZones/TXT privateDnsZonesInternal privateEndpointRedirectMaps privateLinkServices
publicIPAddresses publicIPPrefixes routeFilters routeTables securityPartnerProviders serviceEndpointPolicies
serviceGateways trafficManagerGeographicHierarchies trafficManagerProfiles trafficManagerUserMetricsKeys
virtualHubs virtualNetworkGateways virtualNetworkTaps virtualRouters virtualWans
virtualNetworks/BastionHosts virtualNetworks/CheckIPAddressAvailability virtualNetworks/customViews
virtualNetworks/ddosProtectionStatus virtualNetworks/listDnsForwardingRulesets virtualNetworks/listDnsResolvers
virtualNetworks/privateDnsZoneLinks virtualNetworks/subnets/PrepareNetworkPolicies
virtualNetworks/subnets/ResourceNavigationLinks virtualNetworks/subnets/ServiceAssociationLinks
virtualNetworks/subnets/UnprepareNetworkPolicies virtualNetworks/usages virtualNetworks/virtualNetworkPeerings
vpnGateways vpnServerConfigurations vpnSites webApplicationFirewallPolicies
""",
    "microsoft.eventhub": """
availableClusterRegions clusters namespaces/applicationGroups namespaces/checkNameAvailability
namespaces/disasterRecoveryConfigs namespaces/ipfilterrules namespaces/networkRuleSets
namespaces/networkSecurityPerimeterConfigurations namespaces/privateEndpointConnections
namespaces/privateLinkResources namespaces/schemagroups namespaces/virtualnetworkrules operations sku
checkNameAvailability checkNamespaceAvailability namespaces/authorizationRules/regenerateKeys
""",
    "microsoft.servicebus": """
checkNameAvailability checkNamespaceAvailability namespaces/authorizationRules/regenerateKeys
namespaces/disasterRecoveryConfigs namespaces/ipfilterrules namespaces/migrationConfigurations
namespaces/networkRuleSets namespaces/privateEndpointConnections namespaces/privateLinkResources namespaces/queues
namespaces/topics/subscriptions/rules namespaces/virtualnetworkrules operations premiumMessagingRegions sku
""",
    "microsoft.eventgrid": """
domains eventSubscriptions extensionTopics locations/eventSubscriptions locations/topicTypes namespaces operations
partnerConfigurations partnerDestinations partnerNamespaces partnerRegistrations partnerTopics systemTopics
topics/eventSubscriptions topics/networkSecurityPerimeterConfigurations topics/privateEndpointConnections
topics/privateLinkResources topics/regenerateKey topicTypes verifiedPartners
""",
    "microsoft.storage": """
deletedAccounts locations/checkNameAvailability locations/deleteVirtualNetworkOrSubnets locations/usages operations
skus storageAccounts/accountMigrations storageAccounts/encryptionScopes storageAccounts/failover
storageAccounts/fileServices storageAccounts/inventoryPolicies storageAccounts/listAccountSas
storageAccounts/listServiceSas storageAccounts/localUsers storageAccounts/managementPolicies
storageAccounts/networkSecurityPerimeterConfigurations storageAccounts/objectReplicationPolicies
storageAccounts/privateEndpointConnections storageAccounts/privateLinkResources storageAccounts/queueServices
storageAccounts/regenerateKey storageAccounts/tableServices storageAccounts/blobServices
storageTasks usages
""",
    "microsoft.kusto": """
clusters/attachedDatabaseConfigurations clusters/calloutPolicies clusters/checkNameAvailability
clusters/databases/dataConnections clusters/databases/dataConnectionValidation clusters/databases/eventhubconnections
clusters/databases/inviteFollower clusters/databases/principalAssignments clusters/databases/scripts
clusters/dataConnections clusters/detachFollowerDatabases clusters/listFollowerDatabases
clusters/managedPrivateEndpoints clusters/principalAssignments clusters/privateEndpointConnections
clusters/privateLinkResources clusters/sandboxCustomImages clusters/skus clusters/start clusters/stop
locations/checkNameAvailability locations/getNetworkPolicies locations/operationResults locations/skus operations skus
""",
}
"""Types by namespace. Everything below one of them isn't simulated either."""
_KNOWN = {namespace: tuple(name.lower() for name in names.split()) for namespace, names in _TYPES.items()}

_RESOURCES = r"""
builtInTemplateSpecs bulkDelete calculateTemplateHash changes checkPolicyCompliance checkResourceName checkZonePeers
dataBoundaries deployments deploymentScripts deploymentStacks deploymentStacksWhatIfResults links locations mobobrokers
notifyResourceJobs operations operationResults snapshots subscriptionRegistrations templateSpecs validateResources
"""
_SUBSCRIPTION = "/subscriptions/[^/]+"
_GROUP = f"{_SUBSCRIPTION}/resourcegroups/[^/]+"
_ABOVE = f"({_SUBSCRIPTION}|{_GROUP}|/providers/microsoft.management/managementgroups/[^/]+)?"
_NATIVE = re.compile(
    f"{_ABOVE}/providers/microsoft.resources/({'|'.join(_RESOURCES.split())})(/.*)?"
    f"|{_SUBSCRIPTION}/(tagnames|providers/[^/]+/(providerpermissions|resourcetypes)|resources/.+)(/.*)?"
    f"|{_GROUP}/(exporttemplate|moveresources|validatemoveresources|deployments)(/.*)?"
    f"|/providers/microsoft.management/managementgroups/[^/]+/providers/[^/]+/register",
    re.IGNORECASE,
)
"""Paths that ARM serves itself."""


def namespace_exists(namespace: str) -> bool:
    """Tell whether Azure has a provider of that namespace that the sandbox doesn't have."""
    return namespace.lower() in _NAMESPACES


def type_exists(target: Target) -> bool:
    """Tell whether a provider of the sandbox has a type or an operation on Azure that the sandbox doesn't have."""
    wanted = f"{target.type.lower()}/"
    return any(wanted.startswith(f"{known}/") for known in _KNOWN.get(target.namespace.lower(), ()))


def path_exists(path: str) -> bool:
    """Tell whether ARM itself serves a path on Azure that the sandbox doesn't serve."""
    return _NATIVE.fullmatch(path.rstrip("/")) is not None
