// Azure's JavaScript clients, unmodified, through a newcomer's first hour. Prints what they said as one JSON object.
// Run by ../test_javascript_clients.py: node clients.mjs FOLDER-WITH-NODE_MODULES SUBSCRIPTION
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, subscription] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const { DefaultAzureCredential } = require("@azure/identity");
const { AzureDigitalTwinsManagementClient } = require("@azure/arm-digitaltwins");
const { AuthorizationManagementClient } = require("@azure/arm-authorization");
const { ManagedServiceIdentityClient } = require("@azure/arm-msi");
const { NetworkManagementClient } = require("@azure/arm-network");
const { ResourceManagementClient } = require("@azure/arm-resources");
const { DigitalTwinsClient } = require("@azure/digital-twins-core");

const DATA_OWNER = "bcd981a7-7f74-457b-83e1-cceb9e632ffe";
const credential = new DefaultAzureCredential();
const resources = new ResourceManagementClient(credential, subscription);
const instances = new AzureDigitalTwinsManagementClient(credential, subscription);
const authorization = new AuthorizationManagementClient(credential, subscription);
const identities = new ManagedServiceIdentityClient(credential, subscription);
const network = new NetworkManagementClient(credential, subscription);

const said = {};
const where = ["rg-js", "js-twins"];

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

async function refused(call) {
  try {
    await call();
  } catch (error) {
    return [error.statusCode, error.code];
  }
  return "not refused";
}

// The management plane.
said.early = await refused(() => instances.digitalTwins.get(...where));
for (const provider of ["Microsoft.DigitalTwins", "Microsoft.ManagedIdentity", "Microsoft.Network"]) {
  await resources.providers.register(provider);
}
await resources.resourceGroups.createOrUpdate("rg-js", { location: "westeurope" });
said.groups = (await all(resources.resourceGroups.list())).map((group) => group.name);
said.free = (
  await instances.digitalTwins.checkNameAvailability("westeurope", {
    name: "js-twins",
    type: "Microsoft.DigitalTwins/digitalTwinsInstances",
  })
).nameAvailable;
const instance = await instances.digitalTwins.beginCreateOrUpdateAndWait(...where, {
  location: "westeurope",
  identity: { type: "SystemAssigned" },
});
said.created = [instance.provisioningState, instance.hostName, instance.identity.type];
const changed = await instances.digitalTwins.beginUpdateAndWait(...where, { tags: { made: "by JavaScript" } });
said.tags = changed.tags;
const identity = await identities.userAssignedIdentities.createOrUpdate("rg-js", "id-js", { location: "westeurope" });
const associated = await instances.digitalTwins.beginUpdateAndWait(...where, {
  identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities: { [identity.id]: {} } },
});
said.identities = Object.values(associated.identity.userAssignedIdentities).map(
  (one) => one.principalId === identity.principalId,
);

// A private endpoint.
await network.virtualNetworks.beginCreateOrUpdateAndWait("rg-js", "vnet-js", {
  location: "westeurope",
  addressSpace: { addressPrefixes: ["10.9.0.0/24"] },
  subnets: [{ name: "default", addressPrefix: "10.9.0.0/27" }],
});
const subnet = await network.subnets.get("rg-js", "vnet-js", "default");
await network.privateEndpoints.beginCreateOrUpdateAndWait("rg-js", "pe-js", {
  location: "westeurope",
  subnet: { id: subnet.id },
  privateLinkServiceConnections: [{ name: "pe-js", privateLinkServiceId: instance.id, groupIds: ["API"] }],
});
said.connections = (await instances.privateEndpointConnections.list(...where)).value.map(
  (one) => one.properties.privateLinkServiceConnectionState.status,
);

// The data, before and after the role.
const client = new DigitalTwinsClient(`https://${instance.hostName}`, credential);
said.before = await refused(() => all(client.listModels()));
const token = await credential.getToken("https://management.azure.com/.default");
const claims = JSON.parse(Buffer.from(token.token.split(".")[1], "base64url"));
await authorization.roleAssignments.create(instance.id, randomUUID(), {
  roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${DATA_OWNER}`,
  principalId: claims.oid,
  principalType: "ServicePrincipal",
});
const room = {
  "@id": "dtmi:example:Room;1",
  "@type": "Interface",
  "@context": "dtmi:dtdl:context;2",
  contents: [
    { "@type": "Property", name: "temperature", schema: "double" },
    { "@type": "Relationship", name: "next" },
  ],
};
await client.createModels([room]);
said.models = (await all(client.listModels())).map((model) => model.id);
for (const [name, temperature] of [["hall", 20.5], ["oven", 230]]) {
  await client.upsertDigitalTwin(name, JSON.stringify({ $metadata: { $model: room["@id"] }, temperature }));
}
await client.upsertRelationship("hall", "to-oven", { $targetId: "oven", $relationshipName: "next" });
await client.updateDigitalTwin("hall", [{ op: "replace", path: "/temperature", value: 21.5 }]);
said.twin = (await client.getDigitalTwin("hall")).body.temperature;
said.query = (await all(client.queryTwins("SELECT * FROM digitaltwins T WHERE T.temperature > 100"))).map(
  (twin) => twin.$dtId,
);
said.incoming = (await all(client.listIncomingRelationships("oven"))).map((one) => one.sourceId);
await client.publishTelemetry("hall", { temperature: 22 }, "");
said.missing = await refused(() => client.getDigitalTwin("nobody"));
said.badQuery = await refused(() => all(client.queryTwins("SELECT FROM")));

// And away with it.
await instances.digitalTwins.beginDeleteAndWait(...where);
said.gone = await refused(() => instances.digitalTwins.get(...where));
await resources.resourceGroups.beginDeleteAndWait("rg-js");
said.left = (await all(resources.resourceGroups.list())).map((group) => group.name);
console.log(JSON.stringify(said));
