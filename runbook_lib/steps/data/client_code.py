"""Client code to copy: how a program signs in to an instance, in four languages and with three credentials.

The classes are those of Microsoft's data-plane SDKs and identity libraries (how-to-authenticate-client article, and the
libraries' references).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from urllib.parse import urlsplit

from ...azure.clouds import Cloud, cloud_at


@dataclass(frozen=True)
class Language:
    """A language with an official SDK."""

    label: str
    file: str
    install: str
    template: Template
    """`$credential` stands for the class, `$sign_in` for the expression that makes one, `$url` for the instance."""
    sign_ins: Mapping[str, str]
    """The expressions by way to sign in. `$tenant` stands for the tenant's id."""
    elsewhere: Mapping[str, str]
    """Those that differ in a cloud that isn't the default. `$authority` stands for the host that signs in there."""
    differs: str
    """How it differs from Python."""


@dataclass(frozen=True)
class ClientCode:
    """A program with the values of one instance filled in."""

    language: Language
    credential: str
    sign_in: str
    text: str


CLASSES: Mapping[str, str] = {
    "default": "DefaultAzureCredential",
    "managed-identity": "ManagedIdentityCredential",
    "browser": "InteractiveBrowserCredential",
}
"""The classes by way to sign in. They have the same names in all four languages."""

WHEN: Mapping[str, str] = {
    "default": "to get started: uses the first sign-in it finds (environment, managed identity, Azure CLI, ...)",
    "managed-identity": "for a program in Azure: uses the identity of its machine or function, without a secret; that "
    "identity, not the instance's own, needs the data role",
    "browser": "for a person: opens a browser window",
}
"""When to use each."""

CREATE_CLIENT = "DigitalTwinsClient(url, credential)"
"""How the Python program makes its client."""

_PYTHON = Template("""\
from azure.digitaltwins.core import DigitalTwinsClient
from azure.identity import $credential

url = "$url"
credential = $sign_in
client = DigitalTwinsClient(url, credential)

for model in client.list_models():
    print(model.id)
""")

_DOTNET = Template("""\
using Azure.DigitalTwins.Core;
using Azure.Identity;

var url = new Uri("$url");
var credential = $sign_in;
var client = new DigitalTwinsClient(url, credential);

await foreach (var model in client.GetModelsAsync())
    Console.WriteLine(model.Id);
""")

_JAVASCRIPT = Template("""\
import { DigitalTwinsClient } from "@azure/digital-twins-core";
import { $credential } from "@azure/identity";

const url = "$url";
const credential = $sign_in;
const client = new DigitalTwinsClient(url, credential);

for await (const model of client.listModels()) {
  console.log(model.id);
}
""")

_JAVA = Template("""\
import com.azure.digitaltwins.core.DigitalTwinsClient;
import com.azure.digitaltwins.core.DigitalTwinsClientBuilder;
import com.azure.identity.${credential}Builder;

public class Client {
    public static void main(String[] arguments) {
        String url = "$url";
        var credential = $sign_in;
        DigitalTwinsClient client = new DigitalTwinsClientBuilder().endpoint(url).credential(credential).buildClient();

        client.listModels().forEach(model -> System.out.println(model.getModelId()));
    }
}
""")

_BY_NAME: Mapping[str, Language] = {
    "python": Language(
        "Python", "client.py", "python -m pip install azure-digitaltwins-core azure-identity", _PYTHON,
        {
            "default": "DefaultAzureCredential()",
            "managed-identity": "ManagedIdentityCredential()",
            "browser": 'InteractiveBrowserCredential(tenant_id="$tenant")',
        },
        {
            "default": 'DefaultAzureCredential(authority="$authority")',
            "browser": 'InteractiveBrowserCredential(tenant_id="$tenant", authority="$authority")',
        },
        "",
    ),
    "dotnet": Language(
        ".NET (C#)", "Program.cs",
        "dotnet add package Azure.DigitalTwins.Core && dotnet add package Azure.Identity", _DOTNET,
        {
            "default": "new DefaultAzureCredential()",
            "managed-identity": "new ManagedIdentityCredential(ManagedIdentityId.SystemAssigned)",
            "browser": "new InteractiveBrowserCredential(new InteractiveBrowserCredentialOptions "
            '{ TenantId = "$tenant" })',
        },
        {
            "default": "new DefaultAzureCredential(new DefaultAzureCredentialOptions "
            '{ AuthorityHost = new Uri("https://$authority") })',
            "browser": "new InteractiveBrowserCredential(new InteractiveBrowserCredentialOptions "
            '{ TenantId = "$tenant", AuthorityHost = new Uri("https://$authority") })',
        },
        "The address is a Uri, options are objects, and every call has a version with Async and one without.",
    ),
    "javascript": Language(
        "JavaScript", "client.mjs", "npm install @azure/digital-twins-core @azure/identity", _JAVASCRIPT,
        {
            "default": "new DefaultAzureCredential()",
            "managed-identity": "new ManagedIdentityCredential()",
            "browser": 'new InteractiveBrowserCredential({ tenantId: "$tenant" })',
        },
        {
            "default": 'new DefaultAzureCredential({ authorityHost: "https://$authority" })',
            "browser": 'new InteractiveBrowserCredential({ tenantId: "$tenant", authorityHost: "https://$authority" })',
        },
        "It runs only in Node, because the service sends no CORS headers to browser pages. You read lists with for "
        "await.",
    ),
    "java": Language(
        "Java", "Client.java", "Maven: com.azure:azure-digitaltwins-core and com.azure:azure-identity", _JAVA,
        {
            "default": "new DefaultAzureCredentialBuilder().build()",
            "managed-identity": "new ManagedIdentityCredentialBuilder().build()",
            "browser": 'new InteractiveBrowserCredentialBuilder().tenantId("$tenant").build()',
        },
        {
            "default": 'new DefaultAzureCredentialBuilder().authorityHost("https://$authority").build()',
            "browser": 'new InteractiveBrowserCredentialBuilder().tenantId("$tenant")'
            '.authorityHost("https://$authority").build()',
        },
        "Builders make credentials and clients, and the address is called endpoint.",
    ),
}  # fmt: skip


def label(language: str) -> str:
    """Return the language's usual name."""
    return _BY_NAME[language].label


def expression(language: str, credential: str, tenant: str, cloud: Cloud) -> str:
    """Return the expression that makes a credential in a cloud."""
    chosen = _BY_NAME[language]
    known = chosen.sign_ins if cloud.is_default else {**chosen.sign_ins, **chosen.elsewhere}
    return Template(known[credential]).substitute(tenant=tenant, authority=cloud.authority)


def write(language: str, credential: str, url: str, tenant: str) -> ClientCode:
    """Write the program. `url` and `tenant` go into the text as they are, so the caller has to check them."""
    chosen = _BY_NAME[language]
    sign_in = expression(language, credential, tenant, cloud_at(urlsplit(url).netloc))
    text = chosen.template.substitute(credential=CLASSES[credential], sign_in=sign_in, url=url)
    return ClientCode(chosen, CLASSES[credential], sign_in, text)
