"""With whatever address the API server and the hooks accept, the adapter starts.

Otherwise a new adapter, which ends at once, would take the place of one that runs.
"""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from adapter import config
from hooks import children, sinks
from hooks.model import Observed, ServedKind
from hooks.sinks import Resolved
from standalone.parent import Parent
from standalone.runner import CRDS
from standalone.schema import InvalidManifestError, Schemas
from tests.crds.manifests.valid import source

BROKER = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "events"}
SERVED = {("eventing.knative.dev", "Broker"): ServedKind(version="v1", plural="brokers")}
OFTEN_REFUSED = settings(suppress_health_check=[HealthCheck.filter_too_much], deadline=None)
VARIABLE = 128 * 1024
"""Linux starts no program with a variable that has as many bytes, its name among them."""

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

odd = st.sampled_from(
    ["", " ", "\n", "\0", "\x7f", "ö", "\u212a", "@", ":", ".", "[", "%", "0", "9"]
)
names = st.lists(st.sampled_from(["a", "B-1", "d" * 63]), min_size=1, max_size=3).map(".".join)
hosts = names | st.ip_addresses(v=6).map("[{}]".format)
groups = st.lists(st.sampled_from(["", "0", "fFfF", "::", "10.0.0.1"]), max_size=9).map(":".join)
paths = st.lists(st.sampled_from(["/", "in", "?", "..", "//", "a@b", ":", "$(X)"])).map("".join)
sound = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "HTTPS"]),
    hosts,
    st.sampled_from(["", ":80", ":65535"]),
    paths,
)
urls = st.one_of(
    sound,
    st.builds(lambda url, at, flaw: url[:at] + flaw + url[at:], sound, st.integers(0, 80), odd),
    groups.map("http://[{}]".format),
)
certificates = st.one_of(
    st.sampled_from([None, PEM, PEM * 1_500]),
    st.builds(lambda char, size: PEM + char * size, odd, st.integers(0, 65_000)),
    st.integers() | st.booleans() | odd | st.dictionaries(odd, st.just(PEM)),
)


@pytest.fixture(scope="module")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture(scope="module")
def told(schemas):
    """What an adapter is told of the sinks in a source, None where no new one is started."""

    def told(changes, address=None):
        try:
            admitted = schemas.admit(source(changes))
        except InvalidManifestError:
            return None
        request = Parent.create(admitted).request() | {
            "related": {"Broker.eventing.knative.dev/v1": {"default/events": {"status": address}}}
        }
        found = Observed.from_request(request, now=None).source
        sink, dead_letters = (
            sinks.resolve(item, related=request["related"], served=SERVED, cluster_domain="local")
            for item in found.sinks
        )
        if not isinstance(sink, Resolved) or not isinstance(dead_letters, Resolved):
            return None
        given = children.sink_env(sink) | children.delivery_env(found, dead_letters)
        return {"VC_URL": found.address, "VSPHERE_CHECKPOINT_FILE": "checkpoint", **given}

    return told


def both(sink):
    """A source whose two sinks are this one."""
    return {"spec.sink": sink, "spec.delivery": {"deadLetterSink": sink}}


def starts_with(environment):
    """Let an adapter read *environment*, which Linux has to be able to hand over."""
    for name, value in environment.items():
        assert "\0" not in value
        assert len(f"{name}={value}".encode()) < VARIABLE
    return config.from_environment(environment)


@given(url=urls, ca_certs=certificates, path=paths)
@example(url="http://b", ca_certs=PEM + "é" * 20_000, path="")
@example(url="http://b/" + "$(A)" * 500, ca_certs=PEM * 1_500, path='"' * 2_048)
@OFTEN_REFUSED
def test_with_an_address_that_the_hooks_take_from_a_status(told, url, ca_certs, path):
    status = {"address": {"url": url, "CACerts": ca_certs}}
    environment = told(both({"ref": BROKER, "uri": path}), status)
    assume(environment is not None)

    taken = starts_with(environment)

    assert taken.delivery.dead_letter_sink == taken.sink
    assert taken.sink.ca_certs == (ca_certs or "")


@given(url=urls, ca_certs=certificates)
@example(url="http://b", ca_certs=PEM + "é" * 65_000)
@OFTEN_REFUSED
def test_with_a_url_that_the_api_server_takes(told, url, ca_certs):
    environment = told(both({"uri": url, "CACerts": ca_certs}))
    assume(environment is not None)

    taken = starts_with(environment)

    assert taken.delivery.dead_letter_sink == taken.sink
    assert taken.sink.url == url


@given(address=urls)
@OFTEN_REFUSED
def test_with_the_address_of_a_vcenter_that_the_api_server_takes(told, address):
    environment = told({"spec.address": address} | both({"uri": "http://events.example.com"}))
    assume(environment is not None)

    assert starts_with(environment).address.host in address.lower()
