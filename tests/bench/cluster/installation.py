"""The system as a user installs it, on a control plane: shipped manifests, image, flags, rights."""

import contextlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from standalone.cluster import Cluster, Services

ROOT = Path(__file__).parents[3]
REVISION = "0.1.0"
HOOKS = "http://vsphere-hooks.vsphere-sources/"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is applied to *cluster*, and the programs that work on it."""

    cluster: Cluster
    services: Services
    metacontroller_program: str
    port: int
    """Of the hooks."""
    webhook_port: int

    @classmethod
    def apply(cls, cluster, services, metacontroller_program):
        """Apply what a user applies; Metacontroller has no rights but ours."""
        made = cls(
            cluster=cluster,
            services=services,
            metacontroller_program=metacontroller_program,
            port=services.free_port(),
            webhook_port=services.free_port(),
        )
        definitions = ROOT / "tests/e2e/system/metacontroller.yaml"
        cluster.kubectl("apply", "--filename", definitions)
        cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        made.point_at_hooks(REVISION)
        cluster.kubectl("apply", "--server-side", "-k", "metacontroller/overlays/least-privilege")
        return made

    def point_at_hooks(self, revision):
        """Apply the shipped manifests; webhook and hooks, of *revision*, are on this machine."""
        objects = self._shipped((HOOKS, f"http://127.0.0.1:{self.port}/"), (REVISION, revision))
        for item in objects:
            if item["kind"] == "MutatingWebhookConfiguration":
                url = f"https://127.0.0.1:{self.webhook_port}/admission/workload"
                item["webhooks"][0]["clientConfig"] = {"url": url}
        self.cluster.kubectl("apply", "--server-side", "--filename", "-", objects=objects)

    @contextlib.contextmanager
    def hooks(self, revision=REVISION):
        """One replica of the hooks of *revision*, as their image runs them."""
        text = (ROOT / "Dockerfile").read_text().partition("FROM runtime AS hooks\n")[2]
        command = re.search(r"CMD (\[.*?\])", text.replace("\\\n", ""), re.DOTALL)[1]
        program, *arguments = json.loads(command.replace("0.0.0.0:8080", f"127.0.0.1:{self.port}"))
        with self.services.running(
            "hooks",
            [Path(sys.executable).with_name(program), *arguments],
            **self._environment("vsphere-hooks", revision),
        ) as process:
            yield process

    @contextlib.contextmanager
    def webhook(self):
        """One replica of the webhook; begins when the API server can call it."""
        environment = self._environment("vsphere-webhook", REVISION)
        environment |= {"WEBHOOK_HOST": "127.0.0.1", "WEBHOOK_PORT": str(self.webhook_port)}
        command = [sys.executable, "-m", "hooks.webhook"]
        with self.services.running("webhook", command, **environment) as process:
            self.cluster.eventually(self._is_trusted)
            yield process

    @contextlib.contextmanager
    def metacontroller(self):
        """Metacontroller, as its ServiceAccount and with the flags that docs/install.md gives."""
        with self.services.running(
            "metacontroller",
            [
                self.metacontroller_program,
                f"--kubeconfig={self._kubeconfig('metacontroller', 'metacontroller')}",
                f"--metrics-address=127.0.0.1:{self.services.free_port()}",
                f"--health-probe-bind-address=127.0.0.1:{self.services.free_port()}",
                *recommended_flags(),
            ],
        ) as process:
            yield process

    def _is_trusted(self):
        kind = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
        [webhook] = self.cluster.get(f"{kind}/vsphere-sources")["webhooks"]
        return webhook["clientConfig"].get("caBundle")

    def _shipped(self, *replacements):
        text = self.cluster.kubectl("kustomize", "metacontroller")
        for old, new in replacements:
            text = text.replace(old, new)
        return list(yaml.safe_load_all(text))

    def _environment(self, name, revision):
        """The variables of the shipped Deployment, and its ServiceAccount."""
        [pod] = [
            item["spec"]["template"]["spec"]
            for item in self._shipped((REVISION, revision))
            if (item["kind"], item["metadata"]["name"]) == ("Deployment", name)
        ]
        given = {item["name"]: item["value"] for item in pod["containers"][0]["env"]}
        return {**given, "KUBECONFIG": self._kubeconfig("vsphere-sources", name)}

    def _kubeconfig(self, namespace, name):
        api = self.cluster.as_service_account(namespace, name)
        return str(self.services.write(f"{name}.kubeconfig", api.kubeconfig()))


def recommended_flags():
    """The flags for thousands of sources, from the kustomization in docs/install.md."""
    text = (ROOT / "docs/install.md").read_text()
    patch = re.search(r"```yaml\n(apiVersion: kustomize.*?)```", text, re.DOTALL)[1]
    [change] = yaml.safe_load(yaml.safe_load(patch)["patches"][0]["patch"])
    return change["value"]
