"""etcd, kube-apiserver and kube-controller-manager of one Kubernetes release."""

import contextlib
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from standalone.kubelet import Api, ApiError
from standalone.process import CODE

from .cluster import Cluster, wait_for
from .services import Services

PROGRAMS = CODE / ".cache" / "bin"
"""Where `make e2e` builds them."""

AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "Metadata"},
    ],
}


@contextlib.contextmanager
def control_plane(
    services: Services,
    *,
    prepare: Callable[[Cluster], None] = lambda _: None,
    controllers: str = "*",
    programs: Path = PROGRAMS,
) -> Iterator[Cluster]:
    """Run a control plane until the block ends.

    *prepare* is called before the controllers start: the garbage collector learns of kinds that
    come later twice a minute only. *controllers* are those of kube-controller-manager's flag.
    """
    with contextlib.ExitStack() as stack:
        etcd = stack.enter_context(_etcd(services, programs))
        api = stack.enter_context(_api_server(services, programs, etcd))
        cluster = Cluster(
            api=api,
            kubeconfig=services.write("kubeconfig", api.kubeconfig()),
            audit_log=services.folder / "audit.jsonl",
            programs=programs,
        )
        prepare(cluster)
        options = _flags(
            kubeconfig=cluster.kubeconfig,
            authentication_kubeconfig=cluster.kubeconfig,
            authorization_kubeconfig=cluster.kubeconfig,
            bind_address="127.0.0.1",
            secure_port=services.free_port(),
            service_account_private_key_file=_signing_key(services),
            root_ca_file=api.authority,
            leader_elect="false",
            controllers=controllers,
        )
        stack.enter_context(
            services.running(
                "kube-controller-manager", [programs / "kube-controller-manager", *options]
            )
        )
        wait_for(lambda: cluster.get("/api/v1/namespaces/default/serviceaccounts/default"))
        yield cluster


@contextlib.contextmanager
def _etcd(services: Services, programs: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{services.free_port()}"
    options = _flags(
        data_dir=services.folder / "etcd",
        listen_client_urls=url,
        advertise_client_urls=url,
        listen_peer_urls=f"http://127.0.0.1:{services.free_port()}",
        log_level="warn",
    )
    # What it holds need not outlive it.
    with services.running("etcd", [programs / "etcd", *options, "--unsafe-no-fsync"]):
        yield url


@contextlib.contextmanager
def _api_server(services: Services, programs: Path, etcd: str) -> Iterator[Api]:
    port, token = services.free_port(), secrets.token_hex()
    certificates = services.folder / "certificates"
    api = Api(
        url=f"https://127.0.0.1:{port}",
        authority=str(certificates / "apiserver.crt"),
        token=token,
    )

    def is_ready() -> bool:
        with contextlib.suppress(ApiError, OSError):
            api.get("/readyz")
            return True
        return False

    key = _signing_key(services)
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)  # noqa: S603, S607
    options = _flags(
        etcd_servers=etcd,
        bind_address="127.0.0.1",
        advertise_address="127.0.0.1",
        secure_port=port,
        cert_dir=certificates,
        endpoint_reconciler_type="none",
        service_cluster_ip_range="10.96.0.0/16",
        authorization_mode="RBAC",
        token_auth_file=services.write("tokens.csv", f'{token},admin,admin,"system:masters"\n'),
        service_account_issuer=api.url,
        service_account_signing_key_file=key,
        service_account_key_file=key,
        enable_admission_plugins="ServiceAccount,OwnerReferencesPermissionEnforcement",
        audit_policy_file=services.write("audit-policy.json", AUDIT),
        audit_log_path=services.folder / "audit.jsonl",
    )
    with services.running("kube-apiserver", [programs / "kube-apiserver", *options]):
        wait_for(is_ready)
        yield api


def _signing_key(services: Services) -> Path:
    return services.folder / "service-account.key"


def _flags(**values: object) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items()]
