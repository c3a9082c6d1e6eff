"""A source as the hooks see it: what an API server and the controllers would have made of it."""

import pytest

from standalone.parent import Parent
from standalone.pod import Pod
from standalone.process import Process


@pytest.fixture
def parent(source):
    return Parent.create(source())


def answer():
    """What a hook answers for a source, in short."""
    metadata = {"name": "events-adapter", "namespace": "default"}
    return {
        "status": {"conditions": []},
        "children": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}},
        ],
    }


def available(parent):
    [deployment] = parent.request()["children"]["Deployment.apps/v1"].values()
    [condition] = deployment["status"]["conditions"]
    return condition


def test_a_new_source_has_no_children_and_what_an_api_server_adds(parent, source):
    given = source()

    metadata = given["metadata"] | {
        "uid": "6bf8d441-29af-54ef-94c4-ccd88a89424d",
        "generation": 1,
    }
    assert parent.request() == {
        "parent": given | {"metadata": metadata},
        "children": {},
        "related": {},
    }


def test_a_source_keeps_its_uid_from_run_to_run_and_shares_it_with_no_other(parent, source):
    def uid(manifest):
        return Parent.create(manifest).object["metadata"]["uid"]

    assert uid(source(sink={"uri": "http://other"})) == parent.object["metadata"]["uid"]
    assert uid(source("other")) != parent.object["metadata"]["uid"]


def test_a_new_spec_is_a_new_generation_and_an_equal_one_is_not(parent, source):
    parent.update(source())
    assert parent.object["metadata"]["generation"] == 1

    changed = source(payloadEncoding="application/xml")
    parent.update(changed)

    assert parent.object["spec"] == changed["spec"]
    assert parent.object["metadata"]["generation"] == 2


def test_an_answer_comes_back_as_status_and_observed_children(parent):
    parent.take(answer())

    request = parent.request()
    assert request["parent"]["status"] == {"conditions": []}
    assert {kind: list(named) for kind, named in request["children"].items()} == {
        "ServiceAccount.v1": ["default/events-adapter"],
        "Deployment.apps/v1": ["default/events-adapter"],
    }


def test_an_answer_takes_the_place_of_the_one_before(parent):
    parent.take(answer())
    parent.take({"status": {}, "children": []})

    assert parent.request()["children"] == {}


def test_a_deployment_is_available_while_its_process_runs(parent, tmp_path, eventually):
    parent.take(answer())
    pod = Pod(command=("sleep", "60"), environment={}, folder=tmp_path)
    off = {"type": "Available", "status": "False", "reason": "ProcessEnded"}
    assert available(parent) == off | {"message": "Not started."}

    parent.process = Process(pod=pod, said=lambda _: None)
    parent.process.turn()
    assert available(parent) == {
        "type": "Available",
        "status": "True",
        "reason": "ProcessRunning",
        "message": "The process runs.",
    }

    parent.process.replace(Pod(command=("false",), environment={}, folder=tmp_path))
    eventually(lambda: parent.process.problem, meanwhile=parent.process.turn)
    assert available(parent) == off | {"message": "The adapter ended with exit code 1"}
    parent.process.stop()
