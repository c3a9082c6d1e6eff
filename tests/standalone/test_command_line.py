"""`python -m standalone`, run as its users run it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from standalone.__main__ import main

ROOT = Path(__file__).parents[2]
BROKER = {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "events"}}


class Command:
    """One run of the program; stderr goes to a file, unless *streams* says otherwise."""

    def __init__(self, arguments, log, streams):
        self._log = log
        with log.open("w") as stderr:
            given = {"stdout": subprocess.PIPE, "stderr": stderr} | streams
            self.process = subprocess.Popen(arguments, cwd=ROOT, text=True, **given)

    @property
    def said(self):
        return self._log.read_text()

    def stop(self, number=signal.SIGINT):
        """Send it a signal, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path):
    """Start the program; what still runs after the test is ended."""
    with contextlib.ExitStack() as stack:

        def start(*arguments, wrapper=(), **streams):
            words = [*wrapper, sys.executable, "-m", "standalone", *arguments]
            words += ["--state", tmp_path / "state"]
            log = tmp_path / f"said-{len(list(tmp_path.glob('said-*')))}"
            command = Command(list(map(str, words)), log, streams)
            stack.enter_context(command.process)
            stack.callback(command.process.terminate)
            return command

        yield start


@pytest.fixture
def run(start, declare, eventually):
    """Run a source from the simulated vCenter to the sink, and wait until it says something."""

    def run(*options, said="Streaming", **spec):
        command = start("run", declare(**spec), *options)
        eventually(lambda: said in command.said)
        return command

    return run


class Traffic:
    """Events of one machine: what happened, and what arrived of it."""

    def __init__(self, happen, arrived):
        self._happen, self._arrived = happen, arrived
        self.happened = []

    def happen(self):
        self.happened += self._happen(3)

    @property
    def arrived(self):
        return self._arrived()

    @property
    def first_arrivals(self):
        """Without what came again."""
        return list(dict.fromkeys(self.arrived))

    def complete(self):
        return set(self.happened) <= set(self.arrived)


@pytest.fixture
def traffic(happen, vcenter, sink):
    return Traffic(lambda count: happen(vcenter, count), lambda: sink.keys)


@pytest.fixture
def folder(tmp_path):
    """Where the adapter works."""
    return tmp_path / "state" / "default" / "events"


@pytest.fixture
def adapter_runs(adapter, runs):
    return lambda: runs(adapter())


def test_ctrl_c_ends_it_in_order_and_started_again_it_loses_and_repeats_nothing(
    run, traffic, eventually, adapter_runs, folder
):
    first = run()
    traffic.happen()
    eventually(traffic.complete)
    assert first.stop(signal.SIGINT) == 0
    assert first.said.splitlines()[-1] == (
        f"Checkpoint: {folder}/checkpoint.json. Started again, it goes on from there."
    )
    assert not adapter_runs()
    assert sorted(file.name for file in folder.iterdir()) == ["checkpoint.json", "lock"]

    traffic.happen()
    second = run()
    traffic.happen()
    eventually(traffic.complete)
    second.stop()

    assert traffic.arrived == traffic.happened


def test_an_adapter_that_was_killed_is_started_again_and_loses_nothing(
    run, traffic, eventually, adapter
):
    command = run()
    traffic.happen()
    eventually(traffic.complete)

    os.kill(adapter(), signal.SIGKILL)
    traffic.happen()
    eventually(traffic.complete)

    assert traffic.first_arrivals == traffic.happened
    assert (
        "VSphereSource default/events: The adapter was killed by signal 9; next start in 1 s."
        in command.said
    )


def test_after_the_runner_was_killed_another_waits_for_its_adapter_to_end(
    run, traffic, eventually, adapter, folder
):
    killed = run()
    orphan = adapter()
    killed.stop(signal.SIGKILL)
    try:
        traffic.happen()
        eventually(traffic.complete)
        second = run(said="is in use by")
    finally:
        os.kill(orphan, signal.SIGTERM)
    traffic.happen()
    eventually(traffic.complete)

    assert (
        f"VSphereSource default/events: The adapter cannot start: {folder} is in use by process "
        f"{killed.process.pid} (runner) or {orphan} (adapter): end that first, or choose another "
        "folder with --state; next start in 1 s."
    ) in second.said
    assert traffic.arrived == traffic.happened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_is_no_error(run, number):
    assert run(sink=BROKER, said="Broker").stop(number) == 0


def test_ctrl_c_again_and_again_ends_it_in_order_all_the_same(run, folder):
    command = run()

    for _ in range(200):
        command.process.send_signal(signal.SIGINT)

    assert command.process.wait(20) == 0
    assert not (folder / "secret").exists()


def test_nohup_keeps_it_running_when_the_terminal_is_closed(start, declare, eventually):
    command = start("run", declare(sink=BROKER), wrapper=["nohup"])
    eventually(lambda: "Broker" in command.said)

    command.process.send_signal(signal.SIGHUP)

    declare("a: b: c")
    eventually(lambda: "What runs goes on as before." in command.said)


def test_when_nobody_reads_its_messages_any_more_it_still_ends_in_order(
    start, declare, eventually, folder
):
    command = start("run", declare(), stderr=subprocess.PIPE)
    command.process.stderr.readline()
    command.process.stderr.close()
    eventually((folder / "checkpoint.json").exists)

    assert command.stop() == 0
    assert not (folder / "secret").exists()


def test_a_file_that_cannot_be_used_ends_it_with_2_and_the_reason(start, tmp_path):
    command = start("run", tmp_path / "absent.yaml")

    assert command.process.wait() == 2
    assert command.said == f"{tmp_path}/absent.yaml cannot be read: No such file or directory.\n"


def test_a_folder_that_cannot_be_made_ends_it_with_2_and_the_reason(start, declare, tmp_path):
    (tmp_path / "state").touch()

    command = start("run", declare())

    assert command.process.wait() == 2
    assert command.said == f"--state: the folder {tmp_path}/state cannot be made: File exists.\n"


SERVICE = (
    "argument --service: must be NAMESPACE/NAME=URL, with an http or https URL without user info, "
    "like default/printer=http://localhost:8080"
)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param([], "the following arguments are required: command", id="nothing"),
        pytest.param(["run"], "the following arguments are required: FILE", id="no file"),
        pytest.param(
            ["run", "f", "--service", "printer=http://localhost"], SERVICE, id="no namespace"
        ),
        pytest.param(["run", "f", "--service", "a/b"], SERVICE, id="no URL"),
        pytest.param(["run", "f", "--service", "a/b=localhost"], SERVICE, id="no scheme"),
        pytest.param(["run", "f", "--service", "a/b=http:///x"], SERVICE, id="no host"),
        pytest.param(["run", "f", "--service", "a/b=http://u:secret@h"], SERVICE, id="user info"),
        pytest.param(
            ["demo", "--events", "0"],
            "argument --events: must be a whole number from 1, not '0'",
            id="no events",
        ),
        pytest.param(
            ["demo", "--events", "five"],
            "argument --events: must be a whole number from 1, not 'five'",
            id="a word",
        ),
    ],
)
def test_wrong_arguments_end_it_with_2_and_the_reason(capsys, arguments, problem):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].partition(" error: ")[2] == problem


def test_services_are_named_on_the_command_line(run, sink, traffic, eventually):
    ref = {"apiVersion": "v1", "kind": "Service", "name": "printer", "namespace": "shop"}
    run(f"--service=shop/printer={sink.url}", sink={"ref": ref, "uri": "/in"})

    traffic.happen()
    eventually(traffic.complete)


def test_the_demo_prints_structured_events_and_nothing_else(start):
    command = start("demo", "--events", 5)

    events = [json.loads(line) for line in command.process.communicate()[0].splitlines()]

    assert command.process.returncode == 0
    assert len({event["id"] for event in events}) >= 5
    assert {"specversion", "id", "source", "type", "time", "data", "eventclass"} <= events[0].keys()
    assert (events[0]["specversion"], events[0]["datacontenttype"]) == ("1.0", "application/json")
    assert "Started again, it goes on from there." in command.said


def test_the_demo_ends_when_nobody_reads_its_events_any_more(start, tmp_path):
    command = start("demo")
    with command.process.stdout as events:
        assert json.loads(events.readline())["specversion"] == "1.0"

    assert command.process.wait(20) == 0
    assert "Traceback" not in command.said
    assert not (tmp_path / "state" / "default" / "quickstart" / "secret").exists()
