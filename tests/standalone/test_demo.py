"""The simulated vCenter of the demonstration has one life, however often it is started."""

import datetime as dt

import pytest

from standalone import demo

NOW = dt.datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=5)


def test_it_begins_when_it_is_first_started(tmp_path):
    assert demo.life(tmp_path, now=NOW).created(0) == NOW


def test_started_again_it_is_the_same_and_older(tmp_path):
    first = demo.life(tmp_path, now=NOW)

    assert demo.life(tmp_path, now=LATER) == first


@pytest.mark.parametrize("text", ["", "once upon a time"])
def test_a_beginning_that_cannot_be_read_is_begun_anew(tmp_path, text):
    (tmp_path / "vcenter-since").write_text(text)

    assert demo.life(tmp_path, now=NOW).created(0) == NOW
    assert demo.life(tmp_path, now=LATER).created(0) == NOW
