"""Adapters that break a promise, by name, to see that the matrix notices."""

import contextlib
import itertools
import json
import runpy
import sys

import pycurl

import adapter.events.event
import adapter.events.gap
import adapter.events.jsondata
import adapter.reading.lookback
import adapter.reading.vcenter
import adapter.sending.dispatch
import vsphere
from adapter.checkpoints.store import FileStore
from adapter.reading.intake import Intake
from adapter.sending.outcome import Verdict, judge
from adapter.sending.sink import Sink
from adapter.telemetry.monitor import Monitor

_save = FileStore.save
_new_handle = Sink._new_handle  # noqa: SLF001  as deep as it gets
_numbers = itertools.count()


def skip_failures():
    """Take every answer for a success."""
    adapter.sending.dispatch.judge = lambda _answer, **_: Verdict.DELIVERED


def send_again_without_replay():
    """Try again what the sink may have seen, although nothing may come twice."""

    def judge_as_usual(answer, **settings):
        return judge(answer, **{**settings, "at_most_once": False})

    adapter.sending.dispatch.judge = judge_as_usual


def never_save():
    """Save nothing but where reading began."""

    def save(self, text):
        if json.loads(text)["lastEventKey"] == 0:
            _save(self, text)

    FileStore.save = save


def save_too_much():
    """Save 200 events as settled that are yet to come."""

    def save(self, text):
        record = json.loads(text)
        for run in record.get("acknowledged", ()):
            run[1], run[3] = run[1] + 200, "2999-12-31T00:00:00Z"
        _save(self, json.dumps(record))

    FileStore.save = save


def ignore_order():
    """Give each event an order key of its own."""
    adapter.events.event._order_key = lambda _known: str(next(_numbers))  # noqa: SLF001  as deep as it gets


def hide_losses():
    """Tell nobody of what was refused or given up."""
    Monitor.lost = lambda *_: None


def hide_gaps():
    """Tell nobody that events may be missing."""
    adapter.reading.lookback.missed = lambda *_args, **_: None


def stay_logged_in():
    """Leave sessions to themselves."""
    vsphere.Session.logout = lambda _self: None


def keep_collectors():
    """Destroy no collector."""
    adapter.reading.vcenter.removing = lambda *_: contextlib.nullcontext()


def hide_bursts():
    """Tell nobody what vCenter did not store."""
    adapter.events.gap.COMPRESSED = ""


def forget_watching():
    """Tell of a burst that it is missing, although it was sent."""
    Intake._saw_burst = lambda *_: False  # noqa: SLF001  as deep as it gets


def write_json_of_nothing():
    """Send JSON that does not tell of the event."""
    adapter.events.jsondata.write = lambda *_: b"{}"


def follow_redirects():
    """Send events where a sink says."""

    def new_handle(self):
        handle = _new_handle(self)
        handle.setopt(pycurl.FOLLOWLOCATION, 1)
        return handle

    Sink._new_handle = new_handle  # noqa: SLF001  as deep as it gets


def trust_anyone():
    """Send events to whoever stands where the sink was."""

    def new_handle(self):
        handle = _new_handle(self)
        handle.setopt(pycurl.SSL_VERIFYPEER, 0)
        return handle

    Sink._new_handle = new_handle  # noqa: SLF001  as deep as it gets


if __name__ == "__main__":
    globals()[sys.argv.pop()]()
    runpy.run_module("adapter", run_name="__main__", alter_sys=True)
