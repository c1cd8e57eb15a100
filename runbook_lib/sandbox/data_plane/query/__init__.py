"""The query language of Azure Digital Twins: its grammar, and its meaning over a twin graph in memory."""
