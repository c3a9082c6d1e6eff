"""How the adapter logs."""

import json
import logging
import os
import signal
import sys

import pytest

from adapter.telemetry import logs
from adapter.telemetry.monitor import LOG


@pytest.fixture
def begin(capsys):
    """Begin to log; returns what reads the lines that came since."""
    before = LOG.handlers[:], LOG.level, sys.excepthook
    numbers = signal.SIGUSR1, signal.SIGUSR2
    handlers = {number: signal.getsignal(number) for number in numbers}

    def begin(style, level=logging.INFO):
        logs.begin(style, level)

        def read():
            return capsys.readouterr().err.splitlines()

        return read

    yield begin
    LOG.handlers[:], level, sys.excepthook = before
    LOG.setLevel(level)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_line_of_json_has_time_level_message_and_fields(begin):
    read = begin("json")
    LOG.error("Event %d: %s", 7, "nö", extra={"event_id": "7", "code": 503})

    [line] = map(json.loads, read())
    time = line.pop("time")
    assert line == {"level": "error", "message": "Event 7: nö", "event_id": "7", "code": 503}
    assert time.endswith("Z")
    assert len(time) == len("2026-11-22T12:00:00.000Z")


def test_a_message_of_several_lines_is_one_line_of_json(begin):
    read = begin("json")
    LOG.error("two\nlines")

    [line] = read()
    assert json.loads(line)["message"] == "two\nlines"


def test_a_line_of_text_is_for_people(begin):
    read = begin("text")
    LOG.error("Event %d", 7, extra={"event_id": "7"})

    [line] = read()
    assert line.partition(",")[2][4:] == "ERROR Event 7"


def test_signals_change_the_level_while_it_runs(begin):
    read = begin("json", logging.WARNING)
    LOG.debug("before")
    os.kill(os.getpid(), signal.SIGUSR1)
    LOG.debug("during")
    os.kill(os.getpid(), signal.SIGUSR2)
    LOG.info("after")
    LOG.warning("still")

    assert [json.loads(line)["message"] for line in read()] == ["during", "still"]


def test_libraries_stay_silent_at_debug(begin):
    read = begin("json", logging.DEBUG)
    logging.getLogger("urllib3").debug("secret")

    assert read() == []


def test_what_ends_the_process_is_logged_like_all_else(begin):
    read = begin("json")
    try:
        int("odd")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)

    [line] = map(json.loads, read())
    said = "invalid literal for int() with base 10: 'odd'"
    assert (line["level"], line["message"]) == ("critical", f"The adapter ends: {said}")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith(f"ValueError: {said}")
