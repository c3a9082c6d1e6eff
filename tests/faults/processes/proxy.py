"""A network between an adapter and vCenter, which can swallow what is sent, or break."""

import asyncio
import contextlib
import socket
import struct
import sys
import threading

from .peer import serve


class Network:
    """Carries TCP to *port* of this machine; what the harness calls."""

    def __init__(self, port):
        self._upstream = port
        self._loop = asyncio.new_event_loop()
        self._writers = set()
        self._open = asyncio.Event()
        self._open.set()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def listen(self):
        """Return the port that leads through it."""
        return self._run(self._listen())

    def drop(self):
        """From now on nothing gets through, and nobody is told."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def restore(self):
        """Let through what was held back, as TCP does after an outage, and what follows."""
        self._loop.call_soon_threadsafe(self._open.set)

    def cut(self):
        """Reset all connections."""
        self._run(self._cut())

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self):
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def _cut(self):
        for writer in list(self._writers):
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _connect(self, reader, writer):
        await self._open.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except ConnectionError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))

    async def _carry(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)


if __name__ == "__main__":
    serve(Network(int(sys.argv[1])))
