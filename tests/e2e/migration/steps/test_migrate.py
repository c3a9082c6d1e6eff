"""docs/migrate.md, followed from the first command to the last.

What holds after a step is asserted here before a test below needs the next step.
"""

import json
import pathlib
import re

import pytest
import yaml

MANIFESTS = pathlib.Path(__file__).parents[1]
SOURCES = ("power", "audit")

# What stands in for it would take the old Deployments for children: their owner is the source.
pytestmark = pytest.mark.metacontroller


def test_a_binding_that_the_controller_made_tells_its_owner(before, page):  # noqa: ARG001
    lines = page.run(0).splitlines()

    assert [line.split() for line in lines] == [
        ["NAMESPACE", "NAME", "OWNER"],
        ["office", "audit-vspherebinding", "VSphereSource"],
        ["shop", "power-vspherebinding", "VSphereSource"],
        ["shop", "tools", "<none>"],
    ]


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param("vspheresource/power", id="of a source"),
        pytest.param("deployment/power-adapter", id="of a kind that bindings are about"),
    ],
)
def test_webhooks_that_nobody_answers_refuse_changes(before, resource):
    with pytest.raises(AssertionError, match="failed calling webhook"):
        before.cluster.kubectl("label", resource, "--namespace=shop", "changed=yes")


def test_step_1_stops_the_controller_and_frees_the_bindings(stopped):
    controller = stopped.cluster.get(
        "/apis/apps/v1/namespaces/vmware-sources/deployments/vsphere-source-webhook"
    )
    bindings = stopped.cluster.get("/apis/sources.tanzu.vmware.com/v1alpha1/vspherebindings")

    assert controller["spec"]["replicas"] == 0
    [tools] = bindings["items"]
    assert tools["metadata"]["name"] == "tools"
    assert "finalizers" not in tools["metadata"]


def test_step_2_changes_nothing_but_the_replay(prepared, old):
    for name in SOURCES:
        replay = {"checkpointConfig": {"maxAgeSeconds": 3600, "periodSeconds": 1}}
        assert prepared.source(name)["spec"] == old[name]["spec"] | replay


def test_step_3_leaves_the_old_adapters_alone(installed, old):
    for name in SOURCES:
        assert installed.adapter(name) == old[name]["adapter"]
        assert "ownerReferences" not in installed.deployment(name)["metadata"]


def test_until_step_4_a_source_says_that_something_is_in_the_way(installed):
    for name in SOURCES:
        assert installed.conditions(name) == {
            "SinkProvided": ("True", ""),
            "AdapterReady": ("False", "NotCreated"),
            "StreamReady": ("Unknown", "NotReported"),
            "Ready": ("False", "NotCreated"),
        }


SINK = {"uri": "http://example.com"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({}, r'unknown field "spec\.sink\.audience"', id="an unknown field"),
        pytest.param(
            {"sink": SINK}, r"spec\.ceOverrides\.extensions: Invalid value", id="a wrong field"
        ),
        pytest.param(
            {"sink": SINK, "ceOverrides": {"extensions": {"team": "audit"}}},
            '"audit" already exists',
            id="nothing",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told(installed, page, tmp_path, changes, message):
    [source] = (
        item for item in installed.manifests("sources.yaml") if item["metadata"]["name"] == "audit"
    )
    source["spec"] |= changes
    file = tmp_path / "audit.yaml"
    file.write_text(yaml.safe_dump(source))

    with pytest.raises(AssertionError, match=message):
        page.run(3, 1, **{"my-source.yaml": str(file)})


def test_a_wrong_field_stays_until_it_is_changed(installed):
    def patch(spec):
        body = json.dumps({"spec": spec})
        installed.cluster.kubectl(
            "--namespace=office", "patch", "vspheresource", "audit", "--type=merge", "--patch", body
        )

    with pytest.raises(AssertionError, match=r"spec\.ceOverrides\.extensions: Invalid value"):
        patch({"ceOverrides": {"extensions": {"site": "office"}}})
    patch({"payloadEncoding": "application/xml", "checkpointConfig": {"maxAgeSeconds": 3601}})

    spec = installed.source("audit")["spec"]
    assert spec["ceOverrides"] == {"extensions": {"Team": "audit"}}
    assert spec["sink"] == {"uri": f"{installed.sink.url}/audit"}


def test_step_4_ends_the_old_adapter_before_the_new_one_begins(changed, old):
    for name in SOURCES:
        deployment, pods = changed.ended[name]
        assert deployment["metadata"]["uid"] == old[name]["adapter"][0]["uid"]
        assert pods == 1


def test_one_adapter_runs_and_it_is_the_new_one(changed):
    for name in SOURCES:
        [pod] = changed.pods(name)
        [container] = pod["spec"]["containers"]
        assert container["image"] == "vsphere-sources-adapter:0.1.0"
        assert changed.conditions(name) == {
            "SinkProvided": ("True", ""),
            "AdapterReady": ("True", ""),
            "StreamReady": ("True", "Streaming"),
            "Ready": ("True", ""),
        }


@pytest.mark.parametrize("name", SOURCES)
def test_the_new_adapter_moves_the_old_checkpoint(changed, old, name):
    def moved():
        found = changed.configmap(name)
        checkpoint = json.loads(found["data"]["checkpoint"])
        return checkpoint["lastEventKey"] == changed.expected[-1] and found["metadata"]

    metadata, before = changed.cluster.eventually(moved), old[name]["configmap"]

    assert metadata["uid"] == before["uid"]
    assert metadata.get("ownerReferences") == before.get("ownerReferences")


def test_json_is_as_the_page_says(changed, page):
    event = json.loads(changed.sink.data["power"])

    assert set(page.code("JSON names")) <= event.keys()
    assert [json.dumps(event["vm"]["vm"])] == [
        code.replace("vm-57", event["vm"]["vm"]["value"]) for code in page.code("JSON references")
    ]
    assert event["_typeName"] == "VmPoweredOnEvent"
    assert not [name for name, value in event.items() if value is None or value == ""]


def test_xml_is_as_the_page_says(changed, page):
    [root] = re.findall(r"<VmPoweredOnEvent.*?>", changed.sink.data["audit"].decode())

    _, *prefixes = page.code("XML")
    assert prefixes == ["xsi", "xsd"]
    for prefix in prefixes:
        assert f"xmlns:{prefix}=" in root


def test_step_5_leaves_nothing_of_the_go_project(cleaned):
    files = ("controller.yaml", "webhooks.yaml", "definitions.yaml")
    found = cleaned.cluster.kubectl(
        "get", "--ignore-not-found", "--output=name", *(f"-f={MANIFESTS / name}" for name in files)
    )
    bindings = cleaned.cluster.kubectl("get", "rolebindings", "--all-namespaces", "--output=yaml")

    # Our own are of the same names.
    assert found.split() == [
        f"customresourcedefinition.apiextensions.k8s.io/{kind}.sources.tanzu.vmware.com"
        for kind in ("vspheresources", "vspherebindings")
    ]
    assert "vsphere-receive-adapter-cm" not in bindings


def test_from_the_old_checkpoint_on_everything_arrived_in_order_and_once(cleaned):
    for name in SOURCES:
        assert cleaned.sink.ids[name] == cleaned.expected


def test_the_checkpoint_goes_with_its_source_unless_somebody_else_had_made_it(cleaned):
    for name, namespace in {"power": "shop", "audit": "office"}.items():
        cleaned.cluster.kubectl("delete", "vspheresource", name, f"--namespace={namespace}")

    cleaned.cluster.eventually(lambda: cleaned.configmap("power") is None)
    assert cleaned.configmap("audit")


def test_a_namespace_with_bindings_can_be_deleted(cleaned):
    cleaned.cluster.kubectl("delete", "namespace", "shop", "--timeout=60s")


def test_every_command_of_the_page_was_run(cleaned, page):  # noqa: ARG001
    assert page.unused == set()
