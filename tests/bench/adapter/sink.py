"""A sink that costs little: counts distinct events, answers 202 after a given delay.

Usage: python -m tests.bench.adapter.sink DELAY_SECONDS. Prints its port, then for each line on
stdin one line of JSON. `count` asks how many events have come, how many distinct, and when the
first and the last one came; `ages` how many seconds old each was (by its `time`) when it came.
"""

import asyncio
import datetime as dt
import json
import sys
import time

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Arrivals:
    def __init__(self):
        self.events, self.ids = [], set()

    def add(self, event, created):
        self.events.append((time.time(), created))
        self.ids.add(event)

    def count(self):
        return {
            "count": len(self.events),
            "distinct": len(self.ids),
            "first": self.events[0][0] if self.events else None,
            "last": self.events[-1][0] if self.events else None,
        }

    def ages(self):
        return [
            arrived - dt.datetime.fromisoformat(created.decode()).timestamp()
            for arrived, created in self.events
        ]


class Connection(asyncio.Protocol):
    def __init__(self, arrivals, delay):
        self.arrivals, self.delay, self.buffer = arrivals, delay, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].split(b"\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)
            }
            whole = end + 4 + int(headers[b"content-length"])
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            self.arrivals.add(headers[b"ce-id"], headers[b"ce-time"])
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
    while question := (await asked.readline()).strip():
        print(json.dumps(arrivals.ages() if question == b"ages" else arrivals.count()), flush=True)


asyncio.run(main(float(sys.argv[1])))
