"""vcsim, govmomi's simulator, as the vCenter of a cell: somebody else's idea of the API.

It keeps a thousand events and four machines, so it gets a gentle load.
"""

import contextlib
import re
import ssl
import subprocess
import threading

from pyVim.connect import SmartStubAdapter
from pyVmomi import vim

from tests.programs import program

from .peer import serve

COLLECTORS = 32
"""How many it has, for all sessions together."""


class VCSim:
    """What the harness calls, as it calls our own simulator."""

    def __init__(self):
        self._process = subprocess.Popen(
            [program("vcsim"), "-l", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            # It tells of each connection that breaks.
            stderr=subprocess.DEVNULL,
            text=True,
        )
        port = int(re.search(r"127\.0\.0\.1:(\d+)", self._process.stdout.readline())[1])
        self._url = f"https://127.0.0.1:{port}/sdk"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        stub = SmartStubAdapter(host="127.0.0.1", port=port, sslContext=context)
        self._content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
        # The password that every cell has; vcsim takes any user.
        self._content.sessionManager.Login("observer", "pass", None)
        view = self._content.viewManager.CreateContainerView(
            self._content.rootFolder, [vim.VirtualMachine], recursive=True
        )
        self._machines = list(view.view)
        self._operations = 0
        self._idle = threading.Event()
        self._loading = None
        self._before = 0
        self._orphans = 0

    def url(self):
        return self._url

    def happen(self, count):
        """Power machines off and on until about that many events have come of it."""
        for _ in range(count // 2):
            self._power()

    def load(self, rate):
        """Power machines until told to `rest`; at most *rate* events a second."""
        self._before = max(event.key for event in self._events())
        self._idle.clear()
        self._loading = threading.Thread(target=self._live, args=(2 / rate,))
        self._loading.start()

    def rest(self):
        """End the load; returns how many events there were."""
        self._idle.set()
        if self._loading:
            self._loading.join()
        return len(self.made())

    def made(self):
        """All that happened to machines since the load began, in order."""
        return [_told(event) for event in self._events() if self._counts(event)]

    def beside(self):
        """What happened besides: before the load, and logins, the adapter's own among them."""
        return [_told(event) for event in self._events() if not self._counts(event)]

    def expire(self):
        """End all sessions but our own."""
        manager = self._content.sessionManager
        own = manager.currentSession.key
        others = [session.key for session in manager.sessionList if session.key != own]
        if others:
            manager.TerminateSession(others)
            # Their collectors stay, and nobody can destroy those any more.
            self._orphans = self._collectors()

    def left(self):
        """What is open besides our own session."""
        own = self._content.sessionManager.currentSession.key
        sessions = self._content.sessionManager.sessionList
        known = [one for one in sessions if one.key != own and one.callCount]
        return {
            "sessions_left": len(known),
            "collectors_left": self._collectors() - self._orphans,
        }

    def close(self):
        """Leave no process behind."""
        self.rest()
        self._process.kill()
        self._process.wait()

    def _live(self, pause):
        while not self._idle.wait(pause):
            self._power()

    def _power(self):
        cycle, machine = divmod(self._operations, len(self._machines))
        self._operations += 1
        vm = self._machines[machine]
        task = vm.PowerOn() if cycle % 2 else vm.PowerOff()
        while task.info.state not in {"success", "error"}:
            pass

    def _counts(self, event):
        return event.key > self._before and event.vm is not None

    def _collectors(self):
        """Find out how many collectors there are, by how many more there may be."""
        manager, free = self._content.eventManager, []
        with contextlib.suppress(vim.fault.InvalidState):
            while True:
                free.append(manager.CreateCollectorForEvents(vim.event.EventFilterSpec()))
        for collector in free:
            collector.DestroyCollector()
        return COLLECTORS - len(free)

    def _events(self):
        collector = self._content.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())
        page = collector.ReadNextEvents(1000)
        collector.DestroyCollector()
        return page


def _told(event):
    about = str(event.vm.vm) if event.vm else ""
    return event.key, event.createdTime.isoformat(), about


if __name__ == "__main__":
    with contextlib.closing(VCSim()) as vcsim:
        serve(vcsim)
