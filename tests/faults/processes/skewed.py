"""The adapter on a machine whose clock is wrong: `skewed FILE`.

FILE holds the seconds by which the time of day is off, now; it is read whenever somebody looks at
the clock. libfaketime would do the same for C code, which asks for the time of day only to judge
certificates.
"""

import datetime as dt
import runpy
import sys
import time
from pathlib import Path

_offset = Path(sys.argv.pop())
_time, _time_ns = time.time, time.time_ns


def _seconds():
    return int(_offset.read_text())


class _SkewedDatetime(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + dt.timedelta(seconds=_seconds())


time.time = lambda: _time() + _seconds()
time.time_ns = lambda: _time_ns() + _seconds() * 10**9
dt.datetime = _SkewedDatetime
runpy.run_module("adapter", run_name="__main__", alter_sys=True)
