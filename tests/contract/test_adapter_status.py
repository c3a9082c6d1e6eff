"""What the adapter writes into its source's status is what the definition describes there."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
import yaml

from adapter.telemetry.report import Gap, Refusal, Report
from standalone.schema import Schemas

DEFINITION = Path(__file__).parents[2] / "crds" / "vspheresources.yaml"
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
EVENT = Refusal(id="7", type="VmPoweredOnEvent", code=400)
EVERYTHING = Report(
    streaming=True,
    reason="Streaming",
    message="Reading.",
    refused_events=1,
    last_refused=EVENT,
    dead_lettered_events=1,
    last_dead_lettered=EVENT,
    gaps=1,
    last_gap=Gap(start=NOON, end=NOON, cause="vCenter forgot them"),
    stalls=1,
    event_source="https://vcenter.example.com/sdk",
    event_types=("com.vmware.vsphere.VmPoweredOnEvent.v0",),
)


@pytest.fixture(scope="session")
def described():
    """The fields of `status.adapter`, those within others as a dictionary."""
    [version] = yaml.safe_load(DEFINITION.read_text())["spec"]["versions"]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]

    def fields(schema):
        if schema["type"] != "object":
            return None
        return {name: fields(inner) for name, inner in schema["properties"].items()}

    return fields(status["properties"]["adapter"])


def test_what_can_be_reported_is_described_and_nothing_else(described):
    def fields(value):
        if not isinstance(value, dict):
            return None
        return {name: fields(inner) for name, inner in value.items()}

    assert fields(EVERYTHING.to_object()) == described


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(Report(), id="nothing yet"),
        pytest.param(EVERYTHING, id="everything"),
        pytest.param(
            dataclasses.replace(
                EVERYTHING, last_dead_lettered=Refusal(id="8", type="VmEvent", code=0)
            ),
            id="a dead letter without an answer",
        ),
    ],
)
def test_a_report_is_admitted_as_it_is(report):
    source = {
        "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
        "kind": "VSphereSource",
        "metadata": {"name": "one", "namespace": "default"},
        "spec": {
            "address": "https://vcenter.example.com",
            "secretRef": {"name": "credentials"},
            "sink": {"uri": "http://sink.example.com"},
        },
        "status": {"adapter": report.to_object()},
    }

    admitted = Schemas.load(DEFINITION.parent).admit(source)

    assert admitted["status"] == source["status"]
