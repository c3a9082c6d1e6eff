"""Processes that do what each line of JSON on their stdin says, and answer with a line."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Peer:
    """*module* of this folder as a process, which ends with the context, or with this process."""

    def __init__(self, module, *arguments):
        self._name = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.processes.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, method, **arguments):
        """Call *method* of what the process serves, and return what that returns."""
        self._process.stdin.write(json.dumps([method, arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The {self._name} of the harness died when told to {method}.")
        return json.loads(answer)


def serve(target):
    """Carry out on *target* what stdin says, until it ends."""
    for line in sys.stdin:
        method, arguments = json.loads(line)
        answer = json.dumps(getattr(target, method)(**arguments))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
