"""vcsim, govmomi's vCenter simulator, as a real process, and pyVmomi to make things happen."""

import datetime as dt
import re
import ssl
import subprocess

import pytest
from pyVim.connect import SmartStubAdapter
from pyVmomi import vim

from tests.programs import program


class VCSim:
    """A vcsim with four machines, all powered on, and a session that sees everything."""

    def __init__(self, url, content):
        self.url = url
        self.content = content
        view = content.viewManager.CreateContainerView(
            content.rootFolder, [vim.VirtualMachine], recursive=True
        )
        self._machines = list(view.view)

    def power(self, operations):
        """Power machines off and on, one after the other; each makes two events."""
        for number in range(operations):
            cycle, machine = divmod(number, len(self._machines))
            vm = self._machines[machine]
            task = vm.PowerOn() if cycle % 2 else vm.PowerOff()
            while task.info.state != "success":
                assert task.info.state != "error", task.info.error

    def post(self, count):
        """Let that many events happen which are about nothing."""
        event = vim.event.GeneralUserEvent(
            key=0, chainId=0, createdTime=dt.datetime.now(dt.UTC), userName="", message="posted"
        )
        for _ in range(count):
            self.content.eventManager.PostEvent(event, None)

    def history(self, after=0):
        """Return all events with a key above *after*."""
        collector = self.content.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())
        page = collector.ReadNextEvents(1000)
        collector.DestroyCollector()
        return [event for event in page if event.key > after]

    @property
    def sessions(self):
        return len(self.content.sessionManager.sessionList)


@pytest.fixture
def vcsim(request):
    """A vcsim; tests may parametrise its options."""
    options = getattr(request, "param", [])
    with subprocess.Popen(
        [program("vcsim"), "-l", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            stub = SmartStubAdapter(host="127.0.0.1", port=port, sslContext=context)
            content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
            content.sessionManager.Login("observer", "pass", None)
            yield VCSim(f"https://127.0.0.1:{port}/sdk", content)
            stub.DropConnections()
        finally:
            process.kill()
