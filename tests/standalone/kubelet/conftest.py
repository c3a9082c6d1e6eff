"""Servers to ask, as the pods of this machine are."""

import contextlib

import pytest

from standalone.server import Server


@pytest.fixture
def serve():
    """Answer requests at a local port, and return that."""
    with contextlib.ExitStack() as stack:

        def start(respond):
            server = Server(respond, port=0, tls=None)
            stack.callback(server.close)
            return server.port

        yield start
