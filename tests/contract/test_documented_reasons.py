"""Every reason that a condition can have is explained to whoever reads it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = "".join(page.read_text() for page in ROOT.glob("docs/*.md"))
NEVER_SAID = {
    "VCenterError",  # of the class that the others share
    "AddressInvalid",  # the schema refuses such an address, and an adapter ends with it
}


def givers(node):
    """The expressions that give a reason in a piece of code."""
    match node:
        case (
            ast.keyword(arg="reason", value=giver)
            | ast.Assign(targets=[ast.Name("reason")], value=giver)
            | ast.AnnAssign(target=ast.Name("reason"), value=giver)
            | ast.Call(func=ast.Name("Verdict"), args=[_, giver, *_])
            | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant("reason"), giver])
        ):
            yield giver
        case ast.FunctionDef() if node.name.endswith("reason"):
            yield from (item.value for item in ast.walk(node) if isinstance(item, ast.Return))


def texts(giver, module):
    """The texts in an expression of *module*, written out or by name."""
    named = {
        node.targets[0].id: node.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for part in ast.walk(giver):
        match named.get(part.id) if isinstance(part, ast.Name) else part:
            case ast.Constant(str(text)):
                yield text


def reasons(folder):
    """The reasons that the code in *folder* names."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        module = ast.parse(file.read_text())
        for giver in (giver for node in ast.walk(module) for giver in givers(node) if giver):
            found = texts(giver, module)
            yield from (text for text in found if re.fullmatch("[A-Z][A-Za-z]+", text))


@pytest.mark.parametrize(
    ("folder", "known"),
    [
        ("hooks", "SinkNotFound"),
        ("hooks", "NotYetBound"),
        ("adapter", "PageUnreadable"),
        ("vsphere", "LoginRefused"),
    ],
)
def test_every_reason_is_documented(folder, known):
    found = set(reasons(folder))

    assert known in found
    assert {reason for reason in found - NEVER_SAID if f"`{reason}`" not in DOCUMENTS} == set()


def test_the_adapters_page_has_no_reason_that_is_not_given():
    page = (ROOT / "docs" / "adapter.md").read_text()
    table = page.partition("\n| reason |")[2].partition("\n\n")[0]
    first_cells = " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))

    assert set(re.findall(r"`(\w+)`", first_cells)) <= {*reasons("adapter"), *reasons("vsphere")}
