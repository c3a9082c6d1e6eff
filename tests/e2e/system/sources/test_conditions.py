"""What `kubectl describe` says of each thing that can be wrong, compared whole."""

import pytest

HAPPY = ("True",)


def deployment_of_somebody_else(lab, name):
    """A Deployment that is in the way, without pods."""
    labels = {"app": "other"}
    container = {"name": "other", "image": "other"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": lab.namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture(scope="module")
def lab(make_lab):
    """All that can be wrong, at once, so that what takes a while does so together."""
    lab = make_lab()
    lab.apply(
        deployment_of_somebody_else(lab, "clash-adapter"),
        lab.secret("wrong", password="guessed"),
        {**lab.secret("half"), "stringData": {"username": "somebody"}},
        lab.source("clash"),
        lab.source("crashing"),
        lab.source("no-secret", secretRef={"name": "missing"}),
        lab.source("no-key", secretRef={"name": "half"}),
        lab.source("wrong-login", secretRef={"name": "wrong"}),
        lab.source("untrusted", skipTLSVerify=False),
    )
    return lab


def trouble(reason, message):
    return "False", reason, message


def not_ready(name):
    """What is said of an adapter whose pod answers its readiness probe with no, or not at all."""
    what = f"deployment/{name}-adapter -n NAMESPACE"
    return trouble(
        "MinimumReplicasUnavailable",
        f"The adapter's pod is not ready: see kubectl logs {what}, kubectl describe {what}.",
    )


SECRET_MISSING = trouble(
    "SecretMissing",
    "/var/bindings/vsphere holds neither username nor password: "
    "create the Secret that secretRef names, with these two keys.",
)
KEY_MISSING = trouble(
    "KeyMissing",
    "/var/bindings/vsphere/password is missing: the Secret needs the key 'password'.",
)
LOGIN_REFUSED = trouble(
    "LoginRefused",
    "VCENTER refused the login: user name or password is wrong. "
    "Correct the Secret; until then it is tried rarely, so that no account locks.",
)
NOT_TRUSTED = trouble(
    "CertificateNotTrusted",
    "VCENTER is not trusted: self-signed certificate. It presented "
    "subject CN=vCenter simulator (self-signed), issuer CN=vCenter simulator (self-signed), "
    "SHA-256 FINGERPRINT. Let a trusted authority issue its certificate, "
    "or skip the check with skipTLSVerify (VC_INSECURE=true).",
)
NOT_CREATED = trouble(
    "NotCreated",
    "Not created: Deployment clash-adapter. An object of that name that belongs to somebody "
    "else is in the way, or Metacontroller may not create it.",
)
NOT_REPORTED = ("Unknown", "NotReported", "The adapter has not reported yet.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("no-secret", SECRET_MISSING, id="no such Secret"),
        pytest.param("no-key", KEY_MISSING, id="key missing"),
        pytest.param("wrong-login", LOGIN_REFUSED, id="login refused"),
        pytest.param("untrusted", NOT_TRUSTED, id="TLS issuer not trusted"),
    ],
)
def test_trouble_with_the_vcenter_is_told_by_the_adapter(lab, name, expected):
    lab.until(
        name, Ready=expected, SinkProvided=HAPPY, AdapterReady=not_ready(name), StreamReady=expected
    )


def test_a_crash_loop_shows_whatever_the_adapter_said_last(lab):
    """It dies as by the kernel's hand, so it can report nothing."""
    lab.until_streaming("crashing")

    [pod] = lab.pods("crashing")
    container = lab.kubelet.container(pod)
    for deaths in range(4):
        lab.eventually(lambda wanted=deaths: container.alive and container.restarts == wanted)
        container.kill()

    lab.until(
        "crashing",
        Ready=not_ready("crashing"),
        SinkProvided=HAPPY,
        AdapterReady=not_ready("crashing"),
        StreamReady=("Unknown", "AdapterNotReady", "The adapter is not running."),
    )
    lab.eventually(lambda: waiting_reason(lab, "crashing") == "CrashLoopBackOff")


def test_a_mended_secret_ends_the_trouble_without_a_restart(lab):
    lab.apply(lab.secret("half"))

    lab.until_streaming("no-key")
    [pod] = lab.pods("no-key")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_name_that_somebody_else_has_is_left_to_him(lab):
    theirs = lab.deployment("clash")["spec"]

    lab.until(
        "clash",
        Ready=NOT_CREATED,
        SinkProvided=HAPPY,
        AdapterReady=NOT_CREATED,
        StreamReady=NOT_REPORTED,
    )
    assert lab.deployment("clash")["spec"] == theirs


def waiting_reason(lab, name):
    [pod] = lab.pods(name)
    [status] = pod["status"]["containerStatuses"]
    return status["state"].get("waiting", {}).get("reason")
