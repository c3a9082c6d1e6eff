"""A simulator with a clock of its own, and pyVmomi as its client."""

import datetime as dt
import ssl
import urllib.parse

import pytest
from pyVim.connect import SmartStubAdapter
from pyVmomi import SoapStubAdapter, vim

from standalone.simulator import Simulator, events, inventory

VERSION = "vim.version.v8_0_3_0"
NOW = dt.datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def machine():
    return inventory.build()[57]


@pytest.fixture
def powered_on(machine):
    """An event that has just happened."""
    return events.power_on(machine, NOW)


@pytest.fixture
def unknown(machine):
    """An event of a class that pyVmomi does not know."""
    return events.unknown(machine, NOW)


@pytest.fixture
def vcenter():
    with Simulator(credentials=("user", "pass"), clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def connect():
    """Connect to a simulator; the connections are closed when the test ends."""
    stubs = []

    def connected(simulator):
        url = urllib.parse.urlsplit(simulator.url)
        if simulator.certificate:
            context = ssl.create_default_context(cadata=simulator.certificate)
            stub = SmartStubAdapter(host=url.hostname, port=url.port, sslContext=context)
        else:
            # A negative port means plain HTTP, and pyVim cannot negotiate a version over that.
            stub = SoapStubAdapter(host=url.hostname, port=-url.port, version=VERSION)
        stubs.append(stub)
        return vim.ServiceInstance("ServiceInstance", stub)

    yield connected
    for stub in stubs:
        stub.DropConnections()


@pytest.fixture
def login(connect):
    """Log in to a simulator as the user it knows."""

    def logged_in(simulator):
        service = connect(simulator)
        service.content.sessionManager.Login("user", "pass")
        return service

    return logged_in


@pytest.fixture(scope="session")
def stub_of():
    """Return the connections that a pyVmomi object uses."""
    return lambda managed: managed._stub  # noqa: SLF001  # pyVmomi has no public name for it


@pytest.fixture
def collect():
    """Create a collector for a span of time."""

    def collector(service, begin=None, end=None):
        time = vim.event.EventFilterSpec.ByTime(beginTime=begin, endTime=end)
        spec = vim.event.EventFilterSpec(time=time)
        return service.content.eventManager.CreateCollectorForEvents(spec)

    return collector
