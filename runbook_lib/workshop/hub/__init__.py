"""A class in the browser: a real JupyterHub where everybody gets JupyterLab on the guide and a sandbox of their own.

`config` is JupyterHub's configuration, `roster` its users, and `service` the board as a service of the Hub. What the
Hub starts for each user is `runbook_lib.cli.seat`. All of it needs the extra `hub`.
"""
