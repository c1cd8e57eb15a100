"""The data plane of Azure Digital Twins: what answers under an instance's own host name."""
