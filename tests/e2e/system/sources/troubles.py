"""What can be wrong with a source: how it comes about, what is said of it, and what to do."""

import dataclasses
from collections.abc import Callable

BROKER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker"}
NOWHERE = {"apiVersion": "flows.knative.dev/v1", "kind": "Parallel", "name": "events"}
CLOSED = "http://127.0.0.1:9/sdk"
"""Where nobody listens."""

HAPPY = ("True",)
NO_ADAPTER = ("Unknown", "NoAdapter", "The adapter starts once there is a sink.")
NOT_REPORTED = ("Unknown", "NotReported", "The adapter has not reported yet.")
NOT_RUNNING = ("Unknown", "AdapterNotReady", "The adapter is not running.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that is wrong with the source *name*."""

    name: str
    what: str
    """What happened, as the documentation says it."""
    advice: str
    """What to do about it, as the documentation says it."""
    conditions: dict
    """Type -> status, reason, message; what differs in each run as `Lab.conditions` has it."""
    spec: Callable = lambda _lab: {}
    """How the spec of the source differs from a good one, in a lab."""


def in_sink(reason, message):
    found = ("False", reason, message)
    return {
        "Ready": found,
        "SinkProvided": found,
        "AdapterReady": NO_ADAPTER,
        "StreamReady": NOT_REPORTED,
    }


def in_adapter(reason, message, *, stream=NOT_REPORTED):
    found = ("False", reason, message)
    return {"Ready": found, "SinkProvided": HAPPY, "AdapterReady": found, "StreamReady": stream}


def hint(name):
    """Where to look when an adapter answers its readiness probe with no, or not at all."""
    what = f"deployment/{name}-adapter -n NAMESPACE"
    return f"The adapter's pod is not ready: see kubectl logs {what}, kubectl describe {what}."


def in_stream(name, reason, message):
    found = ("False", reason, message)
    return {
        "Ready": found,
        "SinkProvided": HAPPY,
        "AdapterReady": ("Unknown", "RollingOut", hint(name)),
        "StreamReady": found,
    }


TROUBLES = [
    Trouble(
        name="no-secret",
        what="The Secret that `secretRef` names does not exist",
        advice="Create it in the namespace of the source. The adapter sees it within a minute or "
        "two, without a restart.",
        spec=lambda _lab: {"secretRef": {"name": "missing"}},
        conditions=in_stream(
            "no-secret",
            "SecretMissing",
            "/var/bindings/vsphere holds neither username nor password: "
            "create the Secret that secretRef names, with these two keys.",
        ),
    ),
    Trouble(
        name="no-key",
        what="The Secret lacks a key",
        advice="Add the key. Its name is in lower case.",
        spec=lambda _lab: {"secretRef": {"name": "half"}},
        conditions=in_stream(
            "no-key",
            "KeyMissing",
            "/var/bindings/vsphere/password is missing: the Secret needs the key 'password'.",
        ),
    ),
    Trouble(
        name="wrong-login",
        what="vCenter refuses user name and password",
        advice="Try them by hand, and correct the Secret: it is then used within a minute or two. "
        "A user of single sign-on needs its domain, like `events@vsphere.local`. See that the "
        "account is not locked.",
        spec=lambda _lab: {"secretRef": {"name": "wrong"}},
        conditions=in_stream(
            "wrong-login",
            "LoginRefused",
            "VCENTER refused the login: user name or password is wrong. "
            "Correct the Secret; until then it is tried rarely, so that no account locks.",
        ),
    ),
    Trouble(
        name="untrusted",
        what="Nobody trusted issued vCenter's certificate",
        advice="Compare the issuer with the one you expect: it may be somebody else who answers. "
        "Let an authority that the adapter's image trusts issue the certificate, or set "
        "`skipTLSVerify: true`.",
        spec=lambda _lab: {"skipTLSVerify": False},
        conditions=in_stream(
            "untrusted",
            "CertificateNotTrusted",
            "VCENTER is not trusted: self-signed certificate. It presented "
            "subject CN=vCenter simulator (self-signed), issuer CN=vCenter simulator "
            "(self-signed), SHA-256 FINGERPRINT. Let a trusted authority issue its certificate, "
            "or skip the check with skipTLSVerify (VC_INSECURE=true).",
        ),
    ),
    Trouble(
        name="unreachable",
        what="vCenter cannot be reached",
        advice="Correct `address`. Look whether the name resolves in the cluster, and whether "
        "NetworkPolicies and firewalls let the adapter's pod through.",
        spec=lambda _lab: {"address": CLOSED},
        conditions=in_stream(
            "unreachable",
            "Unreachable",
            f"{CLOSED} cannot be reached: [Errno 111] Connection refused.",
        ),
    ),
    Trouble(
        name="no-vcenter",
        what="Something else answers at that address",
        advice="Correct `address`: host, port, and path if there is one.",
        spec=lambda lab: {"address": lab.sink.url},
        conditions=in_stream(
            "no-vcenter",
            "NotVCenter",
            "SINK/sdk is no vCenter: it answered 202 when asked for its API versions. "
            "Check the address.",
        ),
    ),
    Trouble(
        name="no-sink",
        what="The object that `sink.ref` names does not exist",
        advice="Create it, or correct kind, name and namespace of the reference. The adapter "
        "starts by itself.",
        spec=lambda _lab: {"sink": {"ref": {**BROKER, "name": "missing"}}},
        conditions=in_sink(
            "SinkNotFound",
            "spec.sink.ref: there is no Broker NAMESPACE/missing. "
            "Create it, or correct the reference.",
        ),
    ),
    Trouble(
        name="not-addressable",
        what="The sink has no address yet",
        advice="Look why it is not ready: `kubectl describe` of the sink tells.",
        spec=lambda _lab: {"sink": {"ref": {**BROKER, "name": "starting"}}},
        conditions=in_sink(
            "SinkNotAddressable",
            "spec.sink.ref: Broker NAMESPACE/starting has no URL in its status.address yet.",
        ),
    ),
    Trouble(
        name="bad-address",
        what="The sink's address is no web address",
        advice="Look who writes that object's status: a sink has to be Addressable as Knative "
        "defines it.",
        spec=lambda _lab: {"sink": {"ref": {**BROKER, "name": "file"}}},
        conditions=in_sink(
            "SinkUrlRefused",
            "spec.sink.ref: Broker NAMESPACE/file has a URL in its status.address that cannot be "
            "used. It must be http or https in plain ASCII, with a host and without user info: "
            "correct it there, or give spec.sink.uri instead of ref.",
        ),
    ),
    Trouble(
        name="bad-certificates",
        what="The certificates in the sink's address cannot be used",
        advice="Look who writes that object's status. `CACerts` in the source come before what is "
        "there, and there and here they have to fit into an environment variable.",
        spec=lambda _lab: {"sink": {"ref": {**BROKER, "name": "unsigned"}}},
        conditions=in_sink(
            "SinkCACertsRefused",
            "spec.sink.ref: the CACerts in the status.address of Broker NAMESPACE/unsigned must be "
            "PEM certificates (-----BEGIN CERTIFICATE-----) of 100,000 bytes at most. Give "
            "spec.sink.CACerts just those that this sink needs.",
        ),
    ),
    Trouble(
        name="not-served",
        what="This cluster does not know the kind of the sink",
        advice="Install what brings the kind, or correct `apiVersion` and `kind`. After an "
        "installation it takes up to 20 minutes, or a change of the source's spec, until the sink "
        "is looked up; until then the reason is `SinkNotLookedUp`.",
        spec=lambda _lab: {"sink": {"ref": NOWHERE}},
        conditions=in_sink(
            "KindNotServed",
            "spec.sink.ref: this cluster serves no kind Parallel in the API group "
            '"flows.knative.dev". Install it, or correct apiVersion and kind.',
        ),
    ),
    Trouble(
        name="crashing",
        what="The adapter crashes again and again",
        advice="The first command shows its last words (add `--previous`), the second one how it "
        "ended. `OOMKilled` means that it takes more memory than it may.",
        conditions=in_adapter("MinimumReplicasUnavailable", hint("crashing"), stream=NOT_RUNNING),
    ),
    Trouble(
        name="clash",
        what="Somebody else has a Deployment of the adapter's name",
        advice="Give the source another name, or remove that Deployment. It is left as it is.",
        conditions=in_adapter(
            "NotCreated",
            "Not created: Deployment clash-adapter. An object of that name that belongs to "
            "somebody else is in the way, or Metacontroller may not create it.",
        ),
    ),
    Trouble(
        name="refused",
        what="The adapter's pod may not be created, here for want of its ServiceAccount",
        advice="Do as the message says: it is the API server's. Quotas and pod security speak in "
        "the same place.",
        spec=lambda _lab: {"serviceAccountName": "missing"},
        conditions=in_adapter(
            "FailedCreate",
            'pods "refused-adapter-HASH-" is forbidden: error looking up service account '
            'NAMESPACE/missing: serviceaccount "missing" not found',
        ),
    ),
]
