"""This guide's set-up as a template, in the form that Bicep compiles to."""

from __future__ import annotations

from typing import Any

from .control_plane import GROUP

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
HUB_SENDER = "2b629674-e913-4c01-ae53-ef4638d8f975"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-my-twins"
HUB = f"{GROUP}/providers/Microsoft.EventHub/namespaces/ns-my-twins/eventhubs/telemetry"
HUB_ID = "resourceId('Microsoft.EventHub/namespaces/eventhubs', format('ns-{0}', parameters('name')), 'telemetry')"
IDENTITY_ID = "resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', format('id-{0}', parameters('name')))"
TWINS_ID = "resourceId('Microsoft.DigitalTwins/digitalTwinsInstances', parameters('name'))"
HUB_SCOPE = (
    "format('Microsoft.EventHub/namespaces/{0}/eventhubs/{1}', format('ns-{0}', parameters('name')), 'telemetry')"
)
ROLES = "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', variables('{0}'))"

MODULE = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {"name": {"type": "string"}, "location": {"type": "string"}},
    "resources": [
        {
            "type": "Microsoft.EventHub/namespaces",
            "apiVersion": "2024-01-01",
            "name": "[format('ns-{0}', parameters('name'))]",
            "location": "[parameters('location')]",
            "sku": {"name": "Standard"},
        },
        {
            "type": "Microsoft.EventHub/namespaces/eventhubs",
            "apiVersion": "2024-01-01",
            "name": "[format('{0}/{1}', format('ns-{0}', parameters('name')), 'telemetry')]",
            "properties": {"partitionCount": 2, "messageRetentionInDays": 1},
            "dependsOn": [
                "[resourceId('Microsoft.EventHub/namespaces', format('ns-{0}', parameters('name')))]",
            ],
        },
    ],
    "outputs": {"hubId": {"type": "string", "value": f"[{HUB_ID}]"}},
}
BICEP: dict[str, Any] = {
    "$schema": SCHEMA,
    "languageVersion": "2.0",
    "contentVersion": "1.0.0.0",
    "metadata": {"_generator": {"name": "bicep", "version": "0.30.23.60470", "templateHash": "1"}},
    "parameters": {
        "name": {"type": "string"},
        "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "readers": {"type": "array", "defaultValue": []},
        "tags": {"type": "object", "defaultValue": {"plant": "7"}},
    },
    "variables": {
        "sender": HUB_SENDER,
        "reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
        "suffix": "[take(uniqueString(resourceGroup().id), 5)]",
    },
    "resources": {
        "identity": {
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "apiVersion": "2023-01-31",
            "name": "[format('id-{0}', parameters('name'))]",
            "location": "[parameters('location')]",
        },
        "twins": {
            "type": "Microsoft.DigitalTwins/digitalTwinsInstances",
            "apiVersion": "2023-01-31",
            "name": "[parameters('name')]",
            "location": "[parameters('location')]",
            "tags": "[union(parameters('tags'), createObject('suffix', variables('suffix')))]",
            "identity": {
                "type": "UserAssigned",
                "userAssignedIdentities": {f"[format('{{0}}', {IDENTITY_ID})]": {}},
            },
            "dependsOn": ["identity"],
        },
        "endpoint": {
            "type": "Microsoft.DigitalTwins/digitalTwinsInstances/endpoints",
            "apiVersion": "2023-01-31",
            "name": "[format('{0}/{1}', parameters('name'), 'hub')]",
            "properties": {
                "endpointType": "EventHub",
                "authenticationType": "IdentityBased",
                "endpointUri": "[format('sb://ns-{0}.servicebus.windows.net', parameters('name'))]",
                "entityPath": "telemetry",
                "identity": {
                    "type": "UserAssigned",
                    "userAssignedIdentity": f"[{IDENTITY_ID}]",
                },
            },
            "dependsOn": ["identity", "twins", "sender"],
        },
        "sender": {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "scope": f"[{HUB_SCOPE}]",
            "name": f"[guid({HUB_ID}, {IDENTITY_ID}, variables('sender'))]",
            "properties": {
                "roleDefinitionId": f"[{ROLES.format('sender')}]",
                "principalId": "[reference('identity').principalId]",
                "principalType": "ServicePrincipal",
            },
            "dependsOn": ["hubs", "identity"],
        },
        "access": {
            "copy": {"name": "access", "count": "[length(parameters('readers'))]"},
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "scope": "[format('Microsoft.DigitalTwins/digitalTwinsInstances/{0}', parameters('name'))]",
            "name": f"[guid({TWINS_ID}, parameters('readers')[copyIndex()])]",
            "properties": {
                "roleDefinitionId": f"[{ROLES.format('reader')}]",
                "principalId": "[parameters('readers')[copyIndex()]]",
            },
            "dependsOn": ["twins"],
        },
        "hubs": {
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": "hubs",
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "mode": "Incremental",
                "parameters": {
                    "name": {"value": "[parameters('name')]"},
                    "location": {"value": "[parameters('location')]"},
                },
                "template": MODULE,
            },
        },
    },
    "outputs": {
        "host": {"type": "string", "value": "[reference('twins').hostName]"},
        "hub": {"type": "string", "value": "[reference('hubs').outputs.hubId.value]"},
        "who": {"type": "string", "value": "[reference('twins', '2023-01-31', 'full').identity.type]"},
        "many": {"type": "array", "copy": {"count": 3, "input": "[copyIndex()]"}},
    },
}
