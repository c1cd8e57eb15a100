"""Microsoft Entra ID under login.microsoftonline.com: discovery, tokens, and signing in with a device code."""

from .service import Entra

__all__ = ["Entra"]
