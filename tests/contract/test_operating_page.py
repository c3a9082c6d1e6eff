"""What docs/operating.md says of metrics and logs is what there is."""

import json
import logging
import re
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from adapter.telemetry.logs import JsonFormatter
from adapter.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text()
EXAMPLES = {
    name: content
    for example in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for name, content in yaml.safe_load(example).items()
}
CHART = ROOT / "charts" / "vsphere-sources" / "values.yaml"
DEFINITION = ROOT / "crds" / "vspheresources.yaml"


def rows(heading):
    """The cells of the first table under this heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_metrics_is_the_registry():
    metrics = Metrics(now=lambda: 0.0)
    metrics.interruptions.labels("Unreachable")
    measured = {}
    for family in text_string_to_metric_families(metrics.text()):
        if family.name.startswith("vsphere_source_"):
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            name = family.name + ("_total" if family.type == "counter" else "")
            shown = f"`{name}{{{','.join(sorted(labels))}}}`" if labels else f"`{name}`"
            measured[shown] = family.type

    assert {name: kind for name, kind, _ in rows("Metrics")} == measured


def test_the_values_of_labels_are_named():
    text = {name: meaning for name, _, meaning in rows("Metrics")}
    metrics = Metrics(now=lambda: 0.0)

    for outcome in metrics.settled:
        assert f"`{outcome}`" in text["`vsphere_source_events_settled_total{outcome}`"]
    for mode in metrics.watching:
        assert f"`{mode}`" in text["`vsphere_source_watching{mode}`"]


def test_the_line_of_a_log_is_one_that_the_adapter_writes():
    [example] = re.findall(r"```json\n(.*)\n```", PAGE)
    shown = json.loads(example)
    fields = {name: shown[name] for name in ("event_id", "event_type", "code")}
    record = logging.makeLogRecord(
        {"levelname": "ERROR", "msg": shown["message"], "created": 1795348800.0, **fields}
    )

    assert JsonFormatter().format(record) == example


def test_the_scrape_configuration_is_yaml():
    [job] = EXAMPLES["scrape_configs"]

    assert [rule.get("target_label") for rule in job["relabel_configs"]] == [
        None,
        "source",
        None,
        "namespace",
        "pod",
    ]


def test_the_fields_of_the_status_are_named():
    [version] = yaml.safe_load(DEFINITION.read_text())["spec"]["versions"]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    named = re.findall("`([a-zA-Z]+)`", " ".join(row[0] for row in rows("At a glance")))

    assert named == list(status["adapter"]["properties"])


def test_the_values_that_switch_monitoring_on_are_those_of_the_chart():
    known = yaml.safe_load(CHART.read_text())["monitoring"]

    shown = EXAMPLES["monitoring"]

    assert shown.keys() == known.keys()
    assert [shown[name] for name in known if name != "labels"] == [{"enabled": True}] * 3
