"""Adapters that break a promise, by name, to see that the matrix notices."""

import itertools
import json
import runpy
import sys

import adapter.events.event
import adapter.reading.lookback
import adapter.sending.dispatch
from adapter.checkpoints.store import FileStore
from adapter.sending.outcome import Verdict, judge
from adapter.telemetry.monitor import Monitor

_save = FileStore.save
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


if __name__ == "__main__":
    globals()[sys.argv.pop()]()
    runpy.run_module("adapter", run_name="__main__", alter_sys=True)
