"""Requests and answers of the REST client, newer and older."""

import base64
import json
import threading
from concurrent import futures

import pytest

import vsphere
from standalone.server import Response, Server
from vsphere import keeper
from vsphere.restraint import LOGINS


@pytest.fixture
def newer(make_peer, peers):
    return make_peer(peers["newer REST of the simulator"])


@pytest.fixture
def older(make_peer, peers):
    return make_peer(peers["older REST of vcsim"])


class Scripted:
    """A server that answers requests of sessions, and all others as told."""

    def __init__(self):
        self.requests = []
        self.answer = Response(status=200)
        self.login = Response(status=201, body=b'"key"')
        self.older_login = Response(status=404)
        self.look = Response(status=200)
        self._server = Server(self._respond, port=0, tls=None)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.close = self._server.close

    def _respond(self, request):
        self.requests.append(request)
        newer, older = "/api/session", "/rest/com/vmware/cis/session"
        known = {("POST", newer): self.login, ("POST", older): self.older_login}
        known |= {("GET", newer): self.look}
        answer = known.get((request.method, request.path), self.answer)
        return answer() if callable(answer) else answer

    @property
    def logins(self):
        return [
            request.method for request in self.requests if request.path == "/api/session"
        ].count("POST")

    @property
    def logouts(self):
        ended = [request for request in self.requests if request.method == "DELETE"]
        return [request.headers["vmware-api-session-id"] for request in ended]

    def client(self, *, path="", **options):
        given = {"username": "root", "password": "päss:wörd"} | options
        return vsphere.rest(url=self.url + path, **given)


@pytest.fixture
def scripted():
    server = Scripted()
    yield server
    server.close()


def test_a_category_is_made_read_changed_and_deleted_on_the_newer_api(newer):
    with newer.client() as rest:
        path = "/api/cis/tagging/category"
        category = rest.post(path, {"name": "tier", "cardinality": "SINGLE"})
        assert rest.get(path) == [category]
        assert rest.patch(f"{path}/{category}", {"name": "stage"}) is None
        assert rest.get(f"{path}/{category}") == {
            "id": category,
            "name": "stage",
            "cardinality": "SINGLE",
        }
        assert rest.delete(f"{path}/{category}") is None
        assert rest.get(path) == []


def test_a_session_of_the_older_api_is_looked_at_as_that_has_it(scripted, eventually):
    scripted.login = Response(status=404)
    scripted.older_login = Response(status=200, body=b'{"value":"key"}')
    look = ("POST", "/rest/com/vmware/cis/session?~action=get", "key")

    with scripted.client(keep_alive=0.01):
        eventually(
            lambda: (
                look
                in [
                    (sent.method, sent.path, sent.headers["vmware-api-session-id"])
                    for sent in scripted.requests
                ]
            )
        )


def test_a_category_is_made_read_changed_and_deleted_on_the_older_api(older):
    spec = {"name": "tier", "description": "", "cardinality": "SINGLE", "associable_types": []}
    with older.client() as rest:
        path = "/rest/com/vmware/cis/tagging/category"
        category = rest.post(path, {"create_spec": spec})
        by_id = f"{path}/id:{category}"
        assert rest.get(path) == [category]
        rest.patch(by_id, {"update_spec": {"description": "how dear"}})
        assert rest.get(by_id)["description"] == "how dear"
        rest.delete(by_id)
        assert not rest.get(path)


@pytest.mark.parametrize("path", ["/api/vcenter/vm", "api/vcenter/vm", "/api/vcenter/vm?x=y"])
def test_parameters_go_into_the_path_and_may_be_repeated(newer, path):
    with newer.client() as rest:
        found = rest.get(path, params={"names": ["web-prod-01", "db-test-02"]})

    assert [machine["name"] for machine in found] == ["web-prod-01", "db-test-02"]


def test_a_request_whose_answer_does_not_come_is_not_repeated(newer):
    simulator = newer.simulator
    with newer.client(timeout=2) as rest:
        simulator.faults.delay_seconds = 3600
        with pytest.raises(vsphere.UnreachableError):
            rest.post("/api/cis/tagging/category", {"name": "once"})
        simulator.faults.delay_seconds = 0

        assert len(rest.get("/api/cis/tagging/category")) == 1


def test_the_session_id_is_that_of_the_moment(newer):
    with newer.client() as rest:
        first = rest.session_id
        newer.expire()
        newer.whoami(rest)

        assert newer.sessions.find(rest.session_id)
        assert rest.session_id != first


def test_the_password_goes_into_the_login_and_nowhere_else(scripted):
    with scripted.client() as rest:
        rest.put("/api/appliance/ntp", ["a"])

    login, put, logout = scripted.requests
    pair = login.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(pair).decode() == "root:päss:wörd"
    assert (put.method, put.headers["vmware-api-session-id"], json.loads(put.body)) == (
        "PUT",
        "key",
        ["a"],
    )
    assert (put.headers["Authorization"], logout.headers["Authorization"]) == (None, None)
    assert (logout.method, logout.path) == ("DELETE", "/api/session")


def test_a_vcenter_behind_a_path_keeps_it(scripted):
    scripted.answer = Response(status=200, body=b'"key"')
    with scripted.client(path="/lab/sdk") as rest:
        rest.get("/api/vcenter/vm")

    assert [request.path for request in scripted.requests] == [
        "/lab/api/session",
        "/lab/api/vcenter/vm",
        "/lab/api/session",
    ]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        pytest.param("/api/x", {"value": 1}, {"value": 1}, id="newer, as it is"),
        pytest.param("/rest/x", {"value": [1]}, [1], id="older, unwrapped"),
        pytest.param("rest/x", {"value": None}, None, id="older, nothing in it"),
        pytest.param("/rest/x", {}, None, id="older, empty"),
        pytest.param("/rest/x", [1], [1], id="older, not wrapped"),
        pytest.param("/api/x", None, None, id="no body"),
    ],
)
def test_answers_of_the_older_api_are_unwrapped(scripted, path, body, expected):
    scripted.answer = Response(status=200, body=b"" if body is None else json.dumps(body).encode())

    with scripted.client() as rest:
        assert rest.get(path) == expected


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(
            404,
            b'{"error_type":"NOT_FOUND","messages":[{"default_message":"No such VM."}]}',
            "No such VM.",
            id="newer",
        ),
        pytest.param(
            400,
            b'{"type":"com.vmware.vapi.std.errors.already_exists",'
            b'"value":{"messages":[{"default_message":"It exists."}]}}',
            "It exists.",
            id="older",
        ),
        pytest.param(
            400, b'{"error_type":"BUSY","messages":[]}', "BUSY", id="newer, without words"
        ),
        pytest.param(
            400, b'{"type":"com.vmware.x","value":{}}', "com.vmware.x", id="older, without words"
        ),
        pytest.param(503, b"<html>Service Unavailable</html>", "Service Unavailable", id="html"),
        pytest.param(403, b"[]", "Forbidden", id="of another shape"),
        pytest.param(302, b"", "Found", id="a redirect, which is not followed"),
        pytest.param(401, b"", "Unauthorized", id="not even with a new session"),
    ],
)
def test_a_refusal_is_told_with_its_status_and_vcenters_words(scripted, status, body, words):
    scripted.answer = Response(status=status, body=body, headers={"Location": "/elsewhere"})

    with scripted.client() as rest, pytest.raises(vsphere.CallError) as caught:
        rest.post("/api/vcenter/vm/vm-1/power?action=start")

    assert (caught.value.status, str(caught.value)) == (
        status,
        f"{scripted.url} answered {status} to POST /api/vcenter/vm/vm-1/power: {words}",
    )
    assert "/elsewhere" not in [request.path for request in scripted.requests]


@pytest.mark.parametrize(
    ("login", "kind", "message"),
    [
        pytest.param(
            Response(status=404),
            vsphere.NotVCenterError,
            "{} serves neither /api/session nor /rest/com/vmware/cis/session: it is no vCenter. "
            "Check the address; an ESXi host has no such API.",
            id="neither path",
        ),
        pytest.param(
            Response(status=200, body=b"<html>Sign in</html>"),
            vsphere.CallError,
            "{} answered POST /api/session with what is no JSON: check address and path.",
            id="a web page",
        ),
        pytest.param(
            Response(status=503, body=b"Starting"),
            vsphere.CallError,
            "{} answered 503 to POST /api/session: Service Unavailable",
            id="still starting",
        ),
        pytest.param(
            Response(status=200, body=b'{"ok":true}'),
            vsphere.CallError,
            "{} answered 200 to POST /api/session: OK",
            id="no key",
        ),
    ],
)
def test_a_login_that_something_else_answers_is_told(scripted, login, kind, message):
    scripted.login = login

    with pytest.raises(kind) as caught, scripted.client():
        pass

    assert str(caught.value) == message.format(scripted.url)


RPC = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}'


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Response(status=404), id="nothing there"),
        pytest.param(Response(status=200, body=RPC), id="JSON-RPC"),
        pytest.param(Response(status=500, body=RPC), id="JSON-RPC that fails"),
        pytest.param(Response(status=400), id="another kind of request expected"),
        pytest.param(Response(status=405, body=b"<html/>"), id="another method expected"),
        pytest.param(Response(status=415), id="another content type expected"),
        pytest.param(Response(status=501), id="not implemented"),
    ],
)
def test_a_server_that_makes_no_sessions_at_the_newer_path_is_asked_at_the_older(scripted, answer):
    scripted.login = answer
    scripted.older_login = Response(status=200, body=b'{"value":"older key"}')

    with scripted.client() as rest:
        assert rest.session_id == "older key"


def test_401_of_a_session_that_is_still_good_is_the_answer_and_no_reason_to_log_in(scripted):
    scripted.answer = Response(status=401)

    with scripted.client() as rest:
        for _ in range(3):
            with pytest.raises(vsphere.CallError, match="answered 401 to GET /api/vcenter/vm"):
                rest.get("/api/vcenter/vm")

    assert scripted.logins == 1


def test_a_server_that_accepts_no_session_gets_no_storm_of_logins(scripted):
    scripted.answer = scripted.look = Response(status=401)

    with scripted.client() as rest:
        for _ in range(LOGINS):
            with pytest.raises(vsphere.CallError, match="answered 401 to GET /api/vcenter/vm"):
                rest.get("/api/vcenter/vm")
        for _ in range(3):
            with pytest.raises(vsphere.SessionError, match=rf"^{scripted.url} ended {LOGINS} "):
                rest.get("/api/vcenter/vm")

    assert scripted.logins == 1 + LOGINS


def test_a_login_that_is_answered_after_the_end_is_logged_out_too(
    scripted, monkeypatch, eventually
):
    monkeypatch.setattr(keeper, "CLOSING_SECONDS", 0.01)
    asked, late = threading.Event(), threading.Event()

    def log_in_late():
        asked.set()
        late.wait(30)
        return Response(status=201, body=b'"late key"')

    with futures.ThreadPoolExecutor(1) as pool:
        with scripted.client() as rest:
            scripted.answer = scripted.look = Response(status=401)
            scripted.login = log_in_late
            call = pool.submit(rest.get, "/api/vcenter/vm")
            asked.wait(30)
        late.set()
        with pytest.raises(vsphere.SessionError):
            call.result()

    eventually(lambda: sorted(scripted.logouts) == ["key", "late key"])


def test_a_wrong_password_is_not_tried_on_the_older_path_too(scripted):
    scripted.login = Response(status=401)

    with pytest.raises(vsphere.LoginError), scripted.client():
        pass

    assert [request.path for request in scripted.requests] == ["/api/session"]
