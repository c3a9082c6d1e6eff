"""A stop in the midst of work."""

import json
import signal
import subprocess
import sys

IMPORTING = """
import importlib.abc, runpy, signal, sys

class Terminated(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "adapter.pump":
            signal.raise_signal(signal.SIGTERM)

sys.meta_path.insert(0, Terminated())
runpy.run_module("adapter", run_name="__main__", alter_sys=True)
"""


def test_a_stop_under_load_is_clean_and_after_it_nothing_comes_twice(vcenter, lab):
    settings = {"VSPHERE_DELIVERY_CONFIG": '{"inFlight":8}'}
    lab.sink.answer_late(0.02)
    adapter = lab.start(vcenter.url, **settings).until_ready()
    made = vcenter.happen(400, to=20)
    lab.eventually(lambda: len(lab.sink.taken) > 50)

    assert adapter.terminate() == 0
    assert 50 < len(lab.sink.arrived) < 400
    assert len(lab.sink.taken) == len(lab.sink.arrived)
    counters = vcenter.counters
    assert (counters.sessions_open, counters.collectors_open) == (0, 0)

    lab.sink.script = lambda _arrival: 202
    adapter = lab.start(vcenter.url, **settings).until_ready()
    lab.eventually(lambda: len(lab.sink.arrived) >= 400)
    assert adapter.terminate() == 0
    assert lab.sink.arrived.by_machine == {f"vm-{1001 + n}": made[n::20] for n in range(20)}


def test_a_stop_saves_the_position(vcenter, lab):
    adapter = lab.start(vcenter.url, VSPHERE_CHECKPOINT_CONFIG='{"period":"1h"}').until_ready()
    made = vcenter.happen(5, to=1)
    lab.eventually(lambda: len(lab.sink.taken) == 5)
    first = json.loads(lab.checkpoint.read_text())

    assert adapter.terminate() == 0

    last = json.loads(lab.checkpoint.read_text())
    assert (first["lastEventKey"], last["lastEventKey"]) == (0, int(made[-1]))
    created = vcenter.history.read().records[-1].created
    expected = {
        "vCenter": vcenter.url,
        "lastEventType": "VmPoweredOnEvent",
        "lastEventKeyTimestamp": created.isoformat().replace("+00:00", "Z"),
        "instanceUuid": first["instanceUuid"],
    }
    assert {name: last[name] for name in expected} == expected


def test_a_hail_of_signals_is_one_stop(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    for number in (signal.SIGTERM, signal.SIGINT) * 200:
        adapter.send(number)

    assert adapter.terminate() == 0


def test_a_stop_is_heard_while_the_process_still_loads():
    assert subprocess.run([sys.executable, "-c", IMPORTING], check=False).returncode == 0
