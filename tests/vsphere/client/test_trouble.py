"""What keeps the clients from their vCenter, and how they tell: the same words for both."""

import logging
import re
import socket
import traceback

import pytest
import trustme

import vsphere

REFUSED = (
    "{} refused the login: user name or password is wrong. "
    "Correct {}; until then it is tried rarely, so that no account locks."
)


def failure(peer, kind, **options):
    with pytest.raises(kind) as caught, peer.client(**options):
        pytest.fail("It logged in.")
    return caught.value


def sdk(peer):
    """The address as messages of this peer's client name it."""
    return f"{peer.url}/sdk" if peer.open is vsphere.connect else peer.url


@pytest.mark.parametrize(
    ("variables", "options", "what"),
    [
        pytest.param(
            {},
            {},
            "the files username and password in {}, or the Secret mounted there",
            id="mounted",
        ),
        pytest.param(
            {"VC_SECRET_PATH": "/nonexistent", "VC_USERNAME": "root", "VC_PASSWORD": "open sesame"},
            {},
            "VC_USERNAME and VC_PASSWORD",
            id="variables",
        ),
        pytest.param(
            {},
            {"username": "root", "password": "open sesame"},
            "the arguments username and password",
            id="arguments",
        ),
    ],
)
def test_a_wrong_password_is_told_with_its_origin_and_never_shown(
    strict_peer, caplog, variables, options, what
):
    caplog.set_level(logging.DEBUG)
    strict_peer.write(password="open sesame")

    error = failure(
        strict_peer, vsphere.LoginError, environment=strict_peer.environment | variables, **options
    )

    assert str(error) == REFUSED.format(sdk(strict_peer), what.format(strict_peer.folder))
    assert "open sesame" not in "".join(traceback.format_exception(error)) + caplog.text


def test_no_representation_shows_the_password(peer, caplog):
    caplog.set_level(logging.DEBUG)
    with peer.client() as client:
        peer.expire()
        shown = f"{client!r} {client} {peer.whoami(client)}"

    assert "hunter2" not in shown + caplog.text


BOUND, UNBOUND = "skipTLSVerify (VC_INSECURE=true)", "insecure=True"


@pytest.mark.parametrize("skip", [BOUND, UNBOUND], ids=["bound", "unbound"])
def test_an_unknown_authority_is_told_with_the_issuer_and_what_to_do(peer, skip):
    unbound = {"url": peer.url, "username": "root", "password": "any"}
    options = unbound if skip == UNBOUND else {}

    error = failure(peer, vsphere.CertificateError, ca_file=None, **options)

    assert str(error).startswith(f"{sdk(peer)} is not trusted: ")
    assert re.search(
        r" issuer (O=Example Org,|CN=vCenter simulator \(self-signed\)).* SHA-256 [0-9A-F]{64}\. "
        r"Name a file with its issuer's certificate as ca_file, or skip the check with "
        rf"{re.escape(skip)}\.$",
        str(error),
    )


def test_an_authority_of_another_file_is_told_with_that_file(peer, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)

    error = failure(peer, vsphere.CertificateError, ca_file=str(other))

    assert str(error).endswith(
        f". Add its issuer's certificate to {other}, or skip the check with {BOUND}."
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param("no PEM", "[X509: NO_CERTIFICATE_OR_CRL_FOUND]", id="no certificate"),
    ],
)
def test_a_ca_file_that_does_not_serve_is_named(peer, tmp_path, content, why):
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)

    error = failure(peer, vsphere.SettingsError, ca_file=file)

    assert str(error).startswith(f"{file} does not serve as ca_file: {why}")
    assert str(error).endswith(
        ". Name a PEM file with the certificates of the authorities to trust."
    )


def test_the_check_can_be_skipped(peer):
    environment = peer.environment | {"VC_INSECURE": "true"}

    with peer.client(ca_file=None, environment=environment) as client:
        assert peer.whoami(client) == "root"


def test_a_server_that_never_answers_is_named(simulated_peer):
    simulated_peer.simulator.faults.delay_seconds = 3600

    error = failure(simulated_peer, vsphere.UnreachableError, timeout=0.2)

    assert str(error) in {
        f"{sdk(simulated_peer)} cannot be reached: The read operation timed out.",
        f"{sdk(simulated_peer)} cannot be reached: timed out.",
    }
    # It was only late: what the client gave up may have been a login.
    simulated_peer.expire()


@pytest.mark.parametrize("call", ["connect", "rest"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_takes_connections_and_is_silent_is_named(call, scheme):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        with (
            pytest.raises(vsphere.UnreachableError, match=rf"^{address}.* timed out") as caught,
            getattr(vsphere, call)(url=address, username="u", password="p", timeout=0.1),
        ):
            pass

    assert "HTTP" not in str(caught.value)


@pytest.mark.parametrize("call", ["connect", "rest"])
def test_an_address_where_nobody_listens_is_named(call):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with (
        pytest.raises(vsphere.UnreachableError) as caught,
        getattr(vsphere, call)(url=f"https://127.0.0.1:{port}", username="u", password="p"),
    ):
        pass

    assert re.sub("/sdk", "", str(caught.value)) == (
        f"https://127.0.0.1:{port} cannot be reached: [Errno 111] Connection refused."
    )


@pytest.mark.parametrize("call", ["connect", "rest"])
def test_a_server_without_tls_is_told(vcenter, call):
    url = f"https://localhost:{vcenter.server.server_port}"

    with (
        pytest.raises(vsphere.UnreachableError) as caught,
        getattr(vsphere, call)(url=url, username="u", password="p"),
    ):
        pass

    assert re.sub("/sdk", "", str(caught.value)) == (
        f"{url} cannot be reached: it does not speak TLS there; check the port, or whether http:// "
        "is meant."
    )


def test_a_vcenter_that_goes_away_during_a_session_is_told_and_found_again(simulated_peer):
    faults = simulated_peer.simulator.faults
    with simulated_peer.client() as client:
        faults.down = True
        with pytest.raises(vsphere.UnreachableError) as caught:
            simulated_peer.whoami(client)
        faults.down = False

        assert simulated_peer.whoami(client) == "root"

    assert str(caught.value) == (
        f"{sdk(simulated_peer)} cannot be reached: Remote end closed connection without response."
    )


def test_a_vcenter_that_cannot_be_logged_out_of_does_not_hide_how_the_block_ended(simulated_peer):
    faults = simulated_peer.simulator.faults

    def fail():
        faults.down = True
        raise LookupError

    with pytest.raises(LookupError), simulated_peer.client():
        fail()

    faults.down = False
    simulated_peer.expire()


def test_a_secret_that_vanished_is_named_when_it_is_needed(simulated_peer):
    folder = simulated_peer.folder
    with simulated_peer.client() as client:
        (folder / "username").unlink()
        (folder / "password").unlink()
        assert simulated_peer.whoami(client) == "root"
        simulated_peer.expire()
        with pytest.raises(vsphere.CredentialsError) as caught:
            simulated_peer.whoami(client)

    assert str(caught.value) == (
        f"{folder} holds neither username nor password, and VC_USERNAME and VC_PASSWORD are not "
        "set: bind this workload with a VSphereBinding, or set them."
    )
