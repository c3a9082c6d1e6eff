"""docs/source.md names the fields, conditions and checkpoint that there are."""

import datetime as dt
import json
import re
from pathlib import Path

import yaml

from adapter.checkpoints import checkpoint
from adapter.checkpoints.checkpoint import VCenter
from hooks import source as hook

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "source.md").read_text()
[VERSION] = yaml.safe_load((ROOT / "crds" / "vspheresources.yaml").read_text())["spec"]["versions"]
SPEC = VERSION["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
WITH_TABLES_OF_THEIR_OWN = {"sink", "delivery"}


def rows(head):
    """The cells of the table whose head begins with *head*."""
    table = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    return [
        [cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[2:]
    ]


def leaves(properties, path=""):
    """The fields of a schema as the page names them, with their defaults."""
    for name, field in properties.items():
        inner = {} if name in WITH_TABLES_OF_THEIR_OWN else field.get("properties", {})
        if inner:
            yield from leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", field.get("default")


def test_the_table_has_every_field_with_its_default():
    shown = {name.strip("`"): default for name, default, _ in rows("field of `spec`")}
    fields = dict(leaves(SPEC))

    assert shown.keys() == fields.keys()
    assert {name: cell.strip("`") for name, cell in shown.items() if "`" in cell} == {
        name: json.dumps(default).strip('"')
        for name, default in fields.items()
        if default is not None
    }


def test_the_table_has_every_condition():
    named = {name.strip("`") for name, _ in rows("condition")}
    code = Path(hook.__file__).read_text()

    assert named == set(re.findall(r'"((?:\w+)?Ready|\w+Provided|\w+Resolved)"', code))


def test_the_checkpoint_is_one_that_the_adapter_reads_and_writes():
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    shown = json.loads(example)
    vcenter = VCenter(url=shown["vCenter"], instance_uuid=shown["instanceUuid"])
    now = dt.datetime.fromisoformat(shown["createdTimestamp"])

    begin = checkpoint.begin(example, vcenter, now=now, max_age=dt.timedelta(seconds=300))
    position = checkpoint.Position(
        key=begin.key,
        type=shown["lastEventType"],
        time=begin.since,
        until=begin.until,
        acknowledged=begin.acknowledged,
        passed_over=begin.passed_over,
    )
    written = json.loads(checkpoint.write(position, vcenter, now=now))

    assert written == shown
