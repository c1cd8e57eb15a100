"""A plan as something that other tools carry out: Bicep, an ARM template, Terraform, or a script."""

from typing import Literal, get_args

Format = Literal["bicep", "arm", "terraform", "bash", "powershell"]
FORMATS: tuple[Format, ...] = get_args(Format)
