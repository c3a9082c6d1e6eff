"""The system without a cluster: manifests, hooks and adapters as local processes."""
