"""Next steps: REST calls, a twin graph, client code."""
