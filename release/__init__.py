"""One file to install from: what `metacontroller/` brings in, for a registry and a version."""
