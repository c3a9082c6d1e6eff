"""A vCenter's front door: small HTTP servers that answer as told."""

import http.server
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

import vsphere

VERSIONS = b"""<?xml version="1.0" encoding="UTF-8"?>
<namespaces version="1.0">
  <namespace>
    <name>urn:vim25</name>
    <version>8.0.3.0</version>
    <priorVersions><version>8.0.2.0</version><version>6.5</version></priorVersions>
  </namespace>
  <namespace><name>urn:other</name><version>99</version></namespace>
</namespaces>
"""

CONTENT = """<RetrieveServiceContentResponse xmlns="urn:vim25"><returnval>
<rootFolder type="Folder">group-d1</rootFolder>
<propertyCollector type="PropertyCollector">pc</propertyCollector>
<about><name>n</name><fullName>f</fullName><vendor>v</vendor><version>8.0.3</version>
<build>1</build><osType>o</osType><productLineId>vpx</productLineId>
<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion>
<instanceUuid>uuid-1</instanceUuid></about>
<sessionManager type="SessionManager">SessionManager</sessionManager>
</returnval></RetrieveServiceContentResponse>"""

LOGIN = """<LoginResponse xmlns="urn:vim25"><returnval><key>k</key><userName>u</userName>
<fullName>u</fullName><loginTime>2026-11-22T12:00:00Z</loginTime>
<lastActiveTime>2026-11-22T12:00:00Z</lastActiveTime><locale>en</locale>
<messageLocale>en</messageLocale></returnval></LoginResponse>"""

NOW = """<CurrentTimeResponse xmlns="urn:vim25">
<returnval>2026-11-22T12:00:00.5Z</returnval></CurrentTimeResponse>"""

LOGOUT = '<LogoutResponse xmlns="urn:vim25"/>'


def envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def fault(name: str, message: str) -> tuple[int, bytes]:
    return 500, envelope(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
        f"<faultstring>{message}</faultstring>"
        f'<detail><{name}Fault xmlns="urn:vim25" xsi:type="{name}"/></detail></soapenv:Fault>'
    )


class VCenter:
    """Answers GET with `versions`, and SOAP calls by their name; both may be changed."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.versions = (200, VERSIONS)
        self.calls = {
            "RetrieveServiceContent": (200, envelope(CONTENT)),
            "Login": (200, envelope(LOGIN)),
            "CurrentTime": (200, envelope(NOW)),
            "Logout": (200, envelope(LOGOUT)),
        }
        self.requests: list[str] = []
        vcenter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                vcenter.requests.append(self.path)
                self.answer(*vcenter.versions)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                name = next(name for name in vcenter.calls if f"<{name} " in body)
                vcenter.requests.append(name)
                self.answer(*vcenter.calls[name])

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if context is not None:
            self.scheme = "https"
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        # A client that hangs up in the handshake is what some tests are about.
        self.server.handle_error = lambda *_: None
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    @property
    def address(self) -> vsphere.Address:
        return vsphere.Address.parse(f"{self.scheme}://localhost:{self.server.server_port}")

    def refuse(self, call: str, name: str, message: str) -> None:
        self.calls[call] = fault(name, message)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def start() -> Iterator:
    started = []

    def start(context: ssl.SSLContext | None = None) -> VCenter:
        started.append(VCenter(context))
        return started[-1]

    yield start
    for vcenter in started:
        vcenter.close()


@pytest.fixture
def vcenter(start) -> VCenter:
    return start()


@pytest.fixture(scope="session")
def soap():
    """Put a SOAP body into its envelope."""
    return envelope


@pytest.fixture
def credentials() -> vsphere.Credentials:
    return vsphere.Credentials(username="root", password="hunter2")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Example Org")
