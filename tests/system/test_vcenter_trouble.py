"""Whatever vCenter does, the same process reads on where it was."""

import contextlib
import datetime as dt
import urllib.parse

import pytest

from standalone.simulator import Simulator, events, inventory


@contextlib.contextmanager
def expired_sessions(vcenter):
    vcenter.faults.expire_sessions()
    yield


@contextlib.contextmanager
def restart(vcenter):
    vcenter.restart()
    yield


@contextlib.contextmanager
def services_starting(vcenter):
    vcenter.faults.unavailable = True
    yield
    vcenter.faults.unavailable = False


@pytest.mark.parametrize(
    ("trouble", "said", "left"),
    [
        pytest.param(
            expired_sessions,
            ["ERROR SessionExpired: {url} ended the session."],
            0,
            id="the session expires",
        ),
        pytest.param(
            restart,
            # The other one, if no request is under way at that moment.
            [
                "ERROR Unreachable: {url} cannot be reached: ",
                "ERROR SessionExpired: {url} ended the session.",
            ],
            0,
            id="vCenter restarts",
        ),
        pytest.param(
            services_starting,
            ["ERROR Unreachable: {url} cannot be reached: it answered 503 Service Unavailable."],
            1,
            id="vCenter's proxy answers alone",
        ),
    ],
)
def test_it_is_survived_in_the_same_process_without_loss_or_repetition(
    trouble, said, left, vcenter, lab
):
    adapter = lab.start(vcenter.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    lab.sink.answer_late(0.01)
    made = vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.arrived) > 5)
    with trouble(vcenter):
        made += vcenter.happen(20)
        lab.eventually(lambda: not adapter.ready)
    made += vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) >= 60 and adapter.ready)

    # Its logout may come when vCenter is back.
    assert 1 <= vcenter.counters.sessions_open <= 1 + left
    assert adapter.terminate() == 0
    # A session that no logout can reach is left to expire, and its collectors with it.
    vcenter.faults.idle_limit = dt.timedelta(0)
    counters = vcenter.counters
    assert (counters.sessions_open, counters.collectors_open) == (0, 0)
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said[:2] == adapter.said[3:] == lab.begun(vcenter.url)
    assert adapter.said[2].startswith(tuple(one.format(url=vcenter.url) for one in said))


def test_a_vcenter_set_up_anew_whose_keys_begin_again_loses_nothing(vcenter, lab):
    adapter = lab.start(vcenter.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    made = vcenter.happen(10)
    lab.eventually(lambda: len(lab.sink.taken) == 10)

    vcenter.restart(first_key=1)
    assert vcenter.happen(10) == made
    lab.eventually(lambda: len(lab.sink.taken) >= 20)

    assert adapter.terminate() == 0
    assert lab.sink.arrived.ids == [*made, *made]


def test_a_vcenter_that_is_away_for_a_while_is_found_again(vcenter, lab):
    with Simulator(credentials=(lab.user, lab.password), history=vcenter.history) as first:
        adapter = lab.start(first.url).until_ready()
        port = urllib.parse.urlsplit(first.url).port
        made = vcenter.happen(4)
        lab.eventually(lambda: len(lab.sink.taken) == 4)
    made += vcenter.happen(4)
    lab.eventually(lambda: "[Errno 111] Connection refused" in adapter.stderr)
    with Simulator(
        credentials=(lab.user, lab.password), history=vcenter.history, port=port
    ) as second:
        made += vcenter.happen(4)
        lab.eventually(lambda: len(lab.sink.taken) >= 12)
        assert second.counters.logins_attempted == 1

        assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_late_answers_lose_nothing(vcenter, lab):
    vcenter.faults.delay_seconds = 0.1
    adapter = lab.start(vcenter.url).until_ready()
    made = vcenter.happen(1100)
    lab.eventually(lambda: len(lab.sink.taken) >= 1100)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made


def test_an_event_type_that_nobody_knows_yet_passes_through(vcenter, lab):
    adapter = lab.start(vcenter.url, VSPHERE_DELIVERY_CONFIG='{"inFlight":1}').until_ready()
    vcenter.happen(1)
    machine = inventory.build()[0]
    created = vcenter.history.read().records[0].created
    vcenter.history.append(events.unknown(machine, created))
    vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.arrived) >= 3)

    assert adapter.terminate() == 0
    assert [arrival.headers["ce-type"] for arrival in lab.sink.arrived] == [
        "com.vmware.vsphere.VmPoweredOnEvent.v0",
        "com.vmware.vsphere.VmQuantumEntangledEvent.v0",
        "com.vmware.vsphere.VmPoweredOnEvent.v0",
    ]
    assert (
        b"<entanglement><spin>up</spin><fidelity>0.97</fidelity></entanglement>"
        b'<partner type="QuantumMachine">qm-1</partner></VmQuantumEntangledEvent>'
    ) in lab.sink.arrived[1].body
