"""The checkpoint as a ConfigMap of the cluster: whose it is, and who may move it."""

import datetime as dt
import json


def checkpoint_at(seconds_ago):
    """A checkpoint as the Go project writes it."""
    time = f"{dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds_ago):%FT%TZ}"
    return json.dumps(
        {
            "vCenter": "127.0.0.1",
            "lastEventKey": 0,
            "lastEventType": "VmPoweredOnEvent",
            "lastEventKeyTimestamp": time,
            "createdTimestamp": time,
        }
    )


def seeded(lab, text):
    """The ConfigMap of the source, made by somebody else."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "vcenter-configmap", "namespace": lab.namespace},
        "data": {"checkpoint": text},
    }


def test_the_checkpoint_belongs_to_its_source(lab):
    lab.apply(lab.source())
    uid = lab.until_streaming().read_source()["metadata"]["uid"]

    owners = lab.read("configmaps", "vcenter-configmap")["metadata"]["ownerReferences"]

    assert owners == [
        {
            "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
            "kind": "VSphereSource",
            "name": "vcenter",
            "uid": uid,
        }
    ]


def test_a_checkpoint_that_was_there_before_is_used_and_not_adopted(lab, vcenter):
    missed = vcenter.happen(2, ago=60)
    lab.apply(seeded(lab, checkpoint_at(90)))

    lab.apply(lab.source())

    lab.eventually(lambda: set(lab.arrived()) >= set(missed))
    lab.eventually(lambda: lab.checkpoint()["lastEventKey"] >= int(missed[-1]))
    lab.kubectl("delete", "vspheresource", "vcenter")
    lab.eventually(lambda: lab.deployment() is None)
    assert "ownerReferences" not in lab.read("configmaps", "vcenter-configmap")["metadata"]


def test_a_checkpoint_edited_by_hand_becomes_the_position(lab, vcenter):
    lab.apply(lab.source())
    lab.until_streaming()
    again = vcenter.happen(2)
    lab.eventually(lambda: lab.checkpoint()["lastEventKey"] == int(again[-1]))

    lab.kubectl(
        "patch", "configmap", "vcenter-configmap", "--type=merge", "--patch",
        json.dumps({"data": {"checkpoint": checkpoint_at(60)}}),
    )  # fmt: skip
    # The adapter finds out when it moves on, or within a minute.
    vcenter.happen()

    lab.eventually(lambda: all(lab.arrived().count(event) == 2 for event in again))


def test_a_deleted_checkpoint_is_written_again(lab, vcenter):
    lab.apply(lab.source())
    lab.until_streaming()

    lab.kubectl("delete", "configmap", "vcenter-configmap")
    [event] = vcenter.happen()

    lab.eventually(lambda: (lab.checkpoint() or {}).get("lastEventKey") == int(event))
