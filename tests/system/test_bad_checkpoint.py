"""Checkpoints that cannot be used: what is within maxAge is replayed, and the log says why."""

import datetime as dt
import json

import pytest

HOUR = dt.timedelta(hours=1)


def text(*, age, **more):
    moment = dt.datetime.now(dt.UTC) - age
    return json.dumps({"lastEventKeyTimestamp": moment.isoformat(), **more})


@pytest.mark.parametrize(
    ("stored", "problem", "told"),
    [
        pytest.param(
            '{"lastEventKey":',
            "The checkpoint is unreadable (Expecting value: line 1 column 17 (char 16))",
            1,
            id="cut off",
        ),
        pytest.param(
            "",
            "The checkpoint is unreadable (Expecting value: line 1 column 1 (char 0))",
            1,
            id="empty",
        ),
        pytest.param(
            text(age=HOUR / 30, instanceUuid="4fd1fd51-another"),
            "The checkpoint is of another vCenter (4fd1fd51-another)",
            0,
            id="of another vCenter",
        ),
        pytest.param(
            text(age=-HOUR),
            "The checkpoint lies in the future (<time>)",
            1,
            id="in the future",
        ),
    ],
)
def test_a_checkpoint_that_cannot_be_used_replays_what_is_within_max_age(
    stored, problem, told, vcenter, lab
):
    """That something else happened before is told, unless it was before the checkpoint too."""
    lab.checkpoint.write_text(stored)
    vcenter.happen(1, ago=400)
    made = vcenter.happen(2, to=1, ago=200)

    adapter = lab.start(vcenter.url).until_ready()
    made += vcenter.happen(1)
    lab.eventually(lambda: len(lab.sink.taken) >= 3 + told)

    assert adapter.terminate() == 0
    gaps, events = lab.sink.arrived.split(lambda arrival: arrival.is_gap)
    assert (events.ids, len(gaps)) == (made, told)
    begun = lab.begun(vcenter.url, note=f" {problem}: reading began at <time>.")
    assert adapter.said[:2] == begun
    assert [line.partition(" (")[0] for line in adapter.said[2:]] == told * [
        f"WARNING Events from <time> to <time> may be missing. {problem.partition(' (')[0]}"
    ]
    assert json.loads(lab.checkpoint.read_text())["lastEventKey"] == int(made[-1])


def test_a_checkpoint_that_cannot_be_read_is_waited_for_and_nothing_is_passed_over(
    vcenter, lab, tmp_path
):
    folder = tmp_path / "state"
    folder.touch()
    adapter = lab.start(vcenter.url, VSPHERE_CHECKPOINT_FILE=str(folder / "checkpoint.json"))
    lab.eventually(lambda: adapter.said)
    made = vcenter.happen(1)
    assert (adapter.alive, adapter.ready) == (True, False)

    folder.unlink()
    folder.mkdir()
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said == [
        (
            f"ERROR CheckpointUnavailable: The checkpoint file {folder}/checkpoint.json cannot be"
            " read: Not a directory."
        ),
        *lab.begun(vcenter.url),
    ]


def test_a_checkpoint_that_cannot_be_written_does_not_hold_the_delivery(vcenter, lab, tmp_path):
    file = tmp_path / "state" / "checkpoint.json"
    adapter = lab.start(vcenter.url, VSPHERE_CHECKPOINT_FILE=str(file)).until_ready()
    made = vcenter.happen(1)
    problem = (
        f"ERROR The checkpoint file {file} cannot be written: No such file or directory."
        " Delivery goes on, but a restart will begin at the last one that was written, if any."
    )
    lab.eventually(lambda: lab.sink.arrived.ids == made)

    file.parent.mkdir()
    lab.eventually(file.exists)
    made += vcenter.happen(1)
    lab.eventually(lambda: lab.sink.arrived.ids == made)

    assert adapter.terminate() == 0
    assert adapter.said == [problem, *lab.begun(vcenter.url)]
    assert json.loads(file.read_text())["lastEventKey"] == int(made[-1])
