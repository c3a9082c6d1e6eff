"""Requests under way: waking up, and letting go."""

import threading

import pycurl

from adapter.sending.destination import Destination
from adapter.sending.sink import Sink
from adapter.sending.transfers import Transfers
from adapter.sending.window import Entry


def test_a_wake_up_ends_a_poll():
    with Transfers(connections=1) as transfers:
        for _ in range(100_000):
            # More than the socket's buffer holds: it must not block.
            transfers.wake()

        assert transfers.poll(60) == []


def test_a_wake_up_after_the_end_is_harmless():
    with Transfers(connections=1) as transfers:
        pass

    transfers.wake()


def test_closing_drops_what_is_in_flight(serve, make_event):
    arrived = threading.Event()
    ended = threading.Event()

    def answer(*_):
        arrived.set()
        ended.wait(10)

    server = serve(answer)
    with Transfers(connections=1) as transfers:
        sink = Sink(transfers, Destination(url=server.url), timeout=30.0)
        sink.send(Entry(make_event(1)), make_event(1))
        while not arrived.is_set():
            transfers.poll(0.01)
    ended.set()

    assert len(server.requests) == 1


def test_closing_does_not_wait_for_a_name_server_that_is_silent(monkeypatch):
    answered, closed = threading.Event(), threading.Event()

    class Resolving(pycurl.CurlMulti):
        """As libcurl is while a name is being looked up."""

        def close(self):
            answered.wait(10)
            super().close()
            closed.set()

    monkeypatch.setattr(pycurl, "CurlMulti", Resolving)
    with Transfers(connections=1):
        pass

    assert not closed.is_set()
    answered.set()
