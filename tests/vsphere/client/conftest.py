"""Real servers for the two clients, behind one face: vcsim, and the simulator for what it lacks."""

import contextlib
import datetime as dt
import pathlib
import re
import ssl
import subprocess
import time

import pytest
import trustme
import urllib3
from pyVmomi import SoapStubAdapter, vim

import vsphere
from standalone.simulator import Simulator
from tests.programs import program
from vsphere import restsession

PASSWORD = "hunter2-of-the-lab"
PATIENCE = 30
"""Seconds until what should become true soon is given up."""


@pytest.fixture
def eventually():
    def wait_for(condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "It did not happen in time."
            time.sleep(0.01)

    return wait_for


class Peer:
    """A server of one of the two APIs, with a Secret that it accepts mounted in `folder`."""

    url: str
    ca_file: pathlib.Path

    def __init__(self, folder):
        self.folder = folder
        self.write(username="root", password=PASSWORD)

    def write(self, **keys):
        for key, value in keys.items():
            (self.folder / key).write_text(f"{value}\n")

    @property
    def environment(self):
        return {"VC_URL": self.url, "VC_SECRET_PATH": str(self.folder)}

    def client(self, **options):
        return self.open(
            **{"environment": self.environment, "ca_file": self.ca_file, "timeout": 20} | options
        )


class Soap(Peer):
    open = staticmethod(vsphere.connect)

    @staticmethod
    def whoami(client):
        return client.content.sessionManager.currentSession.userName


class SoapOfVcsim(Soap):
    """vcsim tells who is logged in, to one who is so himself."""

    def __init__(self, vcsim, folder):
        super().__init__(folder)
        self.url, self.ca_file = vcsim
        port = int(self.url.rpartition(":")[2])
        context = ssl.create_default_context(cafile=self.ca_file)
        self._stub = SoapStubAdapter("127.0.0.1", port, sslContext=context)
        self._manager = vim.ServiceInstance("ServiceInstance", self._stub).content.sessionManager
        self._key = self._manager.Login("root", PASSWORD).key

    def _others(self):
        return [session for session in self._manager.sessionList if session.key != self._key]

    def users(self):
        return [session.userName for session in self._others()]

    def expire(self):
        for session in self._others():
            self._manager.TerminateSession([session.key])

    def close(self):
        self._manager.Logout()
        self._stub.DropConnections()


class RestOfVcsim(Peer):
    """vcsim does not list its REST sessions, so each that is opened is noted and asked for."""

    open = staticmethod(vsphere.rest)
    path = "/rest/com/vmware/cis/session"

    def __init__(self, vcsim, folder, monkeypatch):
        super().__init__(folder)
        self.url, self.ca_file = vcsim
        self._pool = urllib3.PoolManager(ca_certs=str(self.ca_file))
        self._keys = keys = []

        class Noted(restsession.RestSession):
            def __init__(self, transport, path, key):
                super().__init__(transport, path, key)
                keys.append(key)

        monkeypatch.setattr(restsession, "RestSession", Noted)

    def _ask(self, method, key):
        headers = {"vmware-api-session-id": key}
        return self._pool.request(method, self.url + self.path, headers=headers)

    def users(self):
        answers = [self._ask("GET", key) for key in self._keys]
        return [answer.json()["value"]["user"] for answer in answers if answer.status == 200]

    def expire(self):
        for key in self._keys:
            self._ask("DELETE", key)

    def close(self):
        self._pool.clear()

    @classmethod
    def whoami(cls, client):
        return client.get(cls.path)["user"]


class SoapOfSimulator(Soap):
    """The simulator counts sessions; it knows one user only."""

    counter = "sessions_open"
    sessions = property(lambda self: self.simulator.faults.sessions)

    def __init__(self, simulator, folder):
        super().__init__(folder)
        self.simulator = simulator
        self.url = simulator.url.removesuffix("/sdk")
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_text(simulator.certificate)

    def users(self):
        return ["root"] * getattr(self.simulator.counters, self.counter)

    def expire(self):
        self.simulator.faults.expire_sessions()

    def close(self):
        pass


class RestOfSimulator(SoapOfSimulator):
    open = staticmethod(vsphere.rest)
    counter = "rest_sessions_open"
    sessions = property(lambda self: self.simulator.faults.rest_sessions)

    @staticmethod
    def whoami(client):
        return client.get("/api/session")["user"]


@pytest.fixture(scope="session")
def start_vcsim(authority, tmp_path_factory):
    """Start vcsim with a certificate of *authority*; return its URL and the authority's file."""
    found = program("vcsim")
    folder = tmp_path_factory.mktemp("certificate")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    # Go reads keys of the kind that RSA has in trustme, whatever the release of either.
    issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for pem in issued.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    tls = ["-tlscert", folder / "cert.pem", "-tlskey", folder / "key.pem"]

    @contextlib.contextmanager
    def started(*arguments):
        command = [found, "-l", "127.0.0.1:0", *tls, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                port = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1]
                yield f"https://127.0.0.1:{port}", folder / "ca.pem"
            finally:
                process.kill()

    return started


@pytest.fixture(scope="session")
def vcsim(start_vcsim):
    """A vcsim that lets everybody in."""
    with start_vcsim() as running:
        yield running


@pytest.fixture(scope="session")
def strict_vcsim(start_vcsim):
    """A vcsim that knows root and his password only."""
    with start_vcsim("-username", "root", "-password", PASSWORD) as running:
        yield running


class Clock:
    """The time, which goes on, and forward when told."""

    ahead = dt.timedelta()

    def __call__(self):
        return dt.datetime.now(dt.UTC) + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def simulator(clock):
    with Simulator(credentials=("root", PASSWORD), clock=clock) as running:
        yield running


@pytest.fixture
def make_peer(request, tmp_path, monkeypatch):
    """Make a peer of a class; at the end no session is left on it."""
    folder = tmp_path / "secret"
    folder.mkdir()
    peers = []

    def made(kind, vcsim="vcsim"):
        peers.append(
            {
                SoapOfVcsim: lambda: SoapOfVcsim(request.getfixturevalue(vcsim), folder),
                RestOfVcsim: lambda: RestOfVcsim(
                    request.getfixturevalue(vcsim), folder, monkeypatch
                ),
            }.get(kind, lambda: kind(request.getfixturevalue("simulator"), folder))()
        )
        return peers[-1]

    yield made
    for peer in peers:
        left = peer.users()
        peer.close()
        assert left == []


ALL = {
    "SOAP of vcsim": SoapOfVcsim,
    "older REST of vcsim": RestOfVcsim,
    "SOAP of the simulator": SoapOfSimulator,
    "newer REST of the simulator": RestOfSimulator,
}


@pytest.fixture
def peers():
    """Each kind of server by its name."""
    return ALL


@pytest.fixture(params=ALL)
def peer(request, make_peer):
    """Each server in turn."""
    return make_peer(ALL[request.param])


@pytest.fixture(params=ALL)
def strict_peer(request, make_peer):
    """Each server in turn, none of which lets everybody in."""
    return make_peer(ALL[request.param], vcsim="strict_vcsim")


@pytest.fixture(params=["SOAP of vcsim", "older REST of vcsim"])
def open_peer(request, make_peer):
    """Each server that lets everybody in and tells who it was."""
    return make_peer(ALL[request.param])


@pytest.fixture(params=["SOAP of the simulator", "newer REST of the simulator"])
def simulated_peer(request, make_peer):
    """Each API of the simulator."""
    return make_peer(ALL[request.param])
