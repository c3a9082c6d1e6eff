"""The adapter's log: lines of JSON for machines or of text for people, on stderr.

Only what the adapter says itself: the levels of libraries stay as they are, for in detail they tell
requests and answers, and these hold credentials.
"""

import datetime as dt
import json
import logging
import signal
import sys
from types import FrameType

from .monitor import LOG

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime"}
"""What every record has; the rest are the fields that `extra` gave."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        """Write *record*."""
        time = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def begin(style: str, level: int) -> None:
    """Log in this *style*, `json` or `text`, from *level* on.

    SIGUSR1 turns to debug, SIGUSR2 back to *level*.
    """
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonFormatter() if style == "json" else text)
    LOG.addHandler(handler)
    LOG.setLevel(level)
    sys.excepthook = crashed

    def debug(_signal: int, _frame: FrameType | None) -> None:
        LOG.setLevel(logging.DEBUG)

    def usual(_signal: int, _frame: FrameType | None) -> None:
        LOG.setLevel(level)

    signal.signal(signal.SIGUSR1, debug)
    signal.signal(signal.SIGUSR2, usual)


def crashed(kind: type[BaseException], error: BaseException | None, *_: object) -> None:
    """Tell what ends the process in the same style as all else."""
    LOG.critical("The adapter ends: %s", error or kind.__name__, exc_info=error)
