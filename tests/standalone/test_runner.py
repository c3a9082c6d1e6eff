"""The loop: real hooks, real adapters, a simulated vCenter, and manifests that change."""

import pytest

from standalone.manifests import ManifestError
from standalone.runner import Runner

BROKER = {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "events"}}
SERVICE = {"ref": {"apiVersion": "v1", "kind": "Service", "name": "printer"}}
NO_BROKER = (
    "VSphereSource default/events: spec.sink.ref: this cluster serves no kind Broker in the API "
    'group "eventing.knative.dev". Install it, or correct apiVersion and kind.'
)


@pytest.fixture
def said():
    return []


@pytest.fixture
def run(tmp_path, said):
    """Run a file; the runner is closed when the test ends."""
    runners = []

    def run(path, services=None):
        runner = Runner(
            paths=[path], state=tmp_path / "state", services=services or {}, said=said.append
        )
        runners.append(runner)
        return runner

    yield run
    for runner in runners:
        runner.close()


@pytest.fixture
def flow(eventually, happen, vcenter):
    """Let a runner work and events happen until something is true."""

    def until(runner, condition):
        def meanwhile():
            happen(vcenter)
            runner.turn()

        return eventually(condition, meanwhile=meanwhile)

    return until


def turn(runner):
    """Let a runner do, or say, what it might do more than once."""
    for _ in range(3):
        runner.turn()


def last_content_type(sink):
    return sink.headers and sink.headers[-1]["content-type"]


def test_a_changed_manifest_changes_what_runs(run, declare, sink, new_sink, flow):
    runner = run(declare())
    flow(runner, lambda: last_content_type(sink) == "application/json")

    declare(payloadEncoding="application/xml")
    flow(runner, lambda: last_content_type(sink) == "application/xml")

    other = new_sink()
    declare(sink={"uri": other.url})
    flow(runner, lambda: last_content_type(other) == "application/json")


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        pytest.param(
            lambda path: path.write_text("a: b: c"), "is not YAML (line 1).", id="invalid"
        ),
        pytest.param(
            lambda path: path.unlink(), "cannot be read: No such file or directory.", id="gone"
        ),
    ],
)
def test_a_file_that_became_wrong_is_said_to_be_once(run, declare, said, spoil, problem):
    path = declare(sink=BROKER)
    runner = run(path)
    turn(runner)

    spoil(path)
    turn(runner)

    assert said == [NO_BROKER, f"{path} {problem}\nWhat runs goes on as before."]


def test_a_file_that_became_wrong_leaves_what_runs_alone_until_it_is_mended(
    run, declare, adapter, runs
):
    path = declare()
    runner = run(path)
    runner.turn()
    pid = adapter()

    path.unlink()
    turn(runner)
    assert runs(pid)

    declare(payloadEncoding="application/xml")
    runner.turn()
    assert not runs(pid)
    assert runs(adapter())


def test_a_wrong_file_at_the_start_is_an_error(run, write):
    with pytest.raises(ManifestError, match="there is no VSphereSource to run"):
        run(write(""))


@pytest.fixture
def lab(new_vcenter, new_sink, source, secret, happen):
    """A second source, with a vCenter, a Secret and a sink of its own, and whether it flows."""
    vcenter, sink = new_vcenter("lab", "lab-pass"), new_sink()
    documents = [
        source("lab", address=vcenter.url, secretRef={"name": "lab"}, sink={"uri": sink.url}),
        secret("lab", username="lab", password="lab-pass"),
    ]
    return documents, lambda: happen(vcenter) and sink.headers


def test_two_sources_with_two_secrets_run_side_by_side(run, declare, lab, sink, flow):
    documents, lab_flows = lab

    runner = run(declare(*documents))

    flow(runner, lambda: sink.headers and lab_flows())


def test_a_removed_source_stops_and_the_others_go_on(run, declare, source, adapter, runs):
    runner = run(declare(source("other")))
    runner.turn()
    kept, removed = adapter(), adapter("other")

    declare()
    runner.turn()

    assert runs(kept)
    assert not runs(removed)


def test_a_changed_secret_reaches_the_adapter_that_runs(run, write, source, secret, tmp_path):
    """Whether it does so without a restart is a matter of the process."""
    elsewhere = source(address="https://127.0.0.1:9")
    runner = run(write(elsewhere, secret(username="user", password="old")))
    runner.turn()
    password = tmp_path / "state" / "default" / "events" / "secret" / "password"
    assert password.read_text() == "old"

    write(elsewhere, secret(username="user", password="new"))
    runner.turn()

    assert password.read_text() == "new"


def test_a_service_as_sink_needs_to_be_told_where_it_leads(run, declare, said, tmp_path):
    runner = run(declare(sink=SERVICE))

    turn(runner)

    [problem] = said
    assert problem == (
        "VSphereSource default/events: There is no cluster in which to find Service "
        "default/printer (http://printer.default.svc.cluster.local). Say where it leads with "
        "--service default/printer=URL, or put a URL into the manifest: uri for a sink, "
        "spec.address for a vCenter."
    )
    assert not (tmp_path / "state").exists()


def test_a_service_as_sink_leads_where_the_user_says(run, declare, new_sink, flow):
    local = new_sink()

    runner = run(declare(sink=SERVICE), {"printer.default.svc.cluster.local": local.url})

    flow(runner, lambda: local.headers)


def test_a_sink_of_a_kind_that_needs_a_cluster_is_said_to_be_once(run, declare, said):
    turn(run(declare(sink=BROKER)))

    assert said == [NO_BROKER]


def test_a_dead_letter_sink_of_such_a_kind_is_said_to_be_once_too(run, declare, said):
    turn(run(declare(delivery={"deadLetterSink": BROKER})))

    assert said == [NO_BROKER.replace("spec.sink", "spec.delivery.deadLetterSink")]


@pytest.mark.parametrize(
    "unresolved", [pytest.param(BROKER, id="Broker"), pytest.param(SERVICE, id="Service")]
)
def test_a_sink_that_cannot_be_resolved_leaves_the_adapter_that_runs_alone(
    run, declare, adapter, runs, unresolved
):
    runner = run(declare())
    runner.turn()
    pid = adapter()

    declare(sink=unresolved)
    turn(runner)

    assert adapter() == pid
    assert runs(pid)


def test_a_refusal_of_the_hooks_changes_nothing_and_is_said_once(run, declare, said, monkeypatch):
    monkeypatch.setattr("hooks.app.MAX_BODY_BYTES", 100)

    turn(run(declare()))

    assert said == [
        "VSphereSource default/events: The data value transmitted exceeds the capacity limit."
    ]
