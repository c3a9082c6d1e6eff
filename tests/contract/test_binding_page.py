"""docs/binding.md: its example is what binding makes of it, its tables are what there is."""

import datetime as dt
import re
from pathlib import Path

import pytest
import yaml

from hooks import binding as hook
from hooks import injection
from hooks.choice import Scope
from hooks.model import ServedKind
from hooks.subjects import KINDS, VSphereBinding
from tests.hooks.manifests import JOB, KNATIVE_SERVICE, controlled_by, edited
from tests.hooks.manifests import binding as made_binding
from tests.hooks.manifests import workload as made_workload

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "binding.md").read_text()
WORKLOAD, BINDING, BOUND = (
    yaml.safe_load(block)
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
)
NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
NAMED = {"metadata.name": "NAME", "metadata.namespace": "NAMESPACE"}
SERVED = {
    (group, kind): ServedKind(version="v1", plural=f"{kind.lower()}s")
    for group, kind in [*KINDS, ("batch", "CronJob")]
}
KNATIVE = {"spec.subject.apiVersion": "serving.knative.dev/v1", "spec.subject.kind": "Service"}


def rows(head):
    """The cells of the table whose head begins with *head*."""
    _, _, below = PAGE.partition(f"\n| {head} |")
    return [
        [cell.strip() for cell in row.strip("|").split(" | ")]
        for row in below.partition("\n\n")[0].splitlines()[2:]
    ]


def binding(changes=None):
    named = NAMED | {"metadata.name": "BINDING", "spec.subject.name": "NAME"}
    return made_binding(named | (changes or {}))


def workload(changes=None):
    return made_workload(NAMED | (changes or {}))


def ready(binding, *found, others=(), served=SERVED, looked_up=True):
    """Reason, status and message of the condition that the hook gives *binding*."""
    subject = binding["spec"]["subject"]
    bindings = {f"NAMESPACE/{each['metadata']['name']}": each for each in (binding, *others)}
    related = {"VSphereBinding.sources.tanzu.vmware.com/v1alpha1": bindings}
    if looked_up:
        kind = f"{subject['kind']}.{subject['apiVersion']}"
        related[kind] = {f"NAMESPACE/{each['metadata']['name']}": each for each in found}
    request = {"parent": binding, "children": {}, "related": related}
    scope = Scope(own_namespace="vsphere-sources")
    [condition] = hook.sync(request, now=NOW, served=served, scope=scope)["status"]["conditions"]
    return condition["reason"], condition["status"], condition["message"]


OLDER = {"metadata.name": "OTHER", "metadata.creationTimestamp": "2026-01-01T00:00:00Z"}
VOLUMES = {"spec.template.spec.volumes": [{"name": "vsphere-binding", "emptyDir": {}}]}
REVISION = {"spec.template.metadata.name": "REVISION"}
EXCLUDED = {"metadata.labels": {"bindings.knative.dev/exclude": "true"}}


def test_every_reason_is_told_in_the_words_of_the_status():
    by_revision = controlled_by("serving.knative.dev/v1", "Revision")
    by_revision["metadata.ownerReferences"][0]["name"] = "MAKER"
    job = {"spec.subject.apiVersion": "batch/v1", "spec.subject.kind": "Job"}
    cron_job = job | {"spec.subject.kind": "CronJob"}
    all_there = {"spec.subject.name": ..., "spec.subject.selector": {}}

    assert [tuple(row[:3]) for row in rows("reason")] == [
        (f"`{reason}`", status, message)
        for reason, status, message in (
            ready(binding()),
            ready(binding(all_there)),
            ready(binding(), workload()),
            ready(binding(), workload(), others=[binding(OLDER)]),
            ready(binding(), workload(VOLUMES)),
            ready(binding(job), workload(JOB)),
            ready(binding(KNATIVE), workload(KNATIVE_SERVICE | REVISION)),
            ready(binding(), workload(by_revision)),
            ready(binding(), workload(EXCLUDED)),
            ready(binding(KNATIVE), served={}),
            ready(binding(KNATIVE), looked_up=False),
            ready(binding(cron_job)),
            ready(binding({"spec.subject.namespace": "ELSEWHERE"})),
            ready(binding({"spec.address": ...})),
        )
    ]


def test_the_example_gets_what_the_page_says():
    stored = edited(made_binding(), {"spec": BINDING["spec"], "spec.skipTLSVerify": False})
    binding = VSphereBinding.from_object(stored)
    workload = edited(WORKLOAD, {"metadata.namespace": "default"})

    assert binding.selects(workload)
    assert injection.pod_of(injection.bind(workload, binding.injection)) == BOUND


def leaves(schema, path=()):
    """The fields of *schema* as tables name them; what is in a selector is Kubernetes' own."""
    properties = {} if path[-1:] == ("selector",) else schema.get("properties", {})
    for name, field in properties.items():
        yield from leaves(field, (*path, name))
    if not properties:
        yield ".".join(path)


def test_every_field_is_in_the_table():
    crd = yaml.safe_load((ROOT / "crds" / "vspherebindings.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    named = [name for row in rows("field of `spec`") for name in re.findall(r"`([^`]+)`", row[0])]

    assert sorted(named) == sorted(leaves(schema))


@pytest.mark.parametrize(
    "group_and_kind", [pytest.param(each, id=each[1]) for each in sorted(KINDS)]
)
def test_every_kind_that_can_be_bound_is_in_the_table(group_and_kind):
    group, kind = group_and_kind

    assert any(
        f"`{group}/v1`" in row[0] and kind in row[0].replace(",", "").split()
        for row in rows("workload")
    )
