import datetime as dt
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standalone.simulator import History, RawEvent
from standalone.simulator.history import View, int32

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

seconds = st.integers(min_value=0, max_value=100)
times = st.builds(lambda after: EPOCH + dt.timedelta(seconds=after), seconds)


def at(created):
    return RawEvent(created=created, xml=b"<key>{key}</key>")


def keys(page):
    return [record.key for record in page.records]


@given(st.lists(times))
def test_keys_strictly_increase(created):
    history = History()

    given_out = history.extend(at(moment) for moment in created)

    assert given_out == list(range(1, len(created) + 1)) == keys(history.read())


@given(st.lists(times), times, times)
def test_a_span_of_time_holds_exactly_the_events_created_in_it(created, begin, end):
    history = History()
    history.extend(at(moment) for moment in created)

    inside = [key for key, moment in enumerate(created, start=1) if begin <= moment <= end]
    assert keys(history.read(view=View(begin=begin, end=end))) == inside


@given(st.lists(times), times, st.integers(min_value=1, max_value=7))
def test_pages_join_to_what_one_read_returns(created, begin, limit):
    history = History()
    history.extend(at(moment) for moment in created)

    read, position = [], 0
    while page := history.read(position, limit=limit, view=View(begin=begin)):
        position = page.position
        if not page.records:
            break
        assert len(page.records) <= limit
        read.extend(page.records)

    assert tuple(read) == history.read(view=View(begin=begin)).records


@given(st.integers(min_value=0, max_value=30), st.integers(min_value=1, max_value=10))
def test_only_the_newest_events_are_kept(appended, retention):
    history = History(retention=retention)
    history.extend(at(EPOCH) for _ in range(appended))

    newest = list(range(1, appended + 1))[-retention:]
    assert (keys(history.read()), len(history)) == (newest, len(newest))


def test_a_reader_that_was_overtaken_goes_on_with_the_oldest_event_kept():
    history = History(retention=2)
    history.append(at(EPOCH))
    position = history.read().position
    history.extend(at(EPOCH) for _ in range(5))

    assert keys(history.read(position)) == [5, 6]


@pytest.mark.parametrize(
    ("number", "wrapped"),
    [
        pytest.param(2**31 - 1, 2**31 - 1, id="the last positive key"),
        pytest.param(2**31, -(2**31), id="one more turns negative"),
        pytest.param(2**32 + 5, 5, id="a whole turn"),
    ],
)
def test_keys_have_32_bits(number, wrapped):
    assert int32(number) == wrapped


def test_after_the_highest_key_comes_the_lowest_and_order_stays():
    history = History(first_key=2**31 - 1)

    history.extend([at(EPOCH), at(EPOCH)])

    assert keys(history.read()) == [2**31 - 1, -(2**31)]


def test_keys_may_start_again_while_old_events_stay():
    history = History()
    history.extend([at(EPOCH), at(EPOCH)])

    history.number_from(1)
    history.append(at(EPOCH))

    assert keys(history.read()) == [1, 2, 1]


def test_raw_xml_is_kept_as_it_is_but_for_its_key():
    history = History(first_key=41)
    history.append(RawEvent(created=EPOCH, xml=b"<returnval><key>{key}</key>\x01"))

    [record] = history.read().records

    assert record.xml == b"<returnval><key>41</key>\x01"


def test_many_threads_get_different_keys():
    history = History()
    threads = [threading.Thread(target=history.extend, args=([at(EPOCH)] * 500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert keys(history.read()) == list(range(1, 2001))
