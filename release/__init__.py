"""What `metacontroller/` brings in, for a registry and a version: a file to install from."""
