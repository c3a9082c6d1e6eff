"""The webhook as a process, called with TLS as the API server does."""

import base64
import concurrent.futures
import contextlib
import datetime as dt
import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from hooks import rotation
from hooks.certificates import CLOCK_SKEW, RENEWED_AFTER, make
from standalone.cluster import Services, wait_for
from tests.hooks.manifests import binding, workload
from tests.hooks.webhook.conftest import CONFIGURATION, SECRET

ROOT = Path(__file__).parents[3]
BINDINGS = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/default/vspherebindings"
PLACE = {
    "WEBHOOK_HOST": "127.0.0.1",
    "WEBHOOK_SECRET": "vsphere-sources/vsphere-webhook-certificate",
    "WEBHOOK_CONFIGURATION": "vsphere-sources",
}
# As the image runs it, but at any port, and with seconds for what takes minutes.
PROGRAM = """
import datetime, os
from hooks import custody, rotation, webhook, worker
custody.LOOK_SECONDS = custody.RETRY_SECONDS = 0.1
worker.PATIENCE_SECONDS = 1
webhook.OPTIONS["worker_connections"] = 300
rotation.SPREAD = datetime.timedelta(seconds=1)
webhook.run(os.environ, bind="127.0.0.1:{port}")
"""
REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {"uid": "7", "namespace": "default", "object": workload()},
}


class Webhook:
    """One replica."""

    def __init__(self, port, log, host="127.0.0.1"):
        self.address = (host, port)
        self._log = log

    def said(self):
        return self._log.read_text()

    def call(self, method, path, *, trust=None, body=None):
        """Call over a connection of its own; None if that cannot be."""
        context = ssl.create_default_context(cadata=trust) if trust else unverified()
        connection = http.client.HTTPSConnection(*self.address, context=context, timeout=10)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def review(self, trust, body=REVIEW):
        return self.call("POST", "/admission/workload", trust=trust, body=body)

    def served(self):
        return ssl.get_server_certificate(self.address, timeout=10)

    def is_ready(self):
        return self.call("GET", "/readyz") == (200, {"status": "ok"})


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
def run(kubeconfig, tmp_path):
    """Run a replica with an *environment*."""
    services = Services(folder=tmp_path)
    with contextlib.ExitStack() as stack:

        def run(**environment):
            port = services.free_port()
            name, command = f"webhook-{port}", [sys.executable, "-c", PROGRAM.format(port=port)]
            stack.enter_context(services.running(name, command, **kubeconfig, **environment))
            return Webhook(port, tmp_path / f"{name}.log")

        yield run


@pytest.fixture
def bundle(api_server):
    """Read what an API server trusts now."""

    def bundle():
        [first, second] = api_server.objects[CONFIGURATION]["webhooks"]
        assert first["clientConfig"] == second["clientConfig"]
        return base64.b64decode(first["clientConfig"].get("caBundle", "")).decode()

    return bundle


@pytest.fixture(autouse=True)
def bound(api_server):
    """Bind that workload."""
    api_server.add(BINDINGS, {"items": [binding()]})


def test_a_workload_is_bound_from_the_empty_secret_on(run, bundle):
    webhook = run(**PLACE)
    wait_for(webhook.is_ready)

    status, answer = webhook.review(bundle())

    patch = json.loads(base64.b64decode(answer["response"].pop("patch")))
    assert status == 200
    assert answer == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "7", "allowed": True, "patchType": "JSONPatch"},
    }
    assert [change["path"] for change in patch] == ["/spec/template/spec", "/metadata/annotations"]


def test_what_can_be_bound_is_a_setting(run, bundle, api_server):
    of_things = {"apiVersion": "example.com/v1", "kind": "Thing"}
    api_server.add(BINDINGS, {"items": [binding({"spec.subject": of_things | {"selector": {}}})]})
    owner = {**of_things, "name": "maker", "controller": True}
    made = workload(of_things | {"metadata.ownerReferences": [owner]})
    body = REVIEW | {"request": REVIEW["request"] | {"object": made}}
    bound = []
    for extra in ("", "example.com/Thing"):
        webhook = run(**PLACE, EXTRA_SUBJECTS=extra)
        wait_for(webhook.is_ready)
        _, answer = webhook.review(bundle(), body)
        bound.append("patch" in answer["response"])

    # What is made by something that can be bound is left to that.
    assert bound == [True, False]


def test_a_certificate_is_replaced_without_one_request_that_fails(run, bundle, api_server):
    old = soon_due(seconds=4)
    api_server.edit(SECRET, **rotation.filled(api_server.objects[SECRET], [old]))
    replicas = [run(**PLACE), run(**PLACE)]
    for replica in replicas:
        wait_for(replica.is_ready)
    answers, done = [], threading.Event()

    def load(replica):
        trust, heard = bundle(), time.monotonic()
        while not done.is_set():
            if time.monotonic() - heard > 0.5:  # an API server that is slow to hear
                trust, heard = bundle(), time.monotonic()
            answers.append((replica.served(), replica.review(trust)))

    def successor_is_served():
        [newest, *_] = rotation.held(api_server.objects[SECRET])
        return newest != old and {replica.served() for replica in replicas} == {newest.pem}

    with concurrent.futures.ThreadPoolExecutor() as threads:
        loads = [threads.submit(load, replica) for replica in replicas]
        try:
            wait_for(successor_is_served)
        finally:
            done.set()
    assert [load.result() for load in loads] == [None, None]

    assert bundle() == "".join(one.pem for one in rotation.held(api_server.objects[SECRET]))
    assert answers[0][0] == old.pem
    assert {answer and answer[0] for _, answer in answers} == {200}


HELLO = b"\x16\x03\x01\x02\x00\x01"  # how TLS begins
HALF = b"POST /admission/workload HTTP/1.1\r\nContent-Length: 100\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n"


@pytest.fixture
def open_many():
    """Open more connections than there are threads, and say on each what is given."""
    context = unverified()
    with contextlib.ExitStack() as stack:

        def connect(webhook, said, tls):
            one = stack.enter_context(socket.create_connection(webhook.address, timeout=10))
            if tls:
                one = stack.enter_context(context.wrap_socket(one))
            one.sendall(said)
            return one

        yield lambda webhook, said=b"", *, tls=True, count=120: [
            connect(webhook, said, tls) for _ in range(count)
        ]


def is_over(connection):
    """Whether the other side has hung up."""
    connection.settimeout(0.1)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def health(connection):
    """Ask over a connection that is open, and leave it so."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: webhook\r\n\r\n")
    response = http.client.HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


@pytest.mark.parametrize(
    ("said", "tls"),
    [
        pytest.param(b"", False, id="says nothing"),
        pytest.param(HELLO, False, id="half a handshake"),
        pytest.param(HALF, True, id="half a head"),
        pytest.param(HALF + b"\r\n{", True, id="half a body"),
        pytest.param(LAST, True, id="all, and stays"),
    ],
)
def test_who_is_of_no_use_is_hung_up_on_and_holds_nobody_up(run, bundle, open_many, said, tls):
    webhook = run(**PLACE)
    wait_for(webhook.is_ready)
    connections = open_many(webhook, said, tls=tls)

    assert webhook.review(bundle())[0] == 200
    wait_for(lambda: all(map(is_over, connections)))
    assert webhook.is_ready()
    assert "Traceback" not in webhook.said()


def test_who_has_nothing_to_ask_yet_is_waited_for(run, bundle, open_many):
    webhook = run(**PLACE)
    wait_for(webhook.is_ready)
    # As those of API servers after a burst, half of them used.
    idle = open_many(webhook)
    assert {health(connection) for connection in idle[:60]} == {200}
    [silent] = open_many(webhook, tls=False, count=1)

    assert webhook.review(bundle())[0] == 200
    wait_for(lambda: is_over(silent))
    assert {health(connection) for connection in idle} == {200}


def test_when_all_connections_are_taken_the_idle_ones_make_room(run, bundle, open_many):
    webhook = run(**PLACE)
    wait_for(webhook.is_ready)
    open_many(webhook, count=350)

    assert webhook.review(bundle())[0] == 200


def test_until_it_is_trusted_a_replica_is_alive_and_says_why_it_is_not_ready(run, api_server):
    api_server.refuse = lambda method, _: 403 if method == "PATCH" else None
    webhook = run(**PLACE)
    wait_for(lambda: ("PATCH", CONFIGURATION) in api_server.asked)

    assert webhook.call("GET", "/healthz") == (200, {"status": "ok"})
    assert webhook.call("GET", "/readyz") == (
        429,
        {"error": "The webhook has no certificate that the API server trusts yet."},
    )
    wait_for(lambda: api_server.asked.count(("PATCH", CONFIGURATION)) > 2)
    said = webhook.said()
    assert said.count("the API server answered 403") == 1
    assert "PRIVATE" not in said
    assert "t0ken" not in said


def test_a_certificate_of_somebody_elses_is_served_as_it_comes(run, tmp_path, api_server):
    webhook = run(WEBHOOK_CERTIFICATE_FOLDER=str(tmp_path))
    wait_for(lambda: webhook.call("GET", "/healthz"))
    for _ in range(2):
        certificate = make(["127.0.0.1"], dt.datetime.now(dt.UTC))
        (tmp_path / "tls.key").write_text(certificate.key)
        (tmp_path / "tls.crt").write_text(certificate.pem)
        wait_for(lambda pem=certificate.pem: webhook.served() == pem)
        assert webhook.call("GET", "/readyz", trust=certificate.pem) == (200, {"status": "ok"})

    assert api_server.asked == []


def test_old_tls_is_refused(run):
    webhook = run(**PLACE)
    wait_for(webhook.is_ready)
    context = unverified()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError), socket.create_connection(webhook.address) as connection:
        context.wrap_socket(connection)


# As Python is told by a machine that has been started without IPv6.
WITHOUT = "import socket; socket.has_ipv6 = False; "
START = "import runpy; runpy.run_module('hooks.webhook', run_name='__main__')"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize(
    ("program", "reached"),
    [
        pytest.param(START, {"127.0.0.1", "::1"}, id="both"),
        pytest.param(WITHOUT + START, {"127.0.0.1"}, id="IPv4"),
    ],
)
def test_it_listens_everywhere(kubeconfig, tmp_path, program, reached):
    services = Services(folder=tmp_path)
    port = services.free_port()
    webhooks = {
        host: Webhook(port, tmp_path / "webhook.log", host) for host in ("127.0.0.1", "::1")
    }
    environment = PLACE | kubeconfig | {"WEBHOOK_PORT": str(port)}
    with services.running("webhook", [sys.executable, "-c", program], **environment):
        wait_for(webhooks["127.0.0.1"].is_ready)

        assert {host for host, webhook in webhooks.items() if webhook.is_ready()} == reached


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"WEBHOOK_HOST": ""}, id="host"),
        pytest.param({"WEBHOOK_SECRET": "certificate"}, id="Secret"),
        pytest.param({"EXTRA_SUBJECTS": "Thing"}, id="subjects"),
    ],
)
def test_a_bad_environment_ends_it_with_one_sentence(kubeconfig, wrong):
    done = subprocess.run(
        [sys.executable, "-m", "hooks.webhook"],
        cwd=ROOT,
        env=PLACE | kubeconfig | wrong,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert re.fullmatch(rf"{next(iter(wrong))} [^\n]+\.\n", done.stderr)


def soon_due(*, seconds):
    """Make a certificate whose successor is due in a few *seconds*."""
    now = dt.datetime.now(dt.UTC)
    guess = make(["127.0.0.1"], now)
    age = (guess.ends - guess.begins) * RENEWED_AFTER - CLOCK_SKEW
    return make(["127.0.0.1"], now - age + dt.timedelta(seconds=seconds))
