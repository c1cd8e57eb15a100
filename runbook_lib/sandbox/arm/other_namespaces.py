"""Namespaces of Azure's resource providers that the sandbox doesn't simulate: what's refused by name, not as unknown.

Names as in the article "Resource providers for Azure services". It doesn't list every one, and partners have their own.
"""

from __future__ import annotations

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
OTHER_NAMESPACES = frozenset(f"microsoft.{name}" for name in _NAMES.split())


def exists_on_azure(namespace: str) -> bool:
    """Tell whether Azure has a provider of that namespace that the sandbox doesn't have."""
    return namespace.lower() in OTHER_NAMESPACES
