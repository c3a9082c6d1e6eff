"""Finding and calling an API server."""

import base64
import json
import ssl

import pytest
import trustme
import yaml

from adapter.cluster import ApiServer, ApiServerError, find_api_server


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def server(serve, respond, server_context):
    return serve(lambda *_: respond(200, b'{"kind":"Status"}'), context=server_context)


@pytest.fixture
def kubeconfig(tmp_path):
    """Return a writer of kubeconfigs: *cluster* and *user* are what the current context names."""

    def write(cluster, user):
        path = tmp_path / "config"
        config = {
            "current-context": "mine",
            "contexts": [
                {"name": "other", "context": {"cluster": "x", "user": "x"}},
                {"name": "mine", "context": {"cluster": "c", "user": "u"}},
            ],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
        }
        path.write_text(yaml.safe_dump(config))
        return {"KUBECONFIG": str(path)}

    return write


@pytest.fixture
def trusted(ca_file):
    return ssl.create_default_context(cafile=ca_file)


def authorization(request):
    return [line.decode() for line in request.splitlines() if line.startswith(b"Authorization:")]


def test_a_pod_uses_its_service_account(server, ca_file, tmp_path):
    token = tmp_path / "token"
    token.write_text("one\n")
    found = find_api_server(
        {"KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": str(server.port)},
        service_account=ca_file.parent,
    )

    assert found.call("GET", "/version") == (200, {"kind": "Status"})
    token.write_text("two")
    found.call("POST", "/apis", {"a": 1}, content_type="application/json")
    first, second = server.requests
    assert first.startswith(b"GET /version HTTP/1.1\r\n")
    assert authorization(first) == ["Authorization: Bearer one"]
    assert second.startswith(b"POST /apis HTTP/1.1\r\n")
    assert second.endswith(b'\r\n\r\n{"a": 1}')
    assert b"Content-Type: application/json\r\n" in second
    assert authorization(second) == ["Authorization: Bearer two"]


@pytest.mark.parametrize(
    ("host", "url"), [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_the_api_server_has_an_address_of_either_kind(ca_file, host, url):
    found = find_api_server({"KUBERNETES_SERVICE_HOST": host}, service_account=ca_file.parent)

    assert found.url == url


def test_a_pod_without_its_token_is_told(tmp_path):
    with pytest.raises(ApiServerError) as caught:
        find_api_server({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, service_account=tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}/ca.crt cannot be read: No such file or directory. "
        "Mount the service account's token"
    )


def test_without_any_api_server_there_is_a_way_out():
    with pytest.raises(ApiServerError) as caught:
        find_api_server({})

    assert str(caught.value) == (
        "there is no API server: run in a pod, set KUBECONFIG, or keep the checkpoint in a file "
        "(VSPHERE_CHECKPOINT_FILE)"
    )


def test_a_kubeconfig_may_hold_a_token_and_its_authority(server, authority, kubeconfig):
    data = base64.b64encode(authority.cert_pem.bytes()).decode()
    found = find_api_server(
        kubeconfig(
            {"server": f"{server.url}/k8s/", "certificate-authority-data": data}, {"token": "t"}
        )
    )

    assert found.call("GET", "/version") == (200, {"kind": "Status"})
    [request] = server.requests
    assert request.startswith(b"GET /k8s/version HTTP/1.1\r\n")
    assert authorization(request) == ["Authorization: Bearer t"]


def test_a_kubeconfig_may_name_files_beside_it_and_a_client_certificate(
    serve, respond, authority, ca_file, kubeconfig
):
    client = authority.issue_cert("admin@example.com")
    client.cert_chain_pems[0].write_to_path(ca_file.parent / "client.crt")
    client.private_key_pem.write_to_path(ca_file.parent / "client.key")
    demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(demanding)
    authority.configure_trust(demanding)
    demanding.verify_mode = ssl.CERT_REQUIRED
    server = serve(lambda *_: respond(200, b"{}"), context=demanding)

    found = find_api_server(
        kubeconfig(
            {"server": server.url, "certificate-authority": ca_file.name},
            {"client-certificate": "client.crt", "client-key": "client.key"},
        )
    )

    assert found.call("GET", "/version") == (200, {})
    assert authorization(server.requests[0]) == []


def base64_of(content):
    return base64.b64encode(content).decode()


def described(**user):
    """A kubeconfig in which only the user may be wrong."""
    return yaml.safe_dump(
        {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://k"}}],
            "users": [{"name": "u", "user": user}],
        }
    ).encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no current context"),
        pytest.param(b"current-context: x\ncontexts: []", id="a context that is not there"),
        pytest.param(b"token: s3cr3t\n# M\xfcnchen", id="not UTF-8"),
        pytest.param(b"token: s3cr3t\n: : :", id="no YAML"),
        pytest.param(described(token=7), id="a token that is no text"),
        pytest.param(
            described(
                **{
                    "client-certificate-data": base64_of(b"x"),
                    "client-key-data": base64_of(b"\x30\x82s3cr3t"),
                }
            ),
            id="a key in DER",
        ),
        pytest.param(
            described(**{"client-certificate-data": base64_of(b"s3cr3t")}), id="no certificate"
        ),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_named_but_not_quoted(tmp_path, content):
    path = tmp_path / "config"
    path.write_bytes(content)

    with pytest.raises(ApiServerError) as caught:
        find_api_server({"KUBECONFIG": str(path)})

    assert str(caught.value) == (
        f"KUBECONFIG {path} cannot be used: it has to be YAML in UTF-8 with a current-context, "
        "its cluster and its user, and certificates and keys in PEM"
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "No such file or directory", id="itself"),
        pytest.param(
            described(**{"client-certificate": "client.crt"}),
            "No such file or directory",
            id="a certificate beside it",
        ),
        pytest.param(
            described(**{"client-certificate": "s3cr3t" * 100}),
            "File name too long",
            id="what is no name of a file",
        ),
    ],
)
def test_a_file_of_a_kubeconfig_that_cannot_be_read_is_told(tmp_path, content, why):
    path = tmp_path / "config"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ApiServerError) as caught:
        find_api_server({"KUBECONFIG": str(path)})

    assert str(caught.value) == (
        f"KUBECONFIG {path}, or a file that it names, cannot be read: {why}"
    )


def test_an_authority_that_is_replaced_while_it_runs_is_trusted(serve, respond, authority, ca_file):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    server = serve(lambda *_: respond(200, b"{}"), context=tls)
    (ca_file.parent / "token").write_text("t")
    found = find_api_server(
        {"KUBERNETES_SERVICE_HOST": "localhost", "KUBERNETES_SERVICE_PORT": str(server.port)},
        service_account=ca_file.parent,
    )
    before = found.call("GET", "/version")

    another = trustme.CA()
    another.issue_cert("localhost").configure_cert(tls)
    with pytest.raises(ApiServerError, match="CERTIFICATE_VERIFY_FAILED"):
        found.call("GET", "/version")
    another.cert_pem.write_to_path(ca_file)

    assert (before, found.call("GET", "/version")) == ((200, {}),) * 2


def test_an_api_server_that_is_not_trusted_is_not_told_the_token(server):
    stranger = ApiServer(url=server.url, context=ssl.create_default_context, token=lambda: "token")

    with pytest.raises(ApiServerError, match="CERTIFICATE_VERIFY_FAILED"):
        stranger.call("GET", "/version")

    assert server.requests == []


def test_an_error_of_the_api_server_is_an_answer(serve, respond, authority, server_context):
    body = json.dumps({"message": "forbidden"}).encode()
    server = serve(lambda *_: respond(403, body), context=server_context)
    context = ssl.create_default_context()
    authority.configure_trust(context)

    answer = ApiServer(url=server.url, context=lambda: context, token=str).call("GET", "/version")

    assert answer == (403, {"message": "forbidden"})


def test_a_token_that_is_no_header_value_is_not_told(server, trusted):
    broken = ApiServer(url=server.url, context=lambda: trusted, token=lambda: "s3cr3t\ntoken")

    with pytest.raises(ApiServerError) as caught:
        broken.call("GET", "/api")

    assert str(caught.value) == (f"the API server at {server.url} cannot be reached: ValueError")


def test_an_answer_that_is_no_object_is_an_empty_one(serve, respond, server_context, trusted):
    proxy = serve(
        lambda _request, _connection: respond(503, b'"upstream unavailable"'),
        context=server_context,
    )

    answer = ApiServer(url=proxy.url, context=lambda: trusted, token=lambda: "").call("GET", "/api")

    assert answer == (503, {})


def test_an_answer_that_is_nested_too_deeply_is_an_error(serve, respond, server_context, trusted):
    proxy = serve(lambda *_: respond(200, b"[" * 100_000), context=server_context)

    with pytest.raises(ApiServerError, match=r"cannot be reached: RecursionError$"):
        ApiServer(url=proxy.url, context=lambda: trusted, token=str).call("GET", "/api")
