"""What the delivery policy promises, with real processes and real sinks."""

import base64
import json
import threading
from collections import Counter

import pytest

from adapter.sending.window import MOST_EVENTS


def policy(**fields):
    return {"VSPHERE_DELIVERY_CONFIG": json.dumps(fields)}


@pytest.fixture
def dead_letters(lab):
    """Start a second sink."""
    sink = type(lab.sink)()
    yield sink
    sink.close()


def hang_on_the_first(lab):
    """Let the sink take everything but event 1, which it leaves unanswered until told to go on."""
    going_on = threading.Event()

    def script(arrival):
        while arrival.id == "1" and not going_on.is_set():
            if lab.sink.closing.wait(0.01):
                return None
        return 202

    lab.sink.script = script
    return going_on.set


def test_a_sink_that_hangs_on_one_machine_stops_the_others_when_the_window_is_full(vcenter, lab):
    go_on = hang_on_the_first(lab)
    lab.start(vcenter.url).until_ready()
    made = vcenter.happen(MOST_EVENTS + 400)
    fitting = made[:MOST_EVENTS]
    others = [event for at, event in enumerate(fitting) if at % 4 != 0]
    lab.eventually(lambda: len(lab.sink.taken) >= len(others))

    assert sorted(lab.sink.taken.ids, key=int) == others

    go_on()
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))
    assert lab.sink.arrived.by_machine == {f"vm-{1001 + n}": made[n::4] for n in range(4)}


def test_a_send_that_takes_too_long_is_repeated(vcenter, lab):
    hang_on_the_first(lab)
    lab.start(vcenter.url, **policy(timeout="PT0.2S")).until_ready()
    made = vcenter.happen(8)
    lab.eventually(lambda: lab.sink.arrived.ids.count("1") == 3)

    assert sorted(lab.sink.taken.ids) == [event for event in made if event not in {"1", "5"}]


def test_a_strict_order_is_one_order(vcenter, lab):
    failed = set()

    def script(arrival):
        if int(arrival.id) % 5 == 0 and arrival.id not in failed:
            failed.add(arrival.id)
            return 503
        return 202

    lab.sink.script = script
    lab.start(vcenter.url, **policy(ordering="strict", backoffDelay="PT0.01S")).until_ready()
    made = vcenter.happen(40)
    lab.eventually(lambda: len(lab.sink.taken) >= len(made))

    assert lab.sink.taken.ids == made


def test_what_the_sink_does_not_take_is_at_the_dead_letter_sink(vcenter, lab, dead_letters):
    refused, failing = {"2": 400, "7": 422}, {"5": 503, "10": 404}
    lab.sink.script = lambda arrival: {**refused, **failing}.get(arrival.id, 202)
    settings = policy(
        retry=2, backoffDelay="PT0.01S", deadLetterSink={"uri": f"{dead_letters.url}?from=a%20b"}
    )
    adapter = lab.start(vcenter.url, **settings).until_ready()
    made = vcenter.happen(12)
    lab.eventually(lambda: lab.acknowledged() == set(made))

    assert adapter.terminate() == 0
    attempts = Counter(made) + Counter({"5": 2, "10": 2})
    assert Counter(lab.sink.arrived.ids) == attempts
    assert sorted(dead_letters.taken.ids, key=int) == ["2", "5", "7", "10"]
    for letter in dead_letters.taken:
        sent = next(arrival for arrival in lab.sink.arrived if arrival.id == letter.id)
        extensions = {
            "ce-knativeerrordest": lab.sink.url,
            "ce-knativeerrorcode": str({**refused, **failing}[letter.id]),
            "ce-knativeerrordata": base64.b64encode(b"secret of the sink").decode(),
        }
        assert letter.body == sent.body
        assert letter.headers == {**sent.headers, "host": letter.headers["host"], **extensions}
    assert "secret of the sink" not in adapter.stderr


def test_a_dead_letter_sink_that_is_not_there_gets_everything_once_it_is(
    vcenter, lab, dead_letters
):
    lab.sink.script = lambda arrival: 413 if int(arrival.id) % 4 == 1 else 202
    dead_letters.go_down()
    settings = policy(backoffDelay="PT0.01S", deadLetterSink={"uri": dead_letters.url})
    lab.start(vcenter.url, **settings).until_ready()
    made = vcenter.happen(16)
    lab.eventually(lambda: len(lab.sink.taken) == 12)

    assert lab.acknowledged() == set()

    dead_letters.come_up()
    lab.eventually(lambda: lab.acknowledged() == set(made))
    assert dead_letters.taken.ids == made[::4]
    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_a_dead_letter_survives_a_crash(vcenter, lab, dead_letters):
    lab.sink.script = lambda arrival: 400 if arrival.id == "1" else 202
    dead_letters.script = lambda _arrival: 400
    settings = policy(backoffDelay="PT0.01S", deadLetterSink={"uri": dead_letters.url})
    adapter = lab.start(vcenter.url, **settings).until_ready()
    vcenter.happen(2)
    lab.eventually(lambda: len(dead_letters.arrived) > 3)
    adapter.kill()

    dead_letters.script = lambda _arrival: 202
    lab.start(vcenter.url, **settings)
    lab.eventually(lambda: dead_letters.taken.ids == ["1"])

    assert set(dead_letters.arrived.ids) == {"1"}
