"""Where an adapter keeps its checkpoint: a file, or a ConfigMap of an API server of ours."""

from .processes.peer import Peer


class File:
    """A file in the folder *disk*."""

    def __init__(self, disk):
        self.disk = disk
        self._path = disk / "checkpoint.json"
        self.environment = {"VSPHERE_CHECKPOINT_FILE": str(self._path)}

    def read(self):
        """The checkpoint, or None if there is none."""
        return self._path.read_text() if self._path.exists() else None

    def write(self, checkpoint):
        """Write another checkpoint, while no adapter runs: whole or not at all, as it does."""
        new = self._path.with_suffix(".new")
        new.write_text(checkpoint)
        new.replace(self._path)

    def delete(self):
        """Delete the checkpoint, while no adapter runs."""
        self._path.unlink()


class ConfigMap:
    """A ConfigMap; *api_server* may be told to be down."""

    def __init__(self, folder, api_server: Peer):
        self.api_server = api_server
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(api_server.ask("kubeconfig"))
        self.environment = {
            "KUBECONFIG": str(kubeconfig),
            "NAMESPACE": "prod",
            "NAME": "lab",
            "SOURCE_UID": "0b7c5ad6-source",
            "VSPHERE_KVSTORE_CONFIGMAP": "lab-configmap",
        }

    def read(self):
        """The checkpoint, or None if there is none."""
        return self.api_server.ask("checkpoint")

    def write(self, checkpoint):
        """Write another checkpoint, as another hand does."""
        self.api_server.ask("edit", checkpoint=checkpoint)

    def delete(self):
        """Delete the ConfigMap."""
        self.api_server.ask("delete")
