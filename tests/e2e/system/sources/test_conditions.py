"""What `kubectl describe` says of each thing that can be wrong, compared whole."""

import pathlib
import threading

import pytest

from tests.e2e.system.sources.troubles import BROKER, CLOSED, NO_ADAPTER, TROUBLES

PAGE = pathlib.Path(__file__).parents[4] / "docs" / "troubleshooting.md"
THIS = "tests/e2e/system/sources/test_conditions.py"
HEADER = "| what happened | reason of `Ready` | its message | what to do |\n|---|---|---|---|\n"


def deployment_of_somebody_else(lab, name):
    """A Deployment that is in the way, without pods."""
    labels = {"app": "other"}
    container = {"name": "other", "image": "other"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": lab.namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def keep_killing(lab, name, stopped):
    """End the adapter whenever it runs, as the kernel does: it can report nothing."""
    [pod] = lab.pods(name)
    container = lab.kubelet.container(pod)
    while not stopped.wait(0.05):
        container.kill()


@pytest.fixture(scope="module")
def lab(make_lab):
    """All that can be wrong, at once, so that what takes a while does so together."""
    lab = make_lab()
    lab.addressable(BROKER, "starting")
    lab.addressable(BROKER, "file", address={"url": "file:///etc/passwd"})
    lab.addressable(BROKER, "unsigned", address={"url": lab.sink.url, "CACerts": "none"})
    lab.apply(
        deployment_of_somebody_else(lab, "clash-adapter"),
        lab.secret("wrong", password="guessed"),
        {**lab.secret("half"), "stringData": {"username": "somebody"}},
        *(lab.source(trouble.name, **trouble.spec(lab)) for trouble in TROUBLES),
    )
    lab.until_streaming("crashing")
    stopped = threading.Event()
    killer = threading.Thread(target=keep_killing, args=(lab, "crashing", stopped))
    killer.start()
    yield lab
    stopped.set()
    killer.join()


@pytest.mark.parametrize(
    "trouble", [pytest.param(trouble, id=trouble.what) for trouble in TROUBLES]
)
def test_what_is_wrong_is_said(lab, trouble):
    lab.until(trouble.name, **trouble.conditions)


def test_the_documentation_says_what_was_seen(lab, request):
    for trouble in TROUBLES:
        lab.until(trouble.name, **trouble.conditions)
    seen = {trouble.name: lab.conditions(trouble.name)["Ready"] for trouble in TROUBLES}
    table = HEADER + "".join(row(trouble, *seen[trouble.name][1:]) for trouble in TROUBLES)
    before, _, rest = PAGE.read_text().partition(HEADER)
    _, _, after = rest.partition("\n\n")
    if request.config.getoption("--write-docs"):
        PAGE.write_text(f"{before}{table}\n{after}")

    shown = PAGE.read_text()

    assert shown == f"{before}{table}\n{after}", f"Rewrite it: pytest {THIS} --write-docs"


def row(trouble, reason, message):
    """One line of the table; what is different for each source has a name in upper case."""
    for own, general in ((trouble.name, "NAME"), (CLOSED, "VCENTER"), ("SINK/sdk", "VCENTER")):
        message = message.replace(own, general)
    return f"| {trouble.what} | `{reason}` | {message} | {trouble.advice} |\n"


@pytest.mark.parametrize(
    "name",
    [trouble.name for trouble in TROUBLES if trouble.conditions["AdapterReady"] == NO_ADAPTER],
)
def test_without_a_sink_no_adapter_starts(lab, name):
    assert lab.conditions(name)["AdapterReady"] == NO_ADAPTER
    assert lab.deployment(name) is None


def test_a_crash_loop_is_one_to_kubernetes_too(lab):
    def told():
        [pod] = lab.pods("crashing")
        [status] = pod["status"]["containerStatuses"]
        return status["restartCount"], status["state"].get("waiting", {}).get("reason")

    lab.eventually(lambda: told() >= (2, "CrashLoopBackOff"))


def test_a_name_that_somebody_else_has_is_left_to_him(lab):
    theirs = lab.deployment("clash")

    assert theirs["spec"]["template"]["spec"]["containers"][0]["image"] == "other"
    assert "ownerReferences" not in theirs["metadata"]


def test_a_mended_secret_ends_the_trouble_without_a_restart(lab):
    lab.apply(lab.secret("half"))

    lab.until_streaming("no-key")
    [pod] = lab.pods("no-key")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
