"""Where nothing changes nothing is written, and nobody is asked."""

import re
import time

import pytest

QUIET_SECONDS = 60
WRITES = {"APPLY", "DELETE", "DELETECOLLECTION", "PATCH", "POST", "PUT"}


@pytest.fixture(scope="module")
def settled(make_lab):
    """A source that streams, and a cluster in which nothing is left to do."""
    lab = make_lab()
    lab.apply(lab.source())
    lab.until_streaming()
    # The first event of a type is reported.
    lab.vcenter.happen()
    lab.eventually(lambda: "ceAttributes" in lab.status())
    # What other tests leave behind goes, and that is written.
    lab.eventually(lambda: not leaving(lab.cluster))
    # The adapter looks after its report some times, ever more rarely.
    before, since = None, time.monotonic()
    while time.monotonic() < since + 5:
        if (now := len(lab.cluster.writes())) != before:
            before, since = now, time.monotonic()
        time.sleep(0.2)
    return lab


def leaving(cluster):
    """The namespaces that are being deleted."""
    namespaces = cluster.get("/api/v1/namespaces")["items"]
    return [item for item in namespaces if item["status"]["phase"] == "Terminating"]


def written(api_server):
    """How much the API server itself has counted that was written and is no sign of life."""
    page = api_server.request("GET", "/metrics").data.decode()
    count = 0
    for line in re.findall(r"^apiserver_request_total.*$", page, re.MULTILINE):
        labels = dict(re.findall(r'(\w+)="(.*?)"', line))
        counts = labels["verb"] in WRITES and labels["resource"] != "leases"
        if counts and not labels["dry_run"]:
            count += int(float(line.rpartition(" ")[2]))
    return count


def test_nothing_is_written_while_nothing_changes(settled, exchanges, api_server):
    count, known, questions = written(api_server), settled.cluster.writes(), len(exchanges)

    time.sleep(QUIET_SECONDS)

    # The audit log says what it was.
    news = settled.cluster.writes()[len(known) :]
    assert (written(api_server) - count, news) == (0, [])
    assert len(exchanges) == questions


def test_what_is_written_is_counted(settled, api_server):
    before = written(api_server)

    settled.kubectl("label", "secret", "credentials", "looked=at")
    settled.kubectl(
        "label", "secret", "credentials", "--overwrite", "looked=twice", "--dry-run=server"
    )

    assert written(api_server) == before + 1


def test_an_event_costs_one_write_and_no_question(settled, vcenter, exchanges):
    before, questions = settled.cluster.writes(), len(exchanges)

    [event] = vcenter.happen()
    settled.eventually(lambda: settled.checkpoint()["lastEventKey"] == int(event))

    adapter = f"system:serviceaccount:{settled.namespace}:vcenter-adapter"
    assert settled.cluster.writes()[len(before) :] == [
        (adapter, "patch", "configmaps", "vcenter-configmap", 200)
    ]
    assert len(exchanges) == questions
