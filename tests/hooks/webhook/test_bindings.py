"""The bindings of a namespace, as the API server has them now."""

import pytest

from hooks.bindings import Bindings
from hooks.model import RequestError
from hooks.subjects import VSphereBinding
from tests.hooks.manifests import binding

PATH = "/apis/sources.tanzu.vmware.com/v1alpha1/namespaces/{}/vspherebindings"


def listed(*items):
    return {"kind": "VSphereBindingList", "items": [*items]}


@pytest.fixture
def bindings(cluster):
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


def test_a_list_that_fails_is_no_empty_list_and_said_once_each_time(
    bindings, namespace, api_server, caplog
):
    namespace(binding())
    seen = []
    for status in (503, 503, None, 503):
        api_server.refuse = lambda *_, status=status: status
        listed = bindings("default")
        seen.append(listed and [each.name for each in listed])

    assert seen == [None, None, ["credentials"], None]
    trouble = f"GET {PATH.format('default')}: the API server answered 503."
    said = f"The VSphereBindings of a namespace cannot be listed: {trouble}"
    assert caplog.messages == [said, said]


@pytest.mark.parametrize("name", ["", "..", "../other", "default?limit=1", "default/pods/x"])
def test_what_is_no_namespace_leads_nowhere(bindings, api_server, name):
    with pytest.raises(RequestError, match="is no name of a namespace"):
        bindings(name)

    assert api_server.asked == []
