"""A container as a process: started, provided with files, restarted ever later, and ended."""

import os
import pathlib
import signal
import sys
import time

import pytest

from standalone.kubelet.container import Container, NotStartableError

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")
IGNORE = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
FORK = """
import subprocess, sys, os
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(os.getpid(), child.pid, flush=True)
child.wait()
"""
PARENT = (sys.executable, "-c", FORK)
STUBBORN = (sys.executable, "-c", IGNORE)


class World:
    """A container with a clock that a test moves."""

    def __init__(self, folder):
        self.now, self.files, self.missing = 0.0, {}, ""
        self.folder = folder
        self.container = None

    def start(self, command, **options):
        self.container = Container(
            command=command,
            **options,
            environment=self.environment,
            files=lambda: dict(self.files),
            log=self.folder / "log",
            clock=lambda: self.now,
        )
        self.container.turn()
        return self.container

    def environment(self):
        if self.missing:
            raise NotStartableError(self.missing)
        return {"GREETING": "hello"}


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.container.kill()


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_runs_with_the_environment_that_was_asked_for_and_no_other(world, tmp_path):
    world.start((sys.executable, "-c", "import os; print(os.environ['GREETING'], len(os.environ))"))

    until(lambda: not world.container.alive)

    # Python adds LC_CTYPE where no locale is set.
    assert (tmp_path / "log").read_text() in {"hello 1\n", "hello 2\n"}


def test_who_dies_is_started_again_ever_later(world):
    container = world.start((sys.executable, "-c", "raise SystemExit(3)"))
    starts = []
    for second in range(16):
        world.now = second
        until(lambda: not container.alive)
        before = container.restarts
        container.turn()
        if container.restarts > before:
            starts.append(second)

    assert starts == [1, 4, 9]
    assert container.exit_code == 3


@pytest.mark.parametrize("code", [0, 3])
def test_who_runs_once_is_not_started_again(world, code):
    container = world.start((sys.executable, "-c", f"raise SystemExit({code})"), once=True)
    assert not container.over
    until(lambda: not container.alive)

    for world.now in range(16):
        container.turn()

    assert (container.over, container.exit_code, container.restarts) == (True, code, 0)


def test_what_is_missing_is_told_until_it_is_there(world):
    world.missing = "There is no such Service."
    container = world.start(SLEEPER)
    assert (container.alive, container.problem) == (False, "There is no such Service.")

    world.missing = ""
    container.turn()

    assert (container.alive, container.problem, container.restarts) == (True, "", 0)


def test_files_follow_while_it_runs(world, tmp_path):
    user, password = tmp_path / "secret" / "user", tmp_path / "secret" / "password"
    world.files = {user: b"somebody", password: b"old"}
    container = world.start(SLEEPER)

    world.files = {password: b"new"}
    world.now += 1
    container.turn()

    assert [path.name for path in user.parent.iterdir()] == ["password"]
    assert password.read_bytes() == b"new"
    assert password.stat().st_mode & 0o777 == 0o600


def test_it_has_its_time_to_end(world):
    container = world.start(SLEEPER)

    assert container.stop(30) is False
    until(lambda: not container.alive)
    assert container.stop(30) is True


def test_who_does_not_end_in_time_is_killed(world, tmp_path):
    container = world.start(STUBBORN)
    until(lambda: "up" in (tmp_path / "log").read_text())
    container.stop(30)
    assert container.alive

    world.now += 30
    container.stop(30)

    until(lambda: container.stop(30))


def test_it_is_asked_to_end_after_what_runs_before(world, tmp_path):
    proceed = tmp_path / "proceed"
    wait = (sys.executable, "-c", f"import os\nwhile not os.path.exists({str(proceed)!r}): pass")
    container = world.start(SLEEPER, pre_stop=wait)

    for _ in range(20):
        assert container.stop(30) is False
        time.sleep(0.01)
    assert container.alive
    proceed.touch()

    until(lambda: container.stop(30))


def test_what_runs_before_the_end_has_its_time_too(world):
    container = world.start(SLEEPER, pre_stop=SLEEPER)
    container.stop(30)

    world.now += 30

    until(lambda: container.stop(30))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_it_started_goes_with_it(world, tmp_path, how):
    """As of a container whose first process ends, whatever ends it."""
    container = world.start(PARENT)
    until(lambda: (tmp_path / "log").read_text().endswith("\n"))
    parent, child = map(int, (tmp_path / "log").read_text().split())

    os.kill(parent, how)
    until(lambda: not container.alive)
    container.turn()

    until(lambda: not is_running(child))


def is_running(process):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_who_was_stopped_is_started_again(world):
    container = world.start(SLEEPER)
    until(lambda: container.stop(30))

    container.turn()
    world.now += 1
    container.turn()

    assert (container.alive, container.restarts, container.exit_code) == (True, 1, -15)
    assert container.stop(30) is False
