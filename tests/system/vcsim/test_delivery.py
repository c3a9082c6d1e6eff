"""Against vcsim: what happens there arrives."""

import datetime as dt
import itertools
import json

import pytest
from lxml import etree


def told(event):
    """What a message must tell of *event*, as pyVmomi decoded it."""
    name = type(event).__name__.rpartition(".")[2]
    return {
        "id": str(event.key),
        "type": f"com.vmware.vsphere.{name}.v0",
        "time": event.createdTime,
        "class": name,
        "vm": event.vm.vm._moId,  # noqa: SLF001  # pyVmomi has no public name for it
        "message": event.fullFormattedMessage,
    }


def heard(arrival):
    """What a message tells, from headers and body."""
    read = {"application/xml": read_xml, "application/json": read_json}
    return {
        "id": arrival.id,
        "type": arrival.headers["ce-type"],
        "time": dt.datetime.fromisoformat(arrival.headers["ce-time"]),
        **read[arrival.headers["content-type"]](arrival.body),
    }


def read_xml(body):
    root = etree.fromstring(body)
    message, vm = root.findtext("fullFormattedMessage"), root.findtext("vm/vm")
    return {"class": root.tag, "vm": vm, "message": message}


def read_json(body):
    root = json.loads(body)
    message, vm = root["fullFormattedMessage"], root["vm"]["vm"]["value"]
    return {"class": root["_typeName"], "vm": vm, "message": message}


@pytest.mark.parametrize("encoding", ["application/xml", "application/json"])
def test_what_happens_arrives_once_and_with_one_in_flight_in_order(encoding, vcsim, lab):
    before = vcsim.sessions
    adapter = lab.start(
        vcsim.url,
        VSPHERE_PAYLOAD_ENCODING=encoding,
        VSPHERE_DELIVERY_CONFIG='{"inFlight":1}',
        K_CE_OVERRIDES='{"extensions":{"site":"vienna"}}',
    ).until_ready()
    last = vcsim.history()[-1].key

    vcsim.power(40)
    made = vcsim.history(after=last)
    lab.eventually(lambda: len(lab.sink.arrived) >= len(made))

    assert adapter.terminate() == 0
    assert [heard(arrival) for arrival in lab.sink.arrived] == [told(event) for event in made]
    assert len(made) == 80
    common = ("ce-specversion", "ce-source", "ce-eventclass", "ce-vsphereapiversion", "ce-site")
    version = vcsim.content.about.apiVersion
    assert {tuple(arrival.headers[name] for name in common) for arrival in lab.sink.arrived} == {
        ("1.0", vcsim.url, "event", version, "vienna")
    }
    assert vcsim.sessions == before


def test_with_many_in_flight_the_events_of_each_machine_arrive_in_order(vcsim, lab):
    lab.sink.answer_late(0.01)
    adapter = lab.start(vcsim.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":8}').until_ready()
    last = vcsim.history()[-1].key

    vcsim.power(40)
    made = [told(event) for event in vcsim.history(after=last)]
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))

    assert adapter.terminate() == 0
    assert lanes(map(heard, lab.sink.arrived)) == lanes(made)


def lanes(messages):
    """Group by machine, keeping the order."""
    in_lanes = sorted(messages, key=lambda message: message["vm"])
    return [list(lane) for _, lane in itertools.groupby(in_lanes, lambda message: message["vm"])]


def test_from_a_checkpoint_older_than_vcenter_all_of_history_arrives(vcsim, lab):
    hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    lab.checkpoint.write_text(json.dumps({"lastEventKeyTimestamp": hour_ago.isoformat()}))

    adapter = lab.start(vcsim.url, VSPHERE_CHECKPOINT_CONFIG='{"maxAge":"2h"}').until_ready()
    made = [str(event.key) for event in vcsim.history()]
    lab.eventually(lambda: len(lab.sink.arrived) >= len(made))

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert len(made) > 20
