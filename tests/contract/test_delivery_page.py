"""docs/delivery.md and `kubectl explain` tell of the delivery that the adapter does."""

import json
import re
from pathlib import Path

import pytest
import yaml

from adapter.sending import policy

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "delivery.md").read_text()
DEFAULTS = {name: str(default) for name, default in policy.DEFAULTS.items()}


@pytest.fixture(scope="module")
def fields():
    """The schema of `spec.delivery`, field by field."""
    crd = yaml.safe_load((ROOT / "crds" / "vspheresources.yaml").read_text())
    [version] = crd["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec["properties"]["delivery"]["properties"]


def test_the_page_has_every_field_with_its_default(fields):
    section = PAGE.partition("| field of `spec.delivery` |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| `?([^|`]*)`? \|", section, re.MULTILINE)

    assert [name for name, _ in rows] == list(fields)
    assert dict(rows) == DEFAULTS | {"retry": "no end", "deadLetterSink": "none"}


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_the_description_of_a_field_has_its_default(fields, name, default):
    assert f"Default {default}." in fields[name]["description"]


def test_the_bounds_are_those_of_the_adapter(fields):
    bounds = {
        name: (field["minimum"], field["maximum"])
        for name, field in fields.items()
        if "minimum" in field
    }

    assert bounds == {
        "inFlight": (1, policy.MOST_IN_FLIGHT),
        "retry": (0, policy.MOST_RETRIES),
    }


def test_no_field_has_a_default_in_the_schema(fields):
    """So a source without `spec.delivery` keeps the children that it has."""
    assert [name for name, field in fields.items() if "default" in field] == []


def test_the_examples_are_what_the_adapter_takes():
    [in_a_source] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    [by_hand] = re.findall(r"```json\n(.*)\n```", (ROOT / "docs" / "adapter.md").read_text())

    assert yaml.safe_load(in_a_source)["spec"]["delivery"] == json.loads(by_hand)
    assert policy.parse(json.loads(by_hand)).retry == 8
