"""How a pod's process is started, kept alive, changed and ended; tiny programs are its adapters."""

import json
import os
import stat
import subprocess
import sys

import pytest

from standalone.pod import Pod
from standalone.process import Process

PROGRAM = """
import json, os, signal, sys, time

def tell(value):
    with open({file!r} + ".new", "w") as file:
        json.dump(value, file)
    os.replace({file!r} + ".new", {file!r})

def stay():
    time.sleep(60)

{code}
"""


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def pod(tmp_path):
    """Make a pod of this code, where `tell` tells the test a value."""

    def made(code="stay()", environment=(), **files):
        code = PROGRAM.format(file=str(tmp_path / "told"), code=code)
        return Pod(
            command=(sys.executable, "-S", "-c", code),
            environment=dict(environment),
            folder=tmp_path / "default" / "events",
            files={name: content.encode() for name, content in files.items()},
        )

    return made


@pytest.fixture
def told(tmp_path, eventually):
    """Read what a program told."""

    def read():
        file = tmp_path / "told"
        eventually(file.exists)
        value = json.loads(file.read_text())
        file.unlink()
        return value

    return read


@pytest.fixture
def process(clock, said):
    """Make processes; all of them end with the test."""
    made = []

    def process(pod, **options):
        made.append(Process(pod=pod, said=said.append, clock=clock, **options))
        return made[-1]

    yield process
    for each in made:
        each.stop()


@pytest.fixture
def die(clock, eventually):
    """Let a process run, and end by itself after so many seconds of the clock."""

    def died(process, after=0.0):
        process.turn()
        eventually(lambda: not process.alive)
        clock.now += after
        process.turn()

    return died


def contents(pod):
    return {file.name: file.read_text() for file in (pod.folder / "secret").iterdir()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def in_use(folder, holders):
    return (
        f"The adapter cannot start: {folder} is in use by {holders}: end that first, "
        "or choose another folder with --state"
    )


def test_nothing_runs_before_the_first_turn(process, pod):
    only = process(pod())

    assert not only.alive
    only.turn()
    assert only.alive


def test_a_process_that_dies_is_started_again_after_waits_that_double(
    process, pod, clock, die, said
):
    dying = process(pod("sys.exit(3)"))

    waits = []
    for _ in range(8):
        die(dying)
        died = clock.now
        while dying.problem:
            clock.now += 0.5
            dying.turn()
        waits.append(clock.now - died)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert said[:2] == [
        "The adapter ended with exit code 3; next start in 1 s.",
        "The adapter ended with exit code 3; next start in 2 s.",
    ]


def test_who_lived_for_a_minute_starts_anew_with_the_first_wait(process, pod, clock, die, said):
    dying = process(pod("sys.exit(3)"))
    die(dying)
    clock.now += 1
    die(dying, after=59)
    clock.now += 2
    die(dying, after=60)

    assert [text.rpartition(" in ")[2] for text in said] == ["1 s.", "2 s.", "1 s."]


def test_a_process_that_was_killed_is_said_to_be(process, pod, die, said):
    dying = process(pod("os.kill(os.getpid(), 9)"))

    die(dying)

    assert dying.problem == "The adapter was killed by signal 9"
    assert said == ["The adapter was killed by signal 9; next start in 1 s."]


def test_a_program_that_cannot_be_started_is_tried_again_like_one_that_died(
    process, pod, clock, said
):
    absent = Pod(command=("/absent",), environment={}, folder=pod().folder)
    failing = process(absent)

    failing.turn()
    clock.now += 1
    failing.turn()

    assert said == [
        "The adapter cannot start: [Errno 2] No such file or directory: '/absent'; "
        f"next start in {seconds} s."
        for seconds in (1, 2)
    ]


def test_the_environment_is_that_of_the_pod_and_of_ours_what_no_manifest_decides(
    process, pod, told, monkeypatch
):
    for name in ("K_CA_CERTS", "VC_USERNAME", "VSPHERE_DELIVERY_CONFIG", "LOG_LEVEL"):
        monkeypatch.setenv(name, "of the shell")

    process(pod("tell(dict(os.environ))", {"K_SINK": "http://sink"})).turn()

    environment = told()
    shown = ("K_", "VC_", "VSPHERE_", "LOG_")
    assert {name: value for name, value in environment.items() if name.startswith(shown)} == {
        "K_SINK": "http://sink",
        "LOG_LEVEL": "of the shell",
    }
    assert "PATH" in environment


def test_the_secret_is_there_from_the_start_and_only_its_owner_may_read_it(process, pod, told):
    folder = pod().folder / "secret"
    code = f"tell([open({str(folder)!r} + '/' + key).read() for key in ('username', 'password')])"

    process(pod(code, username="user", password="pass")).turn()

    assert told() == ["user", "pass"]
    assert mode(folder) == 0o700
    assert {file.name: mode(file) for file in folder.iterdir()} == {
        "username": 0o600,
        "password": 0o600,
    }


def test_a_changed_secret_alone_changes_the_files_and_not_the_process(process, pod, told, runs):
    code = "tell(os.getpid()); stay()"
    running = process(pod(code, username="old", password="old"))
    running.turn()
    pid = told()
    username = running.pod.folder / "secret" / "username"

    with username.open() as reader:
        running.replace(pod(code, username="new"))
        running.turn()

        # Another file in the old one's place: a reader gets all of one of them.
        assert reader.read() == "old"
    assert contents(running.pod) == {"username": "new"}
    assert mode(username) == 0o600
    assert runs(pid)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"environment": {"K_SINK": "http://other"}}, id="environment"),
        pytest.param({"code": "stay(); stay()"}, id="command"),
    ],
)
def test_a_changed_pod_takes_the_place_of_the_old_one_at_once(process, pod, told, runs, change):
    running = process(pod("tell(os.getpid()); stay()", {"K_SINK": "http://sink"}, username="user"))
    running.turn()
    pid = told()

    running.replace(
        pod(
            **{"code": "stay()", "environment": {"K_SINK": "http://sink"}} | change, username="user"
        )
    )

    assert not runs(pid)
    running.turn()
    assert running.alive
    assert contents(running.pod) == {"username": "user"}


def test_an_equal_pod_changes_nothing(process, pod, told, runs):
    code = "tell(os.getpid()); stay()"
    running = process(pod(code, {"A": "1"}, username="user"))
    running.turn()
    pid = told()

    running.replace(pod(code, {"A": "1"}, username="user"))

    assert runs(pid)


def test_a_pod_that_was_mended_does_not_wait_for_the_failures_of_the_old_one(process, pod, die):
    broken = process(pod("sys.exit(2)"))
    die(broken)

    broken.replace(pod())
    broken.turn()

    assert broken.alive


def test_a_stop_waits_for_the_process_to_finish_each_time(process, pod, told):
    finish = "lambda *_: (time.sleep(0.1), tell('finished'), sys.exit())"
    running = process(pod(f"signal.signal(signal.SIGTERM, {finish}); tell('up'); stay()"))
    for _ in range(2):
        running.turn()
        assert told() == "up"

        running.stop()

        assert not running.alive
        assert told() == "finished"


def test_a_process_is_asked_to_end_only_once(process, pod, told):
    ask = "signal.signal(signal.SIGTERM, lambda *_: (asked.append(1), tell('asked')))"
    wait = "while not asked: time.sleep(0.01)"
    running = process(
        pod(f"asked = []; {ask}; tell('up')\n{wait}\ntime.sleep(0.2); tell(len(asked))")
    )
    running.turn()
    assert told() == "up"

    running.terminate()
    assert told() == "asked"
    running.stop()

    assert told() == 1


def test_a_process_that_ignores_the_stop_is_killed(process, pod, told, runs):
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN); tell(os.getpid()); stay()"
    running = process(pod(code), stop_seconds=0.2)
    running.turn()
    pid = told()

    running.stop()

    assert not runs(pid)


def test_a_stop_takes_the_secret_off_the_disk_and_leaves_the_rest(process, pod):
    running = process(pod(username="user", password="pass"))
    running.turn()
    (running.pod.folder / "checkpoint.json").touch()

    running.stop()

    assert sorted(file.name for file in running.pod.folder.iterdir()) == ["checkpoint.json", "lock"]


def test_ctrl_c_in_the_terminal_does_not_reach_the_process(process, pod, told):
    process(pod("tell(os.getsid(0))")).turn()

    assert told() != os.getsid(0)


def test_two_do_not_work_in_one_folder(process, pod, clock, told):
    first = process(pod("tell(os.getpid()); stay()", username="user"))
    first.turn()
    pid = told()
    second = process(pod(username="another"))

    second.turn()
    second.replace(pod(username="yet another"))
    second.stop()

    assert contents(first.pod) == {"username": "user"}
    holders = f"process {os.getpid()} (runner) or {pid} (adapter)"
    assert second.problem == in_use(first.pod.folder, holders)
    first.stop()
    clock.now += 1
    second.turn()
    assert second.alive


def test_the_process_of_a_runner_that_was_killed_keeps_its_folder(
    process, pod, clock, told, eventually
):
    orphan = pod("tell(os.getpid()); stay()")
    runner = f"""
import os, pathlib
from standalone.pod import Pod
from standalone.process import Process
pod = Pod(command={orphan.command!r}, environment={{}}, folder=pathlib.Path({str(orphan.folder)!r}))
Process(pod=pod, said=print).turn()
os.kill(os.getpid(), 9)
"""
    killed = subprocess.Popen([sys.executable, "-c", runner])
    killed.wait()
    pid = told()
    late = process(pod())

    late.turn()

    assert not late.alive
    holders = f"process {killed.pid} (runner) or {pid} (adapter)"
    assert late.problem == in_use(orphan.folder, holders)
    os.kill(pid, 9)

    def later():
        clock.now += 60
        late.turn()

    eventually(lambda: late.alive, meanwhile=later)
