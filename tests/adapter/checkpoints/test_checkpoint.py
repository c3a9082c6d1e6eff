"""Where reading begins, and what a checkpoint says."""

import datetime as dt
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.checkpoints import checkpoint
from adapter.checkpoints.checkpoint import Begin, Position, VCenter
from adapter.checkpoints.settled import Run

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
MAX_AGE = dt.timedelta(minutes=5)
OLDEST = NOW - MAX_AGE
POWERED_ON = "VmPoweredOnEvent"
HERE = VCenter(url="https://vc.example/sdk", instance_uuid="uuid-1")


def ago(**duration):
    return NOW - dt.timedelta(**duration)


def stored(time="2026-11-22T11:59:00Z", **fields):
    return json.dumps(
        {
            "vCenter": HERE.url,
            "lastEventKey": 7,
            "lastEventType": POWERED_ON,
            "lastEventKeyTimestamp": time,
            "createdTimestamp": "2026-11-22T11:59:05Z",
            **fields,
        }
    )


def begin(text, *, vcenter=HERE, max_age=MAX_AGE):
    return checkpoint.begin(text, vcenter, now=NOW, max_age=max_age)


SEVEN = (Run(5, 7, ago(minutes=2), ago(minutes=1)),)
WRITTEN_SEVEN = [5, 7, "2026-11-22T11:58:00Z", "2026-11-22T11:59:00Z"]

UP_TO_SEVEN = {
    "key": 7,
    "time": "2026-11-22T11:59:00Z",
    "until": "2026-11-22T11:59:10Z",
    "passedOver": [[3, 4], [6, 6]],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, Begin(time=NOW), id="none: now"),
        pytest.param(
            stored(),
            Begin(time=ago(seconds=70), since=ago(minutes=1), key=7, type=POWERED_ON),
            id="valid: its time, less 10 s",
        ),
        pytest.param(
            stored("2026-11-22T12:59:00.123456789+01:00"),
            Begin(
                time=ago(seconds=70) + dt.timedelta(microseconds=123456),
                since=ago(seconds=60) + dt.timedelta(microseconds=123456),
                key=7,
                type=POWERED_ON,
            ),
            id="valid, in another time zone with nanoseconds",
        ),
        pytest.param(
            stored(acknowledged=[WRITTEN_SEVEN]),
            Begin(
                time=ago(seconds=70),
                acknowledged=SEVEN,
                since=ago(minutes=1),
                key=7,
                type=POWERED_ON,
            ),
            id="valid, with what is acknowledged there",
        ),
        pytest.param(
            stored(upTo=UP_TO_SEVEN),
            Begin(
                time=ago(seconds=70),
                passed_over=((3, 4), (6, 6)),
                since=ago(minutes=1),
                key=7,
                type=POWERED_ON,
                until=ago(seconds=50),
            ),
            id="valid, with what was passed over",
        ),
        pytest.param(
            stored("2026-11-22T11:58:00Z", upTo=UP_TO_SEVEN),
            Begin(time=ago(seconds=130), since=ago(minutes=2), key=7, type=POWERED_ON),
            id="set back by hand: all since then is sent again",
        ),
        pytest.param(
            stored("2026-11-22T11:55:00Z"),
            Begin(time=ago(minutes=5, seconds=10), since=OLDEST, key=7, type=POWERED_ON),
            id="as old as maxAge",
        ),
        pytest.param(
            stored("2026-11-22T11:54:59Z", acknowledged=[WRITTEN_SEVEN]),
            Begin(
                time=ago(minutes=5, seconds=10),
                acknowledged=SEVEN,
                since=ago(minutes=5, seconds=1),
                key=7,
                type=POWERED_ON,
            ),
            id="older than maxAge: maxAge ago, skipping what is acknowledged",
        ),
        pytest.param(
            stored("0001-01-01T00:00:00Z"),
            Begin(
                time=ago(minutes=5, seconds=10),
                since=checkpoint.NEVER,
                key=7,
                type=POWERED_ON,
            ),
            id="Go's zero time",
        ),
        pytest.param(
            stored("2026-11-22T12:00:10Z"),
            Begin(time=NOW, since=ago(seconds=-10), key=7, type=POWERED_ON),
            id="as far ahead as clocks may differ",
        ),
        pytest.param(
            stored("2026-11-22T12:00:11Z", acknowledged=[WRITTEN_SEVEN]),
            Begin(
                time=OLDEST,
                acknowledged=SEVEN,
                problem="The checkpoint lies in the future (2026-11-22T12:00:11Z)",
                key=7,
                type=POWERED_ON,
            ),
            id="in the future: maxAge ago, skipping what is acknowledged",
        ),
        pytest.param(
            stored(instanceUuid="uuid-2"),
            Begin(
                time=OLDEST,
                problem="The checkpoint is of another vCenter (uuid-2)",
                since=OLDEST,
            ),
            id="of another vCenter: maxAge ago",
        ),
        pytest.param(
            stored(instanceUuid="uuid-1", vCenter="https://other.example/sdk"),
            Begin(time=ago(seconds=70), since=ago(minutes=1), key=7, type=POWERED_ON),
            id="of this vCenter at another address",
        ),
        pytest.param(
            stored(instanceUuid=""),
            Begin(time=ago(seconds=70), since=ago(minutes=1), key=7, type=POWERED_ON),
            id="without UUID: not foreign",
        ),
        pytest.param(
            '{"vCenter":"10.0.0.1","lastEventKey":7,"lastEventType":"VmPoweredOnEvent",'
            '"lastEventKeyTimestamp":"2026-11-22T11:59:00.5Z",'
            '"createdTimestamp":"2026-11-22T11:59:05.123456789Z"}',
            Begin(time=ago(seconds=69.5), since=ago(seconds=59.5), key=7, type=POWERED_ON),
            id="of the Go project, which named a bare host once",
        ),
        pytest.param(
            '{"lastEventKeyTimestamp":"2026-11-22T11:59:00Z"}',
            Begin(time=ago(seconds=70), since=ago(minutes=1)),
            id="seeded by hand with a time only",
        ),
        pytest.param(
            "",
            Begin(
                time=OLDEST,
                problem="The checkpoint is unreadable (Expecting value: line 1 column 1 (char 0))",
            ),
            id="empty",
        ),
        pytest.param(
            '{"lastEventKey":7',
            Begin(
                time=OLDEST,
                problem="The checkpoint is unreadable "
                "(Expecting ',' delimiter: line 1 column 18 (char 17))",
            ),
            id="cut short",
        ),
        pytest.param(
            "{}",
            Begin(
                time=OLDEST,
                problem="The checkpoint is unreadable (it has no lastEventKeyTimestamp)",
            ),
            id="without a time",
        ),
        pytest.param(
            stored("yesterday"),
            Begin(
                time=OLDEST,
                problem="The checkpoint is unreadable (Invalid isoformat string: 'yesterday')",
            ),
            id="with a time that is none",
        ),
        pytest.param(
            stored(acknowledged=[[5, 7]]),
            Begin(
                time=OLDEST,
                problem="The checkpoint is unreadable (not enough values to unpack (expected 4, "
                "got 2))",
            ),
            id="acknowledged without times",
        ),
    ],
)
def test_reading_begins(text, expected):
    assert begin(text) == expected


@pytest.mark.parametrize(
    "text", [None, stored(), "unreadable", stored(instanceUuid="uuid-2"), stored("2026-12-01")]
)
def test_without_replay_reading_begins_now(text):
    assert begin(text, max_age=dt.timedelta()) == Begin(time=NOW)


def test_an_esxi_host_has_no_uuid_and_takes_its_own_checkpoint():
    host = VCenter(url="https://esx.example/sdk", instance_uuid=None)
    text = checkpoint.write(Position(key=7, type="t", time=NOW, acknowledged=SEVEN), host, now=NOW)

    assert "instanceUuid" not in json.loads(text)
    assert begin(text, vcenter=host).problem == ""


def test_a_checkpoint_has_what_the_go_project_reads_and_more():
    position = Position(
        key=-7,
        type="esx.problem.net",
        time=ago(seconds=1.5),
        until=ago(seconds=1),
        passed_over=((-8, -8),),
        acknowledged=(
            Run(-9, -7, ago(seconds=2), ago(seconds=1)),
            Run(3, 3, ago(seconds=1), ago(seconds=1)),
        ),
    )

    assert json.loads(checkpoint.write(position, HERE, now=NOW)) == {
        "vCenter": "https://vc.example/sdk",
        "lastEventKey": -7,
        "lastEventType": "esx.problem.net",
        "lastEventKeyTimestamp": "2026-11-22T11:59:58.500000Z",
        "createdTimestamp": "2026-11-22T12:00:00Z",
        "instanceUuid": "uuid-1",
        "acknowledged": [
            [-9, -7, "2026-11-22T11:59:58Z", "2026-11-22T11:59:59Z"],
            [3, 3, "2026-11-22T11:59:59Z", "2026-11-22T11:59:59Z"],
        ],
        "upTo": {
            "key": -7,
            "time": "2026-11-22T11:59:58.500000Z",
            "until": "2026-11-22T11:59:59Z",
            "passedOver": [[-8, -8]],
        },
    }


TIMES = st.datetimes(
    min_value=dt.datetime(2026, 11, 22, 11, 56),  # noqa: DTZ001  Hypothesis adds the zone
    max_value=dt.datetime(2026, 11, 22, 12),  # noqa: DTZ001  as above
    timezones=st.just(dt.UTC),
)
KEYS = st.integers(-(2**31), 2**31) | st.integers(0, 20)
RUNS = st.lists(st.builds(Run, KEYS, KEYS, TIMES, TIMES), max_size=20)


SPANS = st.lists(st.tuples(KEYS, KEYS), max_size=5)


@given(runs=RUNS, time=TIMES, key=KEYS, until=st.none() | TIMES, passed_over=SPANS)
def test_what_is_written_is_what_reading_begins_with(runs, time, key, until, passed_over):
    position = Position(
        key=key,
        type="t",
        time=time,
        until=until,
        acknowledged=tuple(runs),
        passed_over=tuple(passed_over),
    )

    assert begin(checkpoint.write(position, HERE, now=NOW)) == Begin(
        time=time - checkpoint.OVERLAP,
        acknowledged=position.acknowledged,
        passed_over=position.passed_over,
        since=time,
        key=key,
        type="t",
        until=until,
    )


@pytest.mark.parametrize(
    ("key", "at", "settled"),
    [
        pytest.param(7, 60, True, id="the last one"),
        pytest.param(1, 600, True, id="one before it"),
        pytest.param(1, 49, False, id="a key that comes again, later than all of those"),
        pytest.param(8, 60, False, id="the next one"),
        pytest.param(4, 60, False, id="one that was passed over"),
        pytest.param(9, 40, True, id="one that is acknowledged beyond it"),
    ],
)
def test_a_checkpoint_tells_what_is_settled(key, at, settled):
    beyond = [9, 9, "2026-11-22T11:59:20Z", "2026-11-22T11:59:20Z"]

    said = begin(stored(upTo=UP_TO_SEVEN, acknowledged=[beyond]))

    assert said.has_settled(key, ago(seconds=at)) is settled


def test_an_older_checkpoint_tells_of_what_is_acknowledged_only():
    said = begin(stored(acknowledged=[WRITTEN_SEVEN]))

    assert [key for key in range(1, 9) if said.has_settled(key, ago(seconds=90))] == [5, 6, 7]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "lastEventKey",
    "lastEventType",
    "lastEventKeyTimestamp",
    "instanceUuid",
    "acknowledged",
    "upTo",
)
LIKE_TIMES = st.sampled_from(
    ["2026-11-22T11:59:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"]
)


@given(
    text=st.text()
    | JSON.map(json.dumps)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON | LIKE_TIMES)).map(json.dumps)
    | st.fixed_dictionaries(
        {"lastEventKeyTimestamp": LIKE_TIMES},
        optional={
            "lastEventKey": JSON,
            "acknowledged": JSON | st.lists(st.tuples(JSON, JSON, LIKE_TIMES, LIKE_TIMES)),
        },
    ).map(json.dumps)
)
@example(text="[" * 100_000)
@example(text='{"lastEventKey":Infinity,"lastEventKeyTimestamp":"2026-11-22T11:59:00Z"}')
@example(text='{"lastEventKeyTimestamp":"9999-12-31T23:59:59-12:00"}')
@example(text='{"lastEventKeyTimestamp":"9999-12-31T23:59:59Z"}')
def test_no_text_keeps_reading_from_beginning(text):
    """Nor does one move the begin outside of the replay window."""
    found = begin(text)

    assert OLDEST - checkpoint.OVERLAP <= found.time <= NOW


@given(text=st.just(stored()), max_age=st.timedeltas(dt.timedelta(0), dt.timedelta(days=106_751)))
def test_no_replay_window_is_too_long(text, max_age):
    assert begin(text, max_age=max_age).time <= NOW
