"""Microsoft Graph under graph.microsoft.com: users, groups and service principals, to be read."""

from .service import Graph

__all__ = ["Graph"]
