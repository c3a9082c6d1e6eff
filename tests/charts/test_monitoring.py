"""Dashboard and alerts ask for what adapters measure, and each alert says what to do."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from adapter.telemetry.metrics import Metrics
from hooks.children import NAME_LABEL

ROOT = Path(__file__).parents[2]
FILES = ROOT / "charts" / "vsphere-sources" / "files"
GUIDE = (ROOT / "docs" / "operating.md").read_text()
ALERTS = [
    rule
    for group in yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((FILES / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [
    *(pytest.param(rule["expr"], id=rule["alert"]) for rule in ALERTS),
    *(
        pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
        for panel in PANELS
        for target in panel["targets"]
    ),
    *(
        pytest.param(variable["definition"], id=f"variable {variable['name']}")
        for variable in DASHBOARD["templating"]["list"]
        if variable["type"] == "query"
    ),
]
SELECTED = re.compile(r"\b(?P<name>up|(?:vsphere_source|process)_\w+)\b(?:\{(?P<labels>[^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')
OF_SCRAPES = {"job", "namespace", "pod", "source"}
JOBS = {job for rule in ALERTS for job in re.findall('job=~"([^"]+)"', rule["expr"])}


@pytest.fixture(scope="session")
def samples():
    """What is measured: sample name -> the values of each of its labels."""
    metrics = Metrics(now=lambda: 0.0)
    metrics.interruptions.labels("Unreachable")
    found = {"up": {}}
    for family in text_string_to_metric_families(metrics.text()):
        for sample in family.samples:
            values = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                values.setdefault(label, set()).add(value)
    return found


@pytest.fixture
def monitoring(rendered):
    """Render only what watches."""

    def monitoring(*enabled, **more):
        values = {name: {"enabled": True} for name in enabled}
        options = ("--show-only", "templates/monitoring.yaml")
        return rendered({"monitoring": values | more}, *options)

    return monitoring


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_measured(samples, expression):
    selected = list(SELECTED.finditer(expression))

    assert selected
    for metric in selected:
        labels = samples[metric["name"]]
        for label, how, value in MATCHER.findall(metric["labels"] or ""):
            if label in OF_SCRAPES:
                continue
            wanted = value.split("|") if how == "=~" else [value]
            assert set(wanted) <= labels[label], (metric["name"], label)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule["alert"]) for rule in ALERTS])
def test_each_alert_says_what_is_wrong_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert "{{ $labels.namespace }}/{{ $labels.source }}" in rule["annotations"]["summary"]
    assert f"\n### {rule['alert']}\n\n" in GUIDE


def test_what_does_not_run_is_told_by_what_prometheus_itself_measures():
    asked = {
        rule["alert"]: {metric["name"] for metric in SELECTED.finditer(rule["expr"])}
        for rule in ALERTS
    }

    assert [alert for alert, metrics in asked.items() if metrics == {"up"}] == [
        "VSphereSourceDown",
        "VSphereSourceGone",
    ]
    # Whatever else it asked for would be missing while the container is down.
    assert asked["VSphereSourceRestarting"] == {"process_start_time_seconds"}


def test_no_advice_is_left_of_an_alert_that_is_gone():
    advice = re.findall(r"^### (VSphereSource\w+)$", GUIDE, re.MULTILINE)

    assert advice == [rule["alert"] for rule in ALERTS]


def test_panels_can_be_told_apart_and_do_not_overlap():
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len(cells) == len(set(cells))


def test_nothing_is_watched_by_default(defaults):
    assert {kind for kind, _ in defaults}.isdisjoint({"PodMonitor", "PrometheusRule", "ConfigMap"})


def test_the_dashboard_comes_as_grafana_looks_for_it(monitoring):
    [dashboard] = monitoring("dashboard").values()

    assert dashboard["kind"] == "ConfigMap"
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(dashboard["data"]["vsphere-sources.json"]) == DASHBOARD


def test_the_alerts_come_as_the_operator_looks_for_them(monitoring):
    [rule] = monitoring("alerts", labels={"release": "prometheus"}).values()

    assert rule["kind"] == "PrometheusRule"
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    assert [item for group in rule["spec"]["groups"] for item in group["rules"]] == ALERTS


def test_the_monitor_finds_the_pods_that_the_hooks_make(monitoring):
    [monitor] = monitoring("podMonitor", labels={"release": "prometheus"}).values()

    [expression] = monitor["spec"]["selector"]["matchExpressions"]
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    [relabelling] = endpoint["relabelings"]
    label = re.sub(r"\W", "_", NAME_LABEL)
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["namespaceSelector"] == {"any": True}
    assert expression == {"key": NAME_LABEL, "operator": "Exists"}
    assert endpoint["port"] == "metrics"
    assert relabelling == {
        "sourceLabels": [f"__meta_kubernetes_pod_label_{label}"],
        "targetLabel": "source",
    }
    assert f"[__meta_kubernetes_pod_label_{label}]" in GUIDE


@pytest.mark.parametrize("namespace", ["vsphere-sources", "monitoring"])
def test_the_alerts_select_the_job_that_the_monitor_makes(rendered, namespace):
    options = ("--show-only", "templates/monitoring.yaml")
    watched = {"monitoring": {"podMonitor": {"enabled": True}}}
    [monitor] = rendered(watched, *options, namespace=namespace).values()
    # The Prometheus Operator calls the job of a PodMonitor so.
    made = f"{monitor['metadata']['namespace']}/{monitor['metadata']['name']}"
    [by_hand] = re.findall(r"^- job_name: (.+)$", GUIDE, re.MULTILINE)

    [job] = JOBS
    assert re.fullmatch(job, made)
    assert re.fullmatch(job, by_hand)
    assert not re.fullmatch(job, "other-vsphere-sources")
