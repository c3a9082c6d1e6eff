"""From `kubectl apply` to events at the sink."""

import pytest


@pytest.fixture(scope="module")
def quickstart(cluster, lab_in):
    """The sample of the documentation, applied as it is."""
    cluster.kubectl("apply", "--filename", "samples/quickstart.yaml")
    yield lab_in("default")
    cluster.kubectl("delete", "--ignore-not-found", "--filename", "samples/quickstart.yaml")


def test_events_arrive_at_the_sink_of_an_applied_source(quickstart, vcenter, sink):
    quickstart.until(
        "quickstart",
        Ready=("True",),
        SinkProvided=("True",),
        AdapterReady=("True",),
        StreamReady=("True", "Streaming", "Reading the events of VCENTER."),
    )

    happened = vcenter.happen(3)

    quickstart.eventually(lambda: set(sink.ids["/"]) >= set(happened))
