"""Who keeps the webhook's certificate: replicas that share a Secret, or somebody else."""

import base64
import datetime as dt

import pytest

from hooks import custody, rotation
from hooks.certificates import make
from hooks.cluster import ClusterError, ConflictError
from hooks.custody import Custody, Folder
from hooks.model import NotReadyError
from hooks.place import Place
from hooks.tls import Endpoint
from tests.hooks.webhook.conftest import CONFIGURATION, SECRET

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=61)
PLACE = Place(
    hosts=frozenset({"127.0.0.1"}),
    secret="vsphere-sources/vsphere-webhook-certificate",
    configuration="vsphere-sources",
)


class Shown(Endpoint):
    """Remembers what was to be served."""

    def __init__(self):
        super().__init__(make(["localhost"], NOW))
        self.served = []

    def serve(self, pem, key):
        super().serve(pem, key)
        self.served.append(pem)


class Replica(Custody):
    """A replica with a clock of its own."""

    def __init__(self, cluster, now=NOW):
        self.shown, self.time = Shown(), now
        super().__init__(cluster, PLACE, endpoint=self.shown, now=lambda: self.time)


@pytest.fixture
def replica(cluster):
    return lambda now=NOW: Replica(cluster, now)


@pytest.fixture
def held(api_server):
    """Read the certificates of the Secret."""
    return lambda: [one.pem for one in rotation.held(api_server.objects[SECRET])]


@pytest.fixture
def bundles(api_server):
    """Read the caBundle of each webhook."""

    def bundles():
        clients = [hook["clientConfig"] for hook in api_server.objects[CONFIGURATION]["webhooks"]]
        return [base64.b64decode(client.get("caBundle", "")).decode() for client in clients]

    return bundles


def writes(api_server):
    return [request for request in api_server.asked if request[0] != "GET"]


def test_the_first_look_makes_a_certificate_and_has_it_trusted_and_served(
    replica, api_server, held, bundles
):
    one = replica()
    one.look()

    [pem] = held()
    assert bundles() == [pem, pem]
    assert one.shown.served == [pem]
    assert writes(api_server) == [("PUT", SECRET), ("PATCH", CONFIGURATION)]
    assert [hook["name"] for hook in api_server.objects[CONFIGURATION]["webhooks"]] == [
        "core",
        "knative",
    ]


def test_a_second_replica_takes_what_is_there(replica, api_server, held):
    replica().look()
    before = writes(api_server)
    other = replica()
    other.look()

    assert other.shown.served == held()
    assert writes(api_server) == before


def test_nothing_is_written_while_nothing_is_due(replica, api_server):
    one = replica()
    one.look()
    before = writes(api_server)
    one.time += dt.timedelta(days=59)
    one.look()

    assert writes(api_server) == before


def test_a_successor_is_trusted_before_it_is_served(replica, held, bundles):
    one = replica()
    one.look()
    [first] = held()
    one.time = LATER
    one.look()
    [second, _] = held()

    assert (bundles(), one.shown.served[-1]) == ([second + first] * 2, first)

    one.time += rotation.SPREAD
    one.look()

    assert (bundles(), one.shown.served[-1]) == ([second + first] * 2, second)

    one.time += dt.timedelta(days=30)
    one.look()

    assert (bundles(), one.shown.served[-1]) == ([second] * 2, second)


@pytest.mark.parametrize("lost", [SECRET, CONFIGURATION])
def test_what_was_wiped_is_written_again(replica, api_server, held, bundles, lost):
    one = replica()
    one.look()
    webhooks = [{"name": "core", "clientConfig": {}}]
    api_server.edit(lost, **({"data": {}} if lost == SECRET else {"webhooks": webhooks}))
    one.look()

    [pem] = held()
    assert set(bundles()) == {pem}
    assert one.shown.served[-1] == pem


@pytest.mark.parametrize("path", [SECRET, CONFIGURATION])
def test_who_is_overtaken_leaves_it_to_the_other(replica, api_server, held, path):
    def overtake(method, asked):
        if method != "GET" and asked == path:
            api_server.refuse = lambda *_: None
            return 409
        return None

    api_server.refuse = overtake
    one, other = replica(), replica()
    with pytest.raises(ConflictError):
        one.look()
    other.look()
    one.look()

    assert one.shown.served == other.shown.served == held()


def test_who_was_slow_to_read_takes_no_trust_from_a_successor(replica, api_server, held, bundles):
    one = replica()
    one.look()
    # By the clock of the one nothing is due yet, by that of the other it is.
    due, little = NOW + dt.timedelta(days=60, minutes=-20), dt.timedelta(minutes=10)
    one.time, other = due - little, replica(due + little)
    reads = []

    def overtake(*asked):
        reads.append(asked)
        if len(reads) == 2:
            api_server.refuse = lambda *_: None
            other.look()

    api_server.refuse = overtake
    with pytest.raises(ConflictError):
        one.look()

    assert len(held()) == 2
    assert bundles() == ["".join(held())] * 2


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_not_trusted_is_not_served(replica, api_server, method):
    api_server.refuse = lambda asked, _: 403 if asked == method else None
    one = replica()

    with pytest.raises(ClusterError):
        one.look()

    assert one.shown.served == []
    with pytest.raises(NotReadyError, match="has no certificate that the API server trusts yet"):
        one.shown.check()


@pytest.fixture
def looking():
    """Look with these outcomes, and return for how long each of them made it wait."""

    class EnoughError(Exception):
        pass

    def looking(*outcomes):
        waits, left = [], [*outcomes]

        def look():
            if outcome := left.pop(0):
                raise outcome

        def wait(seconds):
            waits.append(seconds)
            if not left:
                raise EnoughError

        with pytest.raises(EnoughError):
            custody.keep(look, wait)
        return waits

    return looking


def test_trouble_is_told_once_and_tried_again_soon(looking, caplog):
    outcomes = [ClusterError("a"), ClusterError("a"), ConflictError("c"), None, ClusterError("a")]

    assert looking(*outcomes) == [2.0, 2.0, 2.0, 30.0, 2.0]
    assert caplog.messages == ["The webhook's certificate cannot be kept up to date: a"] * 2


def test_a_fault_that_nobody_expected_ends_nothing_and_tells_no_secret(looking, caplog):
    secret = "-----BEGIN PRIVATE KEY-----"

    assert looking(KeyError(secret), KeyError(secret), None) == [2.0, 2.0, 30.0]
    told = "The webhook's certificate cannot be kept up to date: "
    assert caplog.messages == [f"{told}this is a fault of its own (KeyError)."]
    assert secret not in caplog.text


def test_a_certificate_of_somebody_elses_is_read_again_when_it_changes(tmp_path):
    shown, first, second = Shown(), make(["a"], NOW), make(["a"], LATER)
    folder = Folder(tmp_path, endpoint=shown)

    with pytest.raises(FileNotFoundError, match=r"tls\.crt"):
        folder.look()
    for certificate in (first, second):
        (tmp_path / "tls.crt").write_text(certificate.pem)
        (tmp_path / "tls.key").write_text(certificate.key)
        folder.look()

    assert shown.served == [first.pem, second.pem]


def test_a_folder_that_is_half_written_changes_nothing(tmp_path):
    shown, first, second = Shown(), make(["a"], NOW), make(["a"], LATER)
    folder = Folder(tmp_path, endpoint=shown)
    (tmp_path / "tls.crt").write_text(first.pem)
    (tmp_path / "tls.key").write_text(first.key)
    folder.look()
    context = shown.context
    (tmp_path / "tls.crt").write_text(second.pem)

    with pytest.raises(OSError, match="KEY_VALUES_MISMATCH"):
        folder.look()
    assert shown.context is context


def test_a_certificate_that_is_the_same_needs_no_new_context():
    endpoint, certificate = Endpoint(make(["localhost"], NOW)), make(["a"], NOW)
    stopgap = endpoint.context
    endpoint.serve(certificate.pem, certificate.key)
    context = endpoint.context
    endpoint.serve(certificate.pem, certificate.key)

    assert stopgap is not context is endpoint.context
