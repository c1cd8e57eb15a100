"""Microsoft Graph under graph.microsoft.com: users, groups and service principals, read-only."""

from .service import Graph

__all__ = ["Graph"]
