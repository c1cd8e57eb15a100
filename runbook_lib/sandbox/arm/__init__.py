"""Azure Resource Manager in the sandbox: the control plane behind management.azure.com."""
