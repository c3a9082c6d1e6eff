"""A sink as a process: it records every event that comes, and misbehaves on command."""

import asyncio
import dataclasses
import datetime as dt
import socket
import struct
import sys
import threading
from http import HTTPStatus

from standalone.simulator.certificate import self_signed

from .peer import serve
from .recorder import Behaviour, Recorder


class Connection(asyncio.Protocol):
    """HTTP/1.1, one request at a time."""

    def __init__(self, recorder, connections):
        self._recorder, self._connections, self._buffer = recorder, connections, b""

    def connection_made(self, transport):
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, _error):
        self._connections.discard(self._transport)

    def data_received(self, data):
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.decode("latin-1").split("\r\n")[1:]
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        if len(body) < int(headers["content-length"]):
            return
        self._buffer = b""
        arrival, behaviour = self._recorder.arrive(headers, body)
        asyncio.get_running_loop().call_later(behaviour.delay, self._conclude, arrival, behaviour)

    def _conclude(self, arrival, behaviour):
        if self._transport.is_closing() or behaviour.how == "hang":
            return
        if behaviour.how == "reset":
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        elif behaviour.how == "half":
            self._transport.write(b"HTTP/1.1 202 Accep")
            self._transport.close()
        else:
            self._transport.write(_answer(behaviour))
            arrival.answered = True


def _answer(behaviour):
    phrase = HTTPStatus(behaviour.status).phrase
    headers = "".join(f"{name}: {value}\r\n" for name, value in behaviour.headers)
    head = f"HTTP/1.1 {behaviour.status} {phrase}\r\nContent-Length: 0\r\n{headers}\r\n"
    return head.encode()


class Sink:
    """What the harness calls; with *tls* it has a certificate."""

    def __init__(self, *, tls):
        self._recorder = Recorder()
        self._tls, self._certificate = None, ""
        if tls:
            self._certificate, self._tls = self_signed(dt.datetime.now(dt.UTC))
        self._connections = set()
        self._loop = asyncio.new_event_loop()
        self._server, self._port = None, 0
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def open(self):
        """Listen, on the same port as before if there was one; returns its URL."""
        self._run(self._listen(self._recorder, self._tls))
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}/"

    def certificate(self):
        """Whom to trust here, if it has TLS."""
        return self._certificate

    def close(self):
        """Be gone: connections are refused."""
        self._run(self._hang_up())

    def impersonate(self):
        """Let somebody else stand here, with a certificate of his own: what he takes is lost."""
        self.close()
        self._run(self._listen(Recorder(), self_signed(dt.datetime.now(dt.UTC))[1]))

    def behave(self, **behaviour):
        """From now on treat requests so."""
        behaviour["headers"] = tuple(map(tuple, behaviour.get("headers", ())))
        self._recorder.behaviour = Behaviour(**behaviour)

    def seen(self):
        """How many events have come so far, each counted once, whatever was answered."""
        return self._recorder.seen

    def count(self):
        """How many requests have come so far."""
        return len(self._recorder.arrivals)

    def arrivals(self):
        """All that came, in the order it came."""
        return [dataclasses.astuple(arrival) for arrival in self._recorder.arrivals]

    def _run(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self, recorder, tls):
        self._server = await self._loop.create_server(
            lambda: Connection(recorder, self._connections),
            "127.0.0.1",
            self._port,
            backlog=1024,
            ssl=tls,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self):
        self._server.close()
        for transport in list(self._connections):
            transport.abort()


if __name__ == "__main__":
    serve(Sink(tls="--tls" in sys.argv))
