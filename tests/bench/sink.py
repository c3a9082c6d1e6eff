"""A sink that costs little: counts distinct events, answers 202 after a given delay.

Usage: python sink.py DELAY_SECONDS. Prints its port, then for each line on stdin one line of JSON:
how many events have come, how many distinct, and when the first and the last one came.
"""

import asyncio
import json
import sys
import time

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Arrivals:
    def __init__(self):
        self.count, self.ids, self.first, self.last = 0, set(), None, None

    def add(self, event):
        now = time.time()
        self.count += 1
        self.ids.add(event)
        self.first = self.first or now
        self.last = now


class Connection(asyncio.Protocol):
    def __init__(self, arrivals, delay):
        self.arrivals, self.delay, self.buffer = arrivals, delay, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].lower().split(b"\r\n")
            headers = dict(line.split(b": ", 1) for line in lines[1:])
            whole = end + 4 + int(headers[b"content-length"])
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            self.arrivals.add(headers[b"ce-id"])
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.answer)
            else:
                self.answer()

    def answer(self):
        self.transport.write(ANSWER)


async def main(delay):
    arrivals = Arrivals()
    loop = asyncio.get_running_loop()
    # Room for all connections at once: a dropped one would come back only after a second.
    server = await loop.create_server(
        lambda: Connection(arrivals, delay), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    while await asked.readline():
        report = {
            "count": arrivals.count,
            "distinct": len(arrivals.ids),
            "first": arrivals.first,
            "last": arrivals.last,
        }
        print(json.dumps(report), flush=True)


asyncio.run(main(float(sys.argv[1])))
