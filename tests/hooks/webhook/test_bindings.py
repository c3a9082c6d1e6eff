"""The bindings of a namespace, as the API server has them now."""

import concurrent.futures
import pathlib
import re
import threading

import pytest

from hooks import bindings as module
from hooks.bindings import Bindings
from hooks.cluster import Cluster
from hooks.model import RequestError
from hooks.subjects import VSphereBinding
from standalone.cluster import wait_for
from tests.hooks.manifests import binding

PATH = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/{}/vspherebindings"


def listed(*items):
    return {"kind": "VSphereBindingList", "items": [*items]}


@pytest.fixture
def bindings(cluster, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 10)
    return Bindings(cluster)


@pytest.fixture
def namespace(api_server):
    """Put bindings into the namespace `default`."""
    api_server.add(PATH.format("default"), listed())
    api_server.add(PATH.format("other"), listed(binding({"metadata.name": "other"})))
    return lambda *items: api_server.edit(PATH.format("default"), **listed(*items))


def test_all_bindings_of_the_namespace_are_listed(bindings, namespace):
    found = [binding(), binding({"metadata.name": "second"})]
    namespace(*found)

    assert bindings("default") == [VSphereBinding.from_object(each) for each in found]


def test_a_binding_counts_from_the_moment_that_it_exists(bindings, namespace):
    before = bindings("default")
    namespace(binding())

    assert (before, [each.name for each in bindings("default")]) == ([], ["credentials"])


def test_a_long_list_comes_compressed_and_is_read(bindings, namespace):
    found = [binding({"metadata.name": f"binding-{number}"}) for number in range(500)]
    namespace(*found)

    assert bindings("default") == [VSphereBinding.from_object(each) for each in found]


def test_what_stays_is_understood_once(bindings, namespace):
    """The revision of the list has moved, as it does with each write in the cluster."""
    namespace(binding())
    first = bindings("default")
    namespace(binding())
    second = bindings("default")
    namespace(binding({"spec.address": "https://other.example.com"}))
    third = bindings("default")

    assert first is second
    assert [each.injection.address for each in third] == ["https://other.example.com"]


def test_who_comes_while_lists_are_under_way_gets_a_later_one_and_shares_it(
    bindings, namespace, api_server
):
    gate, begun, answer = threading.Event(), threading.Semaphore(0), api_server.answer

    def slowly(*asked):
        answered = answer(*asked)
        begun.release()
        gate.wait(10)
        return answered

    api_server.answer = slowly
    with concurrent.futures.ThreadPoolExecutor(module.LISTS + 20) as threads:
        early = []
        for _ in range(module.LISTS):
            early.append(threads.submit(bindings, "default"))
            begun.acquire(timeout=10)
        namespace(binding())
        late = [threads.submit(bindings, "default") for _ in range(20)]
        wait_for(lambda: [one.running() for one in late] == [True] * 20)
        gate.set()

    assert [one.result() for one in early] == [[]] * module.LISTS
    assert [[each.name for each in one.result()] for one in late] == [["credentials"]] * 20
    assert len(api_server.asked) < module.LISTS + 20


def test_namespaces_do_not_wait_for_each_other(bindings, api_server):
    lanes = {hash(name) % module.LANES: name for name in map(str, range(1000))}
    some = [*lanes.values()][:4]
    for name in some:
        api_server.add(PATH.format(name), listed())
    together = threading.Barrier(len(some), timeout=10)
    api_server.refuse = lambda *_: together.wait() and None
    with concurrent.futures.ThreadPoolExecutor() as threads:
        found = threads.map(bindings, some)

    assert [*found] == [[]] * len(some)


def test_a_list_that_fails_is_no_empty_list_and_told_once_until_it_works(
    bindings, namespace, api_server, caplog
):
    namespace(binding())
    seen = []
    for status, name in ((503, "default"), (503, "other"), (None, "default"), (403, "default")):
        api_server.refuse = lambda *_, status=status: status
        found = bindings(name)
        seen.append(found and [each.name for each in found])

    assert seen == [None, None, ["credentials"], None]
    told = f"The VSphereBindings of a namespace cannot be listed: GET {PATH.format('default')}: "
    assert caplog.messages == [
        f"{told}the API server answered 503.",
        f"{told}the API server answered 403.",
    ]


def test_an_api_server_that_is_away_is_told_once_and_not_by_others(kubeconfig, caplog):
    path = pathlib.Path(kubeconfig["KUBECONFIG"])
    path.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", path.read_text()))
    bindings = Bindings(Cluster.from_environment(kubeconfig, timeout=1))

    assert [bindings("default"), bindings("other")] == [None, None]
    [told] = caplog.messages
    assert told.startswith("The VSphereBindings of a namespace cannot be listed: GET ")


def test_nobody_waits_longer_than_the_api_server_can(bindings, api_server, caplog, monkeypatch):
    """Whatever its answer is slow with: this client has patience for 10 s."""
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.1)
    gate = threading.Event()
    api_server.refuse = lambda *_: gate.wait(10) and None

    assert bindings("default") is None
    gate.set()
    assert caplog.messages == [
        "The VSphereBindings of a namespace cannot be listed: there was no answer within 0.1 s."
    ]


@pytest.mark.parametrize("name", ["", "..", "../other", "default?limit=1", "default/pods/x"])
def test_what_is_no_namespace_leads_nowhere(bindings, api_server, name):
    with pytest.raises(RequestError, match="is no name of a namespace"):
        bindings(name)

    assert api_server.asked == []
