"""A control plane on this machine: etcd, kube-apiserver and kube-controller-manager."""

import contextlib
import dataclasses
import json
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import time

import pytest
import yaml

from standalone.kubelet import Api, ApiError

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = ROOT / ".cache" / "bin"
PATIENCE = 60
"""Seconds until something that should come true soon is given up."""

AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "Metadata"},
    ],
}


def wait_for(condition, *, patience=PATIENCE):
    """Wait until *condition* returns something true, and return that."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.1)
    return found


def flags(**values):
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Services:
    """Programs that run beside the tests, their logs in *folder*."""

    folder: pathlib.Path

    @staticmethod
    def free_port():
        with socket.create_server(("127.0.0.1", 0)) as free:
            return free.getsockname()[1]

    @contextlib.contextmanager
    def running(self, name, command, **environment):
        """Run *command* until the block ends; it should stop when asked to."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def write(self, name, value):
        """Write a file that only we can read, and return its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """An API server and what a test does with it, as cluster-admin."""

    api: Api
    kubeconfig: pathlib.Path
    audit_log: pathlib.Path
    eventually = staticmethod(wait_for)

    def kubectl(self, *arguments, objects=()):
        """Run kubectl, *objects* as its input, and return what it prints."""
        done = subprocess.run(
            [PROGRAMS / "kubectl", "--kubeconfig", self.kubeconfig, *arguments],
            input=yaml.safe_dump_all(objects),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *objects):
        """Apply *objects*."""
        self.kubectl("apply", "--filename", "-", objects=objects)

    def get(self, path):
        """Read what is at *path*, None when there is nothing."""
        try:
            return self.api.get(path)
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def as_service_account(self, namespace, name):
        """The same API server, for a ServiceAccount."""
        answer = self.api.call(
            "POST",
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
            {"spec": {"expirationSeconds": 3600}},
        )
        return dataclasses.replace(self.api, token=answer["status"]["token"])

    def writes(self):
        """Everything written so far that is no sign of life: who, verb, what, answer."""
        entries = map(json.loads, self.audit_log.read_text().splitlines())
        return [
            (
                entry["user"]["username"],
                entry["verb"],
                entry["objectRef"].get("resource"),
                entry["objectRef"].get("name"),
                entry["responseStatus"]["code"],
            )
            for entry in entries
            if entry["stage"] == "ResponseComplete"
            and entry.get("objectRef", {}).get("resource") not in {None, "leases"}
        ]


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("e2e")
    yield Services(folder=folder)
    # Shown by pytest when something failed.
    sys.stdout.write(f"The logs are in {folder}.\n")


@pytest.fixture(scope="session")
def etcd(services):
    url = f"http://127.0.0.1:{services.free_port()}"
    options = flags(
        data_dir=services.folder / "etcd",
        listen_client_urls=url,
        advertise_client_urls=url,
        listen_peer_urls=f"http://127.0.0.1:{services.free_port()}",
        log_level="warn",
    )
    # What it holds need not outlive it.
    with services.running("etcd", [PROGRAMS / "etcd", *options, "--unsafe-no-fsync"]):
        yield url


def api_server_flags(services, etcd, port, token):
    key = services.folder / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    return flags(
        etcd_servers=etcd,
        bind_address="127.0.0.1",
        advertise_address="127.0.0.1",
        secure_port=port,
        cert_dir=services.folder / "certificates",
        endpoint_reconciler_type="none",
        service_cluster_ip_range="10.96.0.0/16",
        authorization_mode="RBAC",
        token_auth_file=services.write("tokens.csv", f'{token},e2e,e2e,"system:masters"\n'),
        service_account_issuer=f"https://127.0.0.1:{port}",
        service_account_signing_key_file=key,
        service_account_key_file=key,
        enable_admission_plugins="ServiceAccount,OwnerReferencesPermissionEnforcement",
        audit_policy_file=services.write("audit-policy.json", AUDIT),
        audit_log_path=services.folder / "audit.jsonl",
    )


@pytest.fixture(scope="session")
def api_server(services, etcd):
    port, token = services.free_port(), secrets.token_hex()
    api = Api(
        url=f"https://127.0.0.1:{port}",
        authority=str(services.folder / "certificates" / "apiserver.crt"),
        token=token,
    )

    def is_ready():
        with contextlib.suppress(ApiError, OSError):
            api.get("/readyz")
            return True

    options = api_server_flags(services, etcd, port, token)
    with services.running("kube-apiserver", [PROGRAMS / "kube-apiserver", *options]):
        wait_for(is_ready)
        yield api


@pytest.fixture(scope="session")
def cluster(services, api_server):
    """The control plane, ready."""
    kubeconfig = services.write("kubeconfig", api_server.kubeconfig())
    options = flags(
        kubeconfig=kubeconfig,
        authentication_kubeconfig=kubeconfig,
        authorization_kubeconfig=kubeconfig,
        bind_address="127.0.0.1",
        secure_port=services.free_port(),
        service_account_private_key_file=services.folder / "service-account.key",
        root_ca_file=api_server.authority,
        leader_elect="false",
    )
    built = Cluster(
        api=api_server, kubeconfig=kubeconfig, audit_log=services.folder / "audit.jsonl"
    )
    # Before the garbage collector starts, for it learns of further kinds twice a minute only.
    built.kubectl("apply", "--server-side", "-k", "crds")
    with services.running(
        "kube-controller-manager", [PROGRAMS / "kube-controller-manager", *options]
    ):
        wait_for(lambda: built.get("/api/v1/namespaces/default/serviceaccounts/default"))
        yield built
