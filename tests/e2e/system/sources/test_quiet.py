"""Where nothing changes nothing is written, and nobody is asked."""

import time
import urllib.request

import pytest

QUIET_SECONDS = 20


@pytest.fixture(scope="module")
def settled(make_lab):
    """A source that streams, and a cluster in which nothing is left to do."""
    lab = make_lab()
    lab.apply(lab.source())
    lab.until_streaming()
    # The adapter looks after its report some times, ever more rarely.
    before, since = None, time.monotonic()
    while time.monotonic() < since + 5:
        if (now := len(lab.cluster.writes())) != before:
            before, since = now, time.monotonic()
        time.sleep(0.2)
    return lab


def asked(hooks_url):
    """How often the hooks were asked for something."""
    with urllib.request.urlopen(f"{hooks_url}/metrics") as metrics:
        lines = metrics.read().decode().splitlines()
    name = 'vsphere_hooks_request_seconds_count{code="200",route="/vspheresource/'
    return sorted(line for line in lines if line.startswith(name))


def test_nothing_is_written_while_nothing_changes(settled, hooks_url):
    before, questions = settled.cluster.writes(), asked(hooks_url)

    time.sleep(QUIET_SECONDS)

    assert settled.cluster.writes()[len(before) :] == []
    assert asked(hooks_url) == questions


def test_an_event_costs_one_write_and_no_question(settled, vcenter, hooks_url):
    before, questions = settled.cluster.writes(), asked(hooks_url)

    [event] = vcenter.happen()
    settled.eventually(lambda: settled.checkpoint()["lastEventKey"] == int(event))

    adapter = f"system:serviceaccount:{settled.namespace}:vcenter-adapter"
    assert settled.cluster.writes()[len(before) :] == [
        (adapter, "patch", "configmaps", "vcenter-configmap", 200)
    ]
    assert asked(hooks_url) == questions
