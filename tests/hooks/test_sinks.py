"""Where events go: what `spec.sink` means in a cluster, or why it means nothing yet."""

import pytest

from hooks import sinks
from hooks.model import Observed, Reference, ServedKind, Sink
from hooks.sinks import Resolved, Unresolved

BROKER = {
    "apiVersion": "eventing.knative.dev/v1",
    "kind": "Broker",
    "namespace": "default",
    "name": "events",
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "namespace": "default", "name": "events"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
OURS = PEM.replace("MIIB", "MIIC")
URL = "https://broker.example.com/default/events"
RULE = {
    "apiVersion": "eventing.knative.dev/v1",
    "resource": "brokers",
    "namespace": "default",
    "names": ["events"],
}
NOT_ADDRESSABLE = Unresolved(
    reason="SinkNotAddressable",
    message="spec.sink.ref: Broker default/events has no URL in its status.address yet.",
)
REFUSED = Unresolved(
    reason="SinkUrlRefused",
    message="spec.sink.ref: Broker default/events has a URL in its status.address that cannot be "
    "used. It must be http or https in plain ASCII, with a host and without user info: correct it "
    "there, or give spec.sink.uri instead of ref.",
)
NOT_TRUSTED = Unresolved(
    reason="SinkCACertsRefused",
    message="spec.sink.ref: the CACerts in the status.address of Broker default/events must be PEM "
    "certificates (-----BEGIN CERTIFICATE-----) of 100,000 bytes at most. Give spec.sink.CACerts "
    "just those that this sink needs.",
)


def sink_of(ref=None, uri=None, ca_certs=None, path="spec.sink"):
    return Sink(
        path=path,
        ref=ref
        and Reference(
            api_version=ref["apiVersion"],
            kind=ref["kind"],
            namespace=ref["namespace"],
            name=ref["name"],
        ),
        uri=uri,
        ca_certs=ca_certs,
    )


def broker(status=None):
    """Related objects: the Broker with *status*, none at all without."""
    found = {} if status is None else {"default/events": {"status": status}}
    return {"Broker.eventing.knative.dev/v1": found}


@pytest.fixture
def resolve(served):
    """Resolve a sink where the Broker has *status*, or is not there without one."""

    def resolve(sink, status=None, *, cluster_domain="cluster.local"):
        return sinks.resolve(
            sink, related=broker(status), served=served, cluster_domain=cluster_domain
        )

    return resolve


@pytest.mark.parametrize(
    ("sink", "expected"),
    [
        pytest.param(
            sink_of(uri="http://events.example.com/in?a=b"),
            Resolved(uri="http://events.example.com/in?a=b"),
            id="a URL",
        ),
        pytest.param(
            sink_of(uri="https://events.example.com", ca_certs=PEM),
            Resolved(uri="https://events.example.com", ca_certs=PEM),
            id="a URL and whom to trust there",
        ),
        pytest.param(
            sink_of(SERVICE), Resolved(uri="http://events.default.svc.cluster.local"), id="Service"
        ),
        pytest.param(
            sink_of(SERVICE | {"namespace": "other"}),
            Resolved(uri="http://events.other.svc.cluster.local"),
            id="Service of another namespace",
        ),
        pytest.param(
            sink_of(SERVICE, ca_certs=PEM),
            Resolved(uri="https://events.default.svc.cluster.local", ca_certs=PEM),
            id="Service that is trusted by its certificate",
        ),
        pytest.param(
            sink_of(SERVICE, "/in", ca_certs=PEM),
            Resolved(uri="https://events.default.svc.cluster.local/in", ca_certs=PEM),
            id="path at a Service that is trusted by its certificate",
        ),
    ],
)
def test_a_url_or_a_service_needs_nothing_but_the_source(resolve, sink, expected):
    assert resolve(sink) == expected


def test_a_service_is_called_by_its_name_in_the_domain_of_the_cluster(resolve):
    resolved = resolve(sink_of(SERVICE), cluster_domain="k8s.example.com")

    assert resolved == Resolved(uri="http://events.default.svc.k8s.example.com")


@pytest.mark.parametrize(
    ("base", "uri", "expected"),
    [
        pytest.param("http://b/x/y", "/in", "http://b/in", id="absolute path"),
        pytest.param("http://b/x/y", "in", "http://b/x/in", id="relative path"),
        pytest.param("http://b/x/y", "../in", "http://b/in", id="path upwards"),
        pytest.param("http://b/x/y", "in?k=v", "http://b/x/in?k=v", id="path and query"),
        pytest.param("http://b/x/y", "?k=v", "http://b/x/y?k=v", id="query only"),
        pytest.param("http://b/x/y?k=v", "", "http://b/x/y?k=v", id="nothing"),
        pytest.param("http://b", "in", "http://b/in", id="relative path at a bare host"),
        pytest.param("http://b/x", "/c//d", "http://b/c//d", id="two slashes are no other host"),
    ],
)
def test_a_uri_beside_a_ref_is_joined_to_its_address(resolve, base, uri, expected):
    resolved = resolve(sink_of(BROKER, uri), {"address": {"url": base}})

    assert resolved == Resolved(uri=expected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({"address": {"url": URL}}, Resolved(uri=URL), id="address"),
        pytest.param(
            {"address": {"url": URL, "CACerts": PEM}},
            Resolved(uri=URL, ca_certs=PEM),
            id="address with certificates",
        ),
        pytest.param(
            {"addresses": [{"url": URL, "CACerts": PEM}, {"url": "http://second"}]},
            Resolved(uri=URL, ca_certs=PEM),
            id="first of several",
        ),
        pytest.param(
            {"addresses": [{"url": URL}], "address": {"url": "https://b", "CACerts": PEM}},
            Resolved(uri=URL),
            id="never the URL of one with the certificates of another",
        ),
        pytest.param(
            {"addresses": [], "address": {"url": URL}}, Resolved(uri=URL), id="empty list"
        ),
        pytest.param(
            {"address": {"url": "http://[2001:db8::1]:8080/"}},
            Resolved(uri="http://[2001:db8::1]:8080/"),
            id="IPv6",
        ),
        pytest.param({}, NOT_ADDRESSABLE, id="empty status"),
        pytest.param({"address": {}}, NOT_ADDRESSABLE, id="address without URL"),
        pytest.param({"address": None}, NOT_ADDRESSABLE, id="address is null"),
        pytest.param({"address": {"url": ""}}, NOT_ADDRESSABLE, id="empty URL"),
        pytest.param({"address": "10.0.0.1"}, NOT_ADDRESSABLE, id="address of another meaning"),
        pytest.param({"addresses": ["10.0.0.1"]}, NOT_ADDRESSABLE, id="addresses of another kind"),
        pytest.param({"address": {"url": "file:///etc/passwd"}}, REFUSED, id="a file"),
        pytest.param({"address": {"url": "ftp://b/in"}}, REFUSED, id="another protocol"),
        pytest.param({"address": {"url": "http://me:secret@b/in"}}, REFUSED, id="user info"),
        pytest.param({"address": {"url": "http:///in"}}, REFUSED, id="no host"),
        pytest.param({"address": {"url": "broker/in"}}, REFUSED, id="no scheme"),
        pytest.param({"address": {"url": "http://[2001"}}, REFUSED, id="no URL"),
        pytest.param({"address": {"url": "http://b:99999/in"}}, REFUSED, id="no such port"),
        pytest.param({"address": {"url": "http://b:0/in"}}, REFUSED, id="port that none can have"),
        pytest.param({"address": {"url": "http://[10.0.0.1]/"}}, REFUSED, id="IPv4 in brackets"),
        pytest.param({"address": {"url": "http://bröker/in"}}, REFUSED, id="host not in Punycode"),
        pytest.param({"address": {"url": "http://b/über"}}, REFUSED, id="path not encoded"),
        pytest.param({"address": {"url": "http://b/a b"}}, REFUSED, id="blank in a path"),
        pytest.param({"address": {"url": " http://b/in"}}, REFUSED, id="blank in front"),
        pytest.param({"address": {"url": "http://b/in\n"}}, REFUSED, id="line break at the end"),
        pytest.param({"address": {"url": "http://b/\x07"}}, REFUSED, id="control character"),
        pytest.param({"address": {"url": "http://a..b/in"}}, REFUSED, id="two dots in the host"),
        pytest.param({"address": {"url": f"http://{'a' * 64}/"}}, REFUSED, id="label too long"),
        pytest.param({"address": {"url": f"http://b/{'a' * 2048}"}}, REFUSED, id="URL too long"),
        pytest.param({"address": {"url": URL, "CACerts": ""}}, Resolved(uri=URL), id="empty PEM"),
        pytest.param({"address": {"url": URL, "CACerts": None}}, Resolved(uri=URL), id="null PEM"),
        pytest.param({"address": {"url": URL, "CACerts": "none"}}, NOT_TRUSTED, id="no PEM"),
        pytest.param({"address": {"url": URL, "CACerts": 5}}, NOT_TRUSTED, id="PEM is a number"),
        pytest.param({"address": {"url": URL, "CACerts": {"a": PEM}}}, NOT_TRUSTED, id="an object"),
        pytest.param(
            {"address": {"url": URL, "CACerts": f"{PEM}\0"}}, NOT_TRUSTED, id="PEM and NUL"
        ),
        pytest.param(
            {"address": {"url": URL, "CACerts": PEM * 2000}},
            NOT_TRUSTED,
            id="more than Linux takes",
        ),
    ],
)
def test_an_addressable_says_itself_where_it_is(resolve, status, expected):
    assert resolve(sink_of(BROKER), status) == expected


def test_certificates_in_the_source_come_before_those_of_the_addressable(resolve):
    resolved = resolve(sink_of(BROKER, ca_certs=OURS), {"address": {"url": URL, "CACerts": PEM}})

    assert resolved == Resolved(uri=URL, ca_certs=OURS)


def test_certificates_that_cannot_be_used_do_not_matter_beside_those_in_the_source(resolve):
    resolved = resolve(sink_of(BROKER, ca_certs=PEM), {"address": {"url": URL, "CACerts": 5}})

    assert resolved == Resolved(uri=URL, ca_certs=PEM)


@pytest.mark.parametrize(
    "sink",
    [
        pytest.param({"uri": URL}, id="a URL"),
        pytest.param({"ref": SERVICE}, id="a Service"),
        pytest.param({"ref": BROKER}, id="a Broker"),
    ],
)
def test_certificates_in_the_source_may_not_be_longer_than_a_variable(resolve, sink):
    """The schema counts characters, and Linux bytes."""
    too_long = PEM + "é" * 65_000

    assert resolve(sink_of(**sink, ca_certs=too_long), {"address": {"url": URL}}) == Unresolved(
        reason="SinkCACertsRefused",
        message="spec.sink.CACerts: must be PEM certificates (-----BEGIN CERTIFICATE-----) of "
        "100,000 bytes at most. Give spec.sink.CACerts just those that this sink needs.",
    )


def test_an_object_that_is_not_there_is_not_found(resolve):
    assert resolve(sink_of(BROKER, "/in")) == Unresolved(
        reason="SinkNotFound",
        message="spec.sink.ref: there is no Broker default/events. "
        "Create it, or correct the reference.",
    )


@pytest.mark.parametrize(
    ("ref", "group"),
    [
        pytest.param(BROKER | {"kind": "Brokre"}, "eventing.knative.dev", id="kind"),
        pytest.param(
            BROKER | {"apiVersion": "example.com/v1", "kind": "Brokre"}, "example.com", id="group"
        ),
    ],
)
def test_a_kind_that_the_cluster_lacks_is_not_served(resolve, ref, group):
    assert resolve(sink_of(ref)) == Unresolved(
        reason="KindNotServed",
        message=f'spec.sink.ref: this cluster serves no kind Brokre in the API group "{group}". '
        "Install it, or correct apiVersion and kind.",
    )


def test_of_the_core_group_only_a_service_is_a_sink(resolve):
    assert resolve(sink_of(SERVICE | {"kind": "Secret"})) == Unresolved(
        reason="SinkNotAddressable",
        message="spec.sink.ref: a Secret is no sink. Of apiVersion v1, only a Service is.",
    )


def test_an_object_that_nobody_looked_for_is_not_called_missing(served):
    """So it is after its kind was installed: Metacontroller asks `customize` rarely."""
    sink = sink_of(BROKER)

    found = sinks.resolve(sink, related={}, served=served, cluster_domain="cluster.local")

    assert found == Unresolved(
        reason="SinkNotLookedUp",
        message="spec.sink.ref: Broker default/events will be looked up within 20 minutes, because "
        "its kind was not served before. Change the spec of the source to have it looked up now.",
    )


def test_a_version_no_longer_served_means_the_one_that_is(resolve, served):
    old = sink_of(BROKER | {"apiVersion": "eventing.knative.dev/v1beta1"})

    assert resolve(old, {"address": {"url": URL}}) == Resolved(uri=URL)
    assert sinks.related_rules([old], served=served) == sinks.related_rules(
        [sink_of(BROKER)], served=served
    )


@pytest.mark.parametrize(
    ("wanted", "rules"),
    [
        pytest.param([sink_of(uri="http://events.example.com")], [], id="a URL: none"),
        pytest.param([sink_of(SERVICE, "/in")], [], id="core Service: none"),
        pytest.param(
            [sink_of(BROKER | {"namespace": "other"}, "/in")],
            [
                {
                    "apiVersion": "eventing.knative.dev/v1",
                    "resource": "brokers",
                    "namespace": "other",
                    "names": ["events"],
                }
            ],
            id="Broker: just that one",
        ),
        pytest.param(
            [sink_of(SERVICE | {"apiVersion": "serving.knative.dev/v1"})],
            [],
            id="a Knative Service that the cluster lacks: none, which would stop the sync",
        ),
        pytest.param(
            [sink_of(SERVICE | {"kind": "Secret"})],
            [],
            id="a Secret: never",
        ),
        pytest.param(
            [sink_of(SERVICE), sink_of(BROKER)],
            [RULE],
            id="a Service and a Broker: just the latter",
        ),
        pytest.param(
            [sink_of(BROKER), sink_of(BROKER | {"name": "dead-letters"})],
            [RULE, RULE | {"names": ["dead-letters"]}],
            id="two Brokers: both",
        ),
        pytest.param(
            [sink_of(BROKER, "/in"), sink_of(BROKER, "/dead")],
            [RULE],
            id="the same Broker twice: once",
        ),
    ],
)
def test_only_objects_whose_status_is_read_are_asked_for(served, wanted, rules):
    with_secrets = served | {("", "Secret"): ServedKind(version="v1", plural="secrets")}

    assert sinks.related_rules(wanted, served=with_secrets) == rules


def test_a_ref_without_namespace_means_that_of_the_source(request_for, now):
    ref = {"apiVersion": "v1", "kind": "Service", "name": "events"}
    paths = ["spec.sink", "spec.delivery.deadLetterSink"]

    request = request_for(
        {**{path: {"ref": ref} for path in paths}, "metadata.namespace": "events-team"}
    )

    found = Observed.from_request(request, now=now).source.sinks
    here = SERVICE | {"namespace": "events-team"}
    assert found == [sink_of(here, path=path) for path in paths]


@pytest.mark.parametrize(
    ("ref", "related", "message"),
    [
        pytest.param(
            SERVICE | {"kind": "Secret"},
            {},
            "PATH.ref: a Secret is no sink. Of apiVersion v1, only a Service is.",
            id="a Secret",
        ),
        pytest.param(
            BROKER | {"kind": "Brokre"},
            {},
            "PATH.ref: this cluster serves no kind Brokre in the API group "
            '"eventing.knative.dev". Install it, or correct apiVersion and kind.',
            id="a kind that is not served",
        ),
        pytest.param(
            BROKER,
            {},
            "PATH.ref: Broker default/events will be looked up within 20 minutes, because its kind "
            "was not served before. Change the spec of the source to have it looked up now.",
            id="a kind that was not served",
        ),
        pytest.param(
            BROKER,
            broker(),
            "PATH.ref: there is no Broker default/events. Create it, or correct the reference.",
            id="no such object",
        ),
        pytest.param(
            BROKER,
            broker({}),
            "PATH.ref: Broker default/events has no URL in its status.address yet.",
            id="no address",
        ),
        pytest.param(
            BROKER,
            broker({"address": {"url": "file:///etc"}}),
            "PATH.ref: Broker default/events has a URL in its status.address that cannot be used. "
            "It must be http or https in plain ASCII, with a host and without user info: correct "
            "it there, or give PATH.uri instead of ref.",
            id="no address of the web",
        ),
        pytest.param(
            BROKER,
            broker({"address": {"url": URL, "CACerts": "none"}}),
            "PATH.ref: the CACerts in the status.address of Broker default/events must be PEM "
            "certificates (-----BEGIN CERTIFICATE-----) of 100,000 bytes at most. Give "
            "PATH.CACerts just those that this sink needs.",
            id="no certificates",
        ),
    ],
)
def test_whichever_sink_leads_nowhere_is_named(served, ref, related, message):
    sink = sink_of(ref, path="spec.delivery.deadLetterSink")

    found = sinks.resolve(sink, related=related, served=served, cluster_domain="cluster.local")

    assert found.message == message.replace("PATH", "spec.delivery.deadLetterSink")
