"""With maxAge 0 nothing is replayed: one attempt an event, at most once."""

import re

NO_REPLAY = {"VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"0s","period":"50ms"}'}


def test_an_event_that_the_sink_did_not_take_is_not_sent_again(vcenter, lab):
    answers = {"3": 503, "5": None}
    lab.sink.script = lambda arrival: answers.get(arrival.id, 202)
    settings = {**NO_REPLAY, "VSPHERE_DELIVERY_CONFIG": '{"inFlight":1}'}
    adapter = lab.start(vcenter.url, **settings).until_ready()
    made = vcenter.happen(8)
    lab.eventually(lambda: len(lab.sink.taken) >= 6)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    lost = "ERROR The sink did not take event"
    assert adapter.said == [
        *lab.begun(vcenter.url),
        f"{lost} 3 (VmPoweredOnEvent): status 503, given up.",
        f"{lost} 5 (VmPoweredOnEvent): The connection broke before an answer, given up.",
    ]


def test_what_no_sink_can_have_seen_is_sent_again(vcenter, lab):
    adapter = lab.start(vcenter.url, **NO_REPLAY).until_ready()
    lab.sink.go_down()
    made = vcenter.happen(4)
    lab.eventually(lambda: "WARNING" in adapter.stderr)
    lab.sink.come_up()
    lab.eventually(lambda: len(lab.sink.taken) >= 4)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids) == made


def test_after_a_restart_reading_begins_at_now_and_a_reconnect_skips_nothing(vcenter, lab):
    adapter = lab.start(vcenter.url, **NO_REPLAY).until_ready()
    vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 1)
    assert adapter.terminate() == 0
    vcenter.happen(1)

    adapter = lab.start(vcenter.url, **NO_REPLAY).until_ready()
    vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) == 2)
    vcenter.faults.expire_sessions()
    vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) >= 3)

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == ["1", "3", "4"]


def test_a_stop_tells_how_much_was_read_and_not_sent(vcenter, lab):
    lab.sink.answer_late(0.05)
    settings = {**NO_REPLAY, "VSPHERE_DELIVERY_CONFIG": '{"inFlight":1}'}
    adapter = lab.start(vcenter.url, **settings).until_ready()
    made = vcenter.happen(100)
    lab.eventually(lambda: sum(map(int, re.findall(r"Read (\d+) events", adapter.stderr))) == 100)

    assert adapter.terminate() == 0
    left = len(made) - len(lab.sink.taken)
    assert left > 0
    assert adapter.said == [
        *lab.begun(vcenter.url),
        f"ERROR The adapter ends: {left} events that no sink has taken are given up.",
    ]
