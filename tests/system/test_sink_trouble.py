"""Whatever the sink does, nothing is lost, and only what it left unanswered comes twice."""

import re
import resource
import threading
from collections import Counter


def test_an_outage_in_mid_stream_delays_and_loses_nothing(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) == 20)

    lab.sink.script = lambda _arrival: 503
    made += vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.arrived) > 24)
    assert len(lab.sink.taken) == 20
    lab.sink.script = lambda _arrival: 202
    made += vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) >= 60)

    assert adapter.terminate() == 0
    assert lab.sink.taken.by_machine == {f"vm-{1001 + n}": made[n::4] for n in range(4)}
    *before, told = adapter.said
    assert before == lab.begun(vcenter.url)
    assert re.fullmatch(
        r"WARNING The sink did not take event 2\d \(VmPoweredOnEvent\): status 503, "
        r"next attempt in 0\.\d s\.",
        told,
    )


def test_a_sink_that_is_not_there_gets_everything_once_it_is(vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(4)
    # Only what was answered does not come again.
    lab.eventually(lambda: adapter.stderr.count("was delivered") == 4)

    lab.sink.go_down()
    made += vcenter.happen(4)
    lab.eventually(lambda: "WARNING" in adapter.stderr)
    lab.sink.come_up()
    lab.eventually(lambda: len(lab.sink.taken) >= 8)

    assert adapter.terminate() == 0
    assert (sorted(lab.sink.taken.ids), len(lab.sink.arrived)) == (made, 8)


def test_only_what_the_sink_left_unanswered_comes_twice(vcenter, lab):
    hung_up = set()

    def script(arrival):
        if arrival.id in {"3", "17", "18"} - hung_up:
            hung_up.add(arrival.id)
            return None
        return 202

    lab.sink.script = script
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(40)
    lab.eventually(lambda: len(lab.sink.taken) >= 40)

    assert adapter.terminate() == 0
    assert Counter(lab.sink.arrived.ids) == Counter([*made, "3", "17", "18"])


def test_a_request_that_hangs_holds_only_the_events_of_its_own_machine(vcenter, lab):
    answered = threading.Event()

    def script(arrival):
        while arrival.id == "1" and not answered.is_set():
            if lab.sink.closing.wait(0.01):
                return None
        return 202

    lab.sink.script = script
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(40)
    lab.eventually(lambda: len(lab.sink.taken) == 30)
    assert sorted(map(int, lab.sink.arrived.ids)) == [1, *(n for n in range(1, 41) if n % 4 != 1)]

    answered.set()
    lab.eventually(lambda: len(lab.sink.taken) >= 40)
    assert adapter.terminate() == 0
    assert lab.sink.arrived.by_machine == {f"vm-{1001 + n}": made[n::4] for n in range(4)}


def test_a_refused_event_is_recorded_and_does_not_hold_the_checkpoint(vcenter, lab):
    refused = {"2": 400, "5": 413, "6": 415, "7": 422}
    lab.sink.script = lambda arrival: refused.get(arrival.id, 202)
    adapter = lab.start(vcenter.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    made = vcenter.happen(12)
    lab.eventually(lambda: lab.acknowledged() == set(made))

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said == [
        *lab.begun(vcenter.url),
        *(
            f"ERROR The sink did not take event {key} (VmPoweredOnEvent): status {code}, refused."
            for key, code in refused.items()
        ),
    ]


def test_any_other_answer_holds_the_position_also_over_a_restart(vcenter, lab):
    held = {"1": 302, "2": 401, "3": 403, "4": 404, "5": 429, "6": 500}
    lab.sink.script = lambda arrival: held.get(arrival.id, 202)
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(16, to=8)
    lab.eventually(lambda: len(lab.sink.taken) == 4 and held.keys() <= again(lab.sink.arrived))
    assert adapter.terminate() == 0
    assert sorted(lab.sink.taken.ids, key=int) == ["7", "8", "15", "16"]

    lab.sink.script = lambda _arrival: 202
    adapter = lab.start(vcenter.url).until_ready()
    lab.eventually(lambda: len(lab.sink.taken) >= 16)

    assert adapter.terminate() == 0
    assert lab.sink.taken.by_machine == {f"vm-{1001 + n}": made[n::8] for n in range(8)}
    assert lab.sink.asked_for == {("POST", "/events")}
    assert "secret of the sink" not in adapter.stderr


def test_a_sink_that_is_hard_to_reach_may_take_all_files_that_the_system_allows(vcenter, lab):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        adapter = lab.start(vcenter.url)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    metrics = adapter.until_ready().get("/metrics").text
    [most] = re.findall(r"^process_max_fds (.*)$", metrics, re.MULTILINE)
    assert float(most) == hard


def again(arrivals):
    """The ids that came more than once."""
    return {key for key, times in Counter(arrivals.ids).items() if times > 1}
