"""What holds for every source in every world, whatever became of either."""

import copy
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hooks import source
from hooks.model import Observed, ServedKind, Settings

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
SETTINGS = Settings(adapter_image="registry.example.com/adapter:1")
BROKERS = {("eventing.knative.dev", "Broker"): ServedKind(version="v1", plural="brokers")}
BROKER = "Broker.eventing.knative.dev/v1"
DEPLOYMENT = "Deployment.apps/v1"
REASONS = {
    "Ready": ["NotReported", "SinkNotFound", "InvalidLogin"],
    "SinkProvided": ["SinkNotFound", "KindNotServed"],
    "DeadLetterSinkResolved": ["SinkNotFound", "KindNotServed"],
    "AdapterReady": ["Creating", "NotCreated", "NoAdapter", "RollingOut"],
    "StreamReady": ["NotReported", "InvalidLogin"],
}


def record(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


def matching(pattern):
    return st.from_regex(pattern, fullmatch=True)


def listed(**items):
    """Every combination of some of these items, at most one of each type."""
    return record({}, **items).map(lambda some: list(some.values()))


names = matching(r"[a-z0-9]([-a-z0-9]{0,70}[a-z0-9])?")
short_names = matching(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?")
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)
paths = matching(r"((/[a-z.$()]{1,5}){0,3}/?)?(\?[a-z=&%]{0,8})?")
urls = st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), short_names, paths)
states = st.sampled_from(["True", "False", "Unknown"])
times = st.timedeltas(dt.timedelta(), dt.timedelta(days=400)).map(
    lambda age: (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")
)
certificates = st.just("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")
kinds = st.sampled_from(
    [
        {"apiVersion": "v1", "kind": "Service"},
        {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker"},
        {"apiVersion": "eventing.knative.dev/v1beta1", "kind": "Broker"},
    ]
)
refs = st.builds(dict.__or__, kinds, record({"name": short_names}, namespace=short_names))
sinks = record({"uri": urls}, CACerts=certificates) | record(
    {"ref": refs}, uri=paths, CACerts=certificates
)
deliveries = record(
    {},
    inFlight=st.integers(1, 512),
    ordering=st.sampled_from(["object", "strict"]),
    timeout=st.just("PT1M30S"),
    deadLetterSink=sinks,
)
extensions = st.dictionaries(matching(r"x[a-z0-9]{0,9}"), words, max_size=3)
specs = record(
    {
        "address": urls,
        "secretRef": record({"name": short_names}),
        "sink": sinks,
        "skipTLSVerify": st.booleans(),
        "checkpointConfig": record(
            {"maxAgeSeconds": st.integers(0, 31536000), "periodSeconds": st.integers(0, 86400)}
        ),
        "payloadEncoding": st.sampled_from(["application/xml", "Application/JSON"]),
    },
    ceOverrides=record({}, extensions=extensions),
    delivery=deliveries,
    serviceAccountName=st.just("") | short_names,
)
statuses = record(
    {},
    conditions=listed(
        **{
            kind: record(
                {"type": st.just(kind), "status": states, "lastTransitionTime": times},
                reason=st.sampled_from(reasons),
                message=words,
            )
            for kind, reasons in REASONS.items()
        }
    ),
    observedGeneration=st.integers(1, 9),
    sinkUri=urls,
    sinkCACerts=certificates,
    adapter=record(
        {},
        streaming=states,
        reason=st.just("InvalidLogin"),
        message=words,
        refusedEvents=st.integers(0, 9),
        eventSource=urls,
        eventTypes=st.lists(words, unique=True, max_size=3),
    ),
)
deployment_statuses = record(
    {},
    observedGeneration=st.integers(1, 2),
    conditions=listed(
        **{
            kind: record({"type": st.just(kind), "status": states}, reason=words, message=words)
            for kind in ("Available", "Progressing", "ReplicaFailure")
        }
    ),
)
addresses = words | record({}, url=urls | words, CACerts=certificates | words | st.booleans())
addressable_statuses = record({}, address=addresses, addresses=st.lists(addresses, max_size=2))
parents = st.builds(
    lambda metadata, spec, more: {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "kind": "VSphereSource",
        "metadata": metadata | {"uid": "2fa9d7cf-cc9e-4452-81a5-8030e3b9c7d3"},
        "spec": spec,
        **more,
    },
    record({"name": names, "namespace": short_names, "generation": st.integers(1, 9)}),
    specs,
    record({}, status=statuses),
)


@st.composite
def requests(draw):
    """A source, what is left of what it asked for when its spec was another, and its sinks."""
    parent = draw(parents)
    children = observed(answer({"parent": parent | {"spec": draw(specs)}, "children": {}}))
    seen = draw(st.sets(st.sampled_from(sorted(children))))
    for child in (child for kind in children.values() for child in kind.values()):
        child["metadata"]["generation"] = draw(st.integers(1, 2))
    for deployment in children.get(DEPLOYMENT, {}).values():
        deployment["status"] = draw(deployment_statuses)
    spec, namespace = parent["spec"], parent["metadata"]["namespace"]
    wanted = [spec["sink"], spec.get("delivery", {}).get("deadLetterSink", {})]
    named = [
        f"{sink['ref'].get('namespace', namespace)}/{sink['ref']['name']}"
        for sink in wanted
        if "ref" in sink
    ]
    statused = record({}, **dict.fromkeys(named, record({"status": addressable_statuses})))
    related = draw(record({}, **{BROKER: statused})) if named else {}
    return {
        "parent": parent,
        "children": {kind: children[kind] if kind in seen else {} for kind in children},
        "related": related,
    }


clusters = st.sampled_from([BROKERS, {}])
waits = st.timedeltas(dt.timedelta(), dt.timedelta(days=400))


def answer(request, served=BROKERS, now=NOW):
    world = Observed.from_request(request, now=now)
    return source.sync(world, settings=SETTINGS, served=served)


def observed(desired):
    """The children of an answer as they are observed once they are there."""
    children = {}
    for child in copy.deepcopy(desired.children):
        key = f"{child['metadata']['namespace']}/{child['metadata']['name']}"
        children[f"{child['kind']}.{child['apiVersion']}"] = {key: child}
    return children


def is_canonical(value):
    match value:
        case dict():
            return bool(value) and all(map(is_canonical, value.values()))
        case list():
            return bool(value) and all(map(is_canonical, value))
        case str() | int():
            return True
    return False


@given(parent=parents)
def test_the_sources_here_are_those_that_an_api_server_takes(schemas, parent):
    assert schemas.admit(parent) == parent


@given(request=requests(), served=clusters)
def test_the_same_request_has_the_same_answer(request, served):
    assert answer(request, served) == answer(copy.deepcopy(request), served)


@given(request=requests(), served=clusters)
def test_a_request_is_left_as_it_was(request, served):
    kept = copy.deepcopy(request)

    answer(request, served)

    assert request == kept


@given(request=requests(), served=clusters, wait=waits)
def test_a_status_that_was_answered_is_answered_again(request, served, wait):
    first = answer(request, served)
    request["parent"]["status"] = first.status
    # Only while a child is missing does it matter how late it is.
    later = NOW if first.resync_after_seconds == 5 else NOW + wait

    assert answer(request, served, now=later) == first


@given(request=requests(), wait=st.timedeltas(dt.timedelta(), dt.timedelta(seconds=29)))
def test_a_child_just_asked_for_has_its_grace(request, wait):
    request["parent"].pop("status", None)
    first = answer(request)
    request["parent"]["status"] = first.status

    assert answer(request, now=NOW + wait) == first


@given(request=requests(), served=clusters)
def test_children_that_are_there_are_answered_again(request, served):
    first = answer(request, served)
    request["children"] = observed(first)

    assert answer(request, served).children == first.children


@given(request=requests(), served=clusters)
def test_children_and_conditions_hold_nothing_empty_and_no_fractions(request, served):
    desired = answer(request, served)

    assert is_canonical(desired.children)
    assert is_canonical(desired.status["conditions"])
    assert type(desired.resync_after_seconds) is int


@given(request=requests(), served=clusters)
def test_no_name_or_label_is_longer_than_63_characters(request, served):
    for child in answer(request, served).children:
        metadata = child["metadata"]
        assert max(map(len, [metadata["name"], *metadata["labels"].values()])) <= 63


@given(request=requests(), served=clusters)
def test_an_adapter_that_runs_is_never_answered_away(request, served):
    running = request["children"].get(DEPLOYMENT, {})

    assert running.keys() <= observed(answer(request, served)).get(DEPLOYMENT, {}).keys()


@given(request=requests(), served=clusters)
def test_every_status_is_one_that_an_api_server_takes(schemas, request, served):
    answered = request["parent"] | {"status": answer(request, served).status}

    assert schemas.admit(answered) == answered


@given(request=requests(), served=clusters)
def test_what_the_adapter_wrote_is_kept(request, served):
    wrote = request["parent"].get("status", {}).get("adapter", {})

    assert answer(request, served).status.get("adapter", {}) == wrote
