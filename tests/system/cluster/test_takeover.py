"""In the Go project's place: its environment and its checkpoint, as they are."""

import datetime as dt
import json

import pytest

OWNER = {
    "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
    "kind": "VSphereSource",
    "name": "lab",
    "uid": "0b7c5ad6-source",
    "controller": True,
    "blockOwnerDeletion": True,
}


@pytest.fixture
def go_environment(vcenter, lab):
    """Every variable that the Go project sets, and the one it reads the mount path from."""
    return {
        "NAMESPACE": "prod",
        "NAME": "lab-adapter-6d5f9c7b8-x2x7k",
        "K_METRICS_CONFIG": '{"Domain":"tanzu.vmware.com/sources","Component":"vspheresource",'
        '"PrometheusPort":0,"PrometheusHost":"","ConfigMap":{"_example":""}}',
        "K_LOGGING_CONFIG": '{"zap-logger-config":"{\\"level\\":\\"info\\"}"}',
        "VSPHERE_KVSTORE_CONFIGMAP": "lab-configmap",
        "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"5m0s","period":"10s"}',
        "VSPHERE_PAYLOAD_ENCODING": "application/xml",
        "K_CE_OVERRIDES": "",
        "K_SINK": lab.sink.url,
        "VC_URL": vcenter.url,
        "VC_INSECURE": "true",
        "VC_USERNAME": lab.user,
        "VC_PASSWORD": lab.password,
        "VC_SECRET_PATH": str(lab.secret),
    }


@pytest.fixture
def go_checkpoint(vcenter):
    """Where the Go project has been a minute ago; it knew vCenter by its host only."""
    made = vcenter.happen(2, to=1, ago=90)
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)
    return {
        "vCenter": "127.0.0.1",
        "lastEventKey": int(made[-1]),
        "lastEventType": "VmPoweredOnEvent",
        "lastEventKeyTimestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%f}789Z",
        "createdTimestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%f}789Z",
    }


def test_it_resumes_from_the_go_projects_configmap(
    vcenter, lab, api_server, go_environment, go_checkpoint
):
    api_server.edit(go_checkpoint, ownerReferences=[OWNER])
    made = vcenter.happen(3, to=1, ago=30)

    adapter = lab.launch({**go_environment, **api_server.environment}).until_ready()
    made += vcenter.happen(1, to=1)
    lab.eventually(lambda: len(lab.sink.taken) >= 4)

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == made
    assert adapter.said == lab.begun(vcenter.url)
    assert (api_server.checkpoint["lastEventKey"], api_server.checkpoint["vCenter"]) == (
        int(made[-1]),
        vcenter.url,
    )
    assert api_server.configmap["metadata"]["ownerReferences"] == [OWNER]


def test_it_resumes_from_the_go_projects_checkpoint_in_a_file(
    vcenter, lab, go_environment, go_checkpoint
):
    lab.checkpoint.write_text(json.dumps(go_checkpoint))
    made = vcenter.happen(3, to=1, ago=30)

    adapter = lab.launch(
        {**go_environment, "VSPHERE_CHECKPOINT_FILE": str(lab.checkpoint)}
    ).until_ready()
    lab.eventually(lambda: len(lab.sink.taken) >= 3)

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == made
    assert adapter.said == lab.begun(vcenter.url)


def test_a_checkpoint_that_somebody_edits_becomes_the_position(
    vcenter, lab, api_server, go_environment, go_checkpoint
):
    policy = {"VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"5m0s","period":"50ms"}'}
    adapter = lab.launch({**go_environment, **policy, **api_server.environment}).until_ready()
    made = vcenter.happen(1, to=1)
    lab.eventually(lambda: api_server.checkpoint["lastEventKey"] == int(made[0]))

    missed = vcenter.happen(2, to=1, ago=30)
    api_server.edit(go_checkpoint)
    made += vcenter.happen(1, to=1)
    lab.eventually(lambda: len(lab.sink.taken) >= 6)

    assert adapter.terminate() == 0
    first, second = made
    # What was read before the edit came to light is sent again: the edit wants it so.
    assert lab.sink.arrived.ids == [first, second, first, *missed, second]
    assert [line for line in adapter.said if not line.startswith("INFO")] == [
        (
            "WARNING Somebody else wrote ConfigMap prod/lab-configmap: reading begins anew,"
            " where it says."
        )
    ]


def test_without_replay_an_edit_moves_nothing(vcenter, lab, api_server, go_environment):
    policy = {"VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"0s","period":"50ms"}'}
    adapter = lab.launch({**go_environment, **policy, **api_server.environment}).until_ready()
    made = vcenter.happen(1, to=1)
    lab.eventually(lambda: api_server.checkpoint["lastEventKey"] == int(made[0]))

    lab.sink.answer_late(0.1)
    made += vcenter.happen(10, to=1)
    api_server.edit({})
    lab.eventually(lambda: api_server.checkpoint.get("lastEventKey") == int(made[-1]))

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == made
    assert [line for line in adapter.said if not line.startswith("INFO")] == [
        "ERROR Somebody else wrote ConfigMap prod/lab-configmap. The next save writes over it."
    ]
