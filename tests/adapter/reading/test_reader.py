"""How reading ends: what is said, and what is not."""

import threading
import time

import pytest

from adapter.config import from_environment
from adapter.reading.reader import Reader
from adapter.reading.watch import Hangup
from adapter.telemetry.monitor import Monitor
from standalone.simulator import Simulator


class NoStore:
    def load(self):
        return None


@pytest.fixture
def vcenter():
    with Simulator(tls=False) as running:
        yield running


@pytest.fixture
def reader(vcenter, tmp_path):
    """A reader whose thread waits for events; at the end it ends."""
    for name, text in (("username", "user"), ("password", "pass")):
        (tmp_path / name).write_text(text)
    environment = {
        "VC_URL": vcenter.url,
        "VC_SECRET_PATH": str(tmp_path),
        "K_SINK": "http://localhost/",
        "VSPHERE_CHECKPOINT_FILE": str(tmp_path / "checkpoint"),
    }
    built = Reader(
        config=from_environment(environment),
        store=NoStore(),
        monitor=Monitor(),
        begun=lambda *_: None,
        offer=len,
        stopped=threading.Event(),
        hangup=Hangup(),
    )
    thread = threading.Thread(target=built.run)
    thread.start()
    eventually(lambda: vcenter.counters.waits_open)
    yield built
    built.stopped.set()
    built.hangup.now()
    vcenter.faults.black_hole.clear()
    thread.join()


def eventually(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_that_vcenter_is_out_of_reach_is_said_before_the_logout_which_may_hang(vcenter, reader):
    vcenter.faults.black_hole.add("SessionManager.Logout")
    before = vcenter.counters.calls
    vcenter.hang_up()

    eventually(lambda: reader.monitor.report.reason == "Unreachable")

    assert vcenter.counters.calls.keys() - before.keys() <= {"SessionManager.Logout"}


def test_what_befalls_a_reader_that_was_stopped_is_not_said(vcenter, reader):
    """There may be another by then."""
    reader.stopped.set()
    vcenter.hang_up()
    eventually(lambda: not vcenter.counters.sessions_open)

    assert reader.monitor.report.streaming
