"""The sink's client, against real HTTP servers on real sockets."""

import email.utils
import socket
import threading
import time

import pytest
import trustme

from adapter.sending.destination import Destination
from adapter.sending.outcome import Answer
from adapter.sending.sink import LONGEST_ANSWER, Sink
from adapter.sending.transfers import Transfers
from adapter.sending.window import Entry

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def deliver(sink, *events):
    """Send all of *events* at once; returns the answers by key."""
    answers = {}
    for event in events:
        sink.send(Entry(event), event)
    while len(answers) < len(events):
        answers.update((entry.event.key, answer) for entry, answer in sink.transfers.poll(1.0))
    return answers


@pytest.fixture
def transfers():
    with Transfers(connections=32) as transfers:
        yield transfers


@pytest.fixture
def open_sink(transfers):
    """Return a maker of clients for a URL."""

    def start(url, *, ca_certs="", timeout=30.0, **options):
        sink = Sink(transfers, Destination(url=url, ca_certs=ca_certs), timeout=timeout, **options)
        sink.transfers = transfers
        return sink

    return start


@pytest.fixture
def answer_to(serve, open_sink, make_event):
    """Return what sends one event to a server that answers so, and how that went."""

    def answer_to(response):
        [answer] = deliver(open_sink(serve(lambda *_: response).url), make_event(1)).values()
        return answer

    return answer_to


@pytest.mark.parametrize("at_most_once", [False, True])
def test_an_event_is_posted_with_its_headers_and_body(serve, open_sink, make_event, at_most_once):
    server = serve(lambda *_: OK)
    sink = open_sink(f"{server.url}/events?from=here", at_most_once=at_most_once)

    answers = deliver(sink, make_event(7, body=b'{"a":1}\x00'))

    assert answers == {7: Answer(status=200)}
    [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST /events?from=here HTTP/1.1"
    assert {"ce-id: 7", "content-type: application/xml", "Content-Length: 8"} < set(headers)
    assert not any(header.startswith(("Expect", "Transfer-Encoding")) for header in headers)
    assert body == b'{"a":1}\x00'


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 404, 429, 500, 503])
def test_the_status_code_is_the_answer(respond, answer_to, status):
    body = b"" if status == 204 else b"secret details"

    assert answer_to(respond(status, body)) == Answer(status=status)


def test_redirects_are_not_followed(serve, respond, open_sink, make_event):
    elsewhere = serve(lambda *_: OK)
    server = serve(lambda *_: respond(307, b"", f"Location: {elsewhere.url}/"))

    assert deliver(open_sink(server.url), make_event(1)) == {1: Answer(status=307)}
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [202, 400, 503])
@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"Content-Length: 10\r\n\r\n123", id="it stops in the middle"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nno chunk\r\n", id="it is garbled"),
    ],
)
def test_a_status_counts_whatever_becomes_of_the_body(serve, open_sink, make_event, status, rest):
    server = serve(lambda *_: b"HTTP/1.1 %d Whatever\r\n%b" % (status, rest))

    answers = deliver(open_sink(server.url, timeout=1.0), make_event(1))

    assert answers == {1: Answer(status=status)}


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(b"Content-Length: 99999999999\r\n\r\n", id="it says how long it is"),
        pytest.param(b"\r\n" + b"x" * (LONGEST_ANSWER + 1), id="it has no end"),
    ],
)
def test_a_body_that_is_too_long_is_not_read_to_its_end(answer_to, rest):
    answer = answer_to(b"HTTP/1.1 202 Whatever\r\n" + rest)

    assert answer == Answer(status=202)
    assert answer.seconds < 10


def test_a_status_that_only_announces_another_is_no_answer(answer_to):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"

    assert answer_to(early + OK) == Answer(status=200)


def test_a_status_that_another_should_follow_is_no_answer(serve, open_sink, make_event):
    server = serve(lambda *_: b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")

    assert deliver(open_sink(server.url, timeout=0.1), make_event(1)) == {
        1: Answer(error="Operation timed out")
    }


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("Retry-After: 17", 17.0, id="in seconds"),
        pytest.param("Retry-After: soon", 0.0, id="in words"),
        pytest.param("Date: x", 0.0, id="not at all"),
        pytest.param("Retry-After: Thu, 01 Jan 2015 00:00:00 GMT", 0.0, id="a date gone by"),
    ],
)
def test_a_sink_may_say_when_to_come_again(respond, answer_to, header, seconds):
    assert answer_to(respond(503, b"", header)) == Answer(status=503, retry_after=seconds)


def test_a_sink_may_say_when_to_come_again_as_a_date(respond, answer_to):
    date = email.utils.formatdate(time.time() + 100, usegmt=True)

    assert 90 < answer_to(respond(503, b"", f"Retry-After: {date}")).retry_after <= 100


def test_one_wish_to_wait_does_not_stick_to_the_next_event(serve, respond, open_sink, make_event):
    answers = [respond(429, b"", "Retry-After: 17"), respond(500)]
    sink = open_sink(serve(lambda *_: answers.pop(0)).url)
    deliver(sink, make_event(1))

    assert deliver(sink, make_event(2)) == {2: Answer(status=500)}


@pytest.mark.parametrize("at_most_once", [False, True])
def test_a_refused_connection_was_not_written(open_sink, make_event, at_most_once):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sink = open_sink(f"http://127.0.0.1:{port}", at_most_once=at_most_once)

    assert deliver(sink, make_event(1)) == {
        1: Answer(
            error=f"Failed to connect to 127.0.0.1:{port}: Could not connect to server",
            written=False,
        )
    }


def test_a_sink_that_hangs_up_may_have_seen_the_event(serve, open_sink, make_event):
    server = serve(lambda *_: None)

    assert deliver(open_sink(server.url), make_event(1)) == {
        1: Answer(error="Empty reply from server")
    }


def test_a_sink_that_does_not_answer_in_time_may_have_seen_the_event(serve, open_sink, make_event):
    ended = threading.Event()
    server = serve(lambda *_: ended.wait(10) and None)

    answers = deliver(open_sink(server.url, timeout=0.1), make_event(1))
    ended.set()

    assert answers == {1: Answer(error="Operation timed out")}


def test_connections_are_kept(serve, open_sink, make_event):
    server = serve(lambda *_: OK)
    sink = open_sink(server.url)
    for key in range(5):
        deliver(sink, make_event(key))

    assert (len(server.requests), server.connections) == (5, 1)


def test_many_requests_fly_at_once(serve, open_sink, make_event):
    """None is answered before all 32 are there."""
    together = threading.Barrier(32)

    def answer(*_):
        together.wait(10)
        return OK

    answers = deliver(open_sink(serve(answer).url), *(make_event(key) for key in range(32)))

    assert answers == dict.fromkeys(range(32), Answer(status=200))


@pytest.mark.parametrize(
    ("at_most_once", "expected"),
    [
        pytest.param(False, (3, Answer(status=200)), id="again over a new one"),
        pytest.param(
            True,
            (2, Answer(error="The connection broke before an answer")),
            id="not again where each event is sent once",
        ),
    ],
)
def test_what_was_sent_over_a_kept_connection_that_broke_is_sent(
    serve, open_sink, make_event, at_most_once, expected
):
    def hang_up_on_the_second(request, connection):
        return OK if b"ce-id: 1" in request or connection > 1 else None

    server = serve(hang_up_on_the_second)
    sink = open_sink(server.url, at_most_once=at_most_once)
    deliver(sink, make_event(1))

    [answer] = deliver(sink, make_event(2)).values()

    assert (len(server.requests), answer) == expected


def test_a_failure_after_a_success_is_not_taken_for_written(serve, open_sink, make_event):
    server = serve(lambda *_: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    sink = open_sink(server.url.replace("localhost", "127.0.0.1"))
    deliver(sink, make_event(1))
    server.close()

    [answer] = deliver(sink, make_event(2)).values()

    assert (answer.status, answer.written) == (0, False)


def test_a_certificate_of_a_given_authority_is_trusted(
    serve, open_sink, make_event, authority, server_context
):
    server = serve(lambda *_: OK, context=server_context)
    ca_certs = authority.cert_pem.bytes().decode()

    assert deliver(open_sink(server.url, ca_certs=ca_certs), make_event(1)) == {
        1: Answer(status=200)
    }


@pytest.mark.parametrize(
    "ca_certs",
    [
        pytest.param("", id="the system's authorities"),
        pytest.param(trustme.CA().cert_pem.bytes().decode(), id="another authority"),
    ],
)
def test_another_certificate_is_not_trusted_and_the_event_not_written(
    serve, open_sink, make_event, server_context, ca_certs
):
    server = serve(lambda *_: OK, context=server_context)

    assert deliver(open_sink(server.url, ca_certs=ca_certs), make_event(1)) == {
        1: Answer(
            error="SSL certificate OpenSSL verify result: "
            "unable to get local issuer certificate (20)",
            written=False,
        )
    }
    assert server.requests == []


def test_other_protocols_are_not_spoken(open_sink, make_event, tmp_path):
    [answer] = deliver(open_sink(f"file://{tmp_path}/x"), make_event(1)).values()

    assert answer == Answer(error='Protocol "file" is disabled', written=False)


def test_how_long_an_answer_took_is_told(serve, open_sink, make_event):
    late = serve(lambda *_: threading.Event().wait(0.1) or OK)

    [answer] = deliver(open_sink(late.url), make_event(1)).values()

    assert 0.1 <= answer.seconds < 10


def test_the_beginning_of_a_body_is_kept_where_it_is_wanted(serve, respond, open_sink, make_event):
    bodies = {1: b"why", 2: b"", 3: b"x" * 100_000, 4: b"other"}
    answers = [respond(503, body) for body in bodies.values()]
    sink = open_sink(serve(lambda *_: answers.pop(0)).url, body_bytes=768)

    kept = {key: deliver(sink, make_event(key))[key].body for key in bodies}

    assert kept == {**bodies, 3: b"x" * 768}


def test_a_body_is_never_shown(serve, respond, open_sink, make_event):
    server = serve(lambda *_: respond(500, b"secret details"))
    [answer] = deliver(open_sink(server.url, body_bytes=768), make_event(1)).values()

    assert "secret" not in f"{answer} {answer!r}"


def test_two_sinks_share_the_transfers_and_nothing_else(
    serve, open_sink, make_event, authority, server_context
):
    """A certificate that one of them trusts says nothing to the other."""
    plain, secure = serve(lambda *_: OK), serve(lambda *_: OK, context=server_context)
    ca_certs = authority.cert_pem.bytes().decode()
    trusting = open_sink(secure.url, ca_certs=ca_certs)
    doubting = open_sink(secure.url, ca_certs=trustme.CA().cert_pem.bytes().decode())
    assert deliver(trusting, make_event(1)) == {1: Answer(status=200)}

    sent = {1: trusting, 2: doubting, 3: open_sink(plain.url)}
    for key, sink in sent.items():
        sink.send(Entry(make_event(key)), make_event(key))
    answers = {}
    while len(answers) < 3:
        answers |= {entry.event.key: answer for entry, answer in trusting.transfers.poll(1.0)}

    assert {key: answer.status for key, answer in answers.items()} == {1: 200, 2: 0, 3: 200}
    assert [len(server.requests) for server in (plain, secure)] == [1, 2]
