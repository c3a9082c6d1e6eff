"""Calling the API server: what is sent, and what is said when that does not work."""

import pathlib
import re

import pytest

from hooks.cluster import Cluster, ClusterError, ConflictError
from hooks.discovery import DiscoveryError, look_up
from hooks.model import ServedKind

PATH = "/api/v1/namespaces/default/secrets/mine"
SECRET = {"kind": "Secret", "data": {"tls.key": "c2VjcmV0"}}


@pytest.fixture
def held(api_server):
    """An object of the API server."""
    api_server.add(PATH, SECRET)
    return api_server.objects[PATH]


@pytest.fixture
def call(cluster):
    """Call with a method."""
    return lambda method, body: {"PUT": cluster.put, "PATCH": cluster.patch}[method](PATH, body)


def test_what_is_read_comes_as_it_is(cluster, held):
    assert cluster.get(PATH) == held


def test_what_is_written_is_there(cluster, held):
    written = cluster.put(PATH, held | {"data": {"tls.key": "bmV3"}})

    assert cluster.get(PATH) == written
    assert written["data"] == {"tls.key": "bmV3"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_who_is_too_late_is_told_so(call, held, api_server, method):
    api_server.edit(PATH, data={})

    with pytest.raises(ConflictError):
        call(method, held)


@pytest.mark.parametrize("status", [403, 404, 429, 500])
def test_a_refusal_names_the_request_and_never_what_was_sent(call, held, api_server, status):
    api_server.refuse = lambda *_: status

    with pytest.raises(ClusterError) as told:
        call("PUT", held)

    assert str(told.value) == f"PUT {PATH}: the API server answered {status}."
    assert len(api_server.asked) == 1


def test_an_answer_that_is_no_json_is_an_error(cluster, api_server):
    api_server.answer = lambda *_: (200, b"<html>")

    with pytest.raises(ClusterError) as told:
        cluster.get(PATH)

    assert str(told.value) == f"GET {PATH}: the answer is not JSON."


def test_an_api_server_that_is_away_is_an_error(kubeconfig):
    path = pathlib.Path(kubeconfig["KUBECONFIG"])
    path.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", path.read_text()))
    nowhere = Cluster.from_environment(kubeconfig, timeout=10)

    with pytest.raises(ClusterError, match=f"^GET {PATH}: .*refused"):
        nowhere.get(PATH)


def test_an_api_server_that_does_not_answer_is_given_up(kubeconfig, api_server):
    cluster = Cluster.from_environment(kubeconfig, timeout=0.2)

    with api_server.lock, pytest.raises(ClusterError, match=r"timed out"):
        cluster.get(PATH)


def test_what_kinds_are_served_is_read_from_both_lists(cluster, api_server):
    for path, group, kind in (("/api", "", "Service"), ("/apis", "apps", "Deployment")):
        resources = [{"resource": f"{kind.lower()}s", "responseKind": {"kind": kind}}]
        versions = [{"version": "v1", "resources": resources}]
        api_server.objects[path] = {"items": [{"metadata": {"name": group}, "versions": versions}]}

    assert look_up(cluster) == {
        ("", "Service"): ServedKind(version="v1", plural="services"),
        ("apps", "Deployment"): ServedKind(version="v1", plural="deployments"),
    }


def test_a_look_up_that_fails_tells_no_kinds(cluster, api_server):
    api_server.refuse = lambda *_: 500

    with pytest.raises(DiscoveryError, match=r"^GET /api: the API server answered 500\.$"):
        look_up(cluster)
