"""What the documents point to is there: pages, sections, files, targets of make, modules."""

import re
from pathlib import Path

import pytest
import yaml

from standalone.runner import CRDS
from standalone.schema import Schemas

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
EACH_PAGE = pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
MADE = {"build", "vsphere_sources.egg-info"}
FOLDERS = {
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"
} - MADE
CODE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def anchors(page):
    """The names that GitHub gives to the sections of *page*."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(link, page):
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@EACH_PAGE
def test_every_link_leads_to_a_file_or_section(page):
    linked = re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text())

    assert [link for link in linked if not is_there(link, page)] == []


@EACH_PAGE
def test_every_file_of_the_repository_that_is_named_is_there(page):
    named = re.findall(rf"(?<![\w./-])((?:{'|'.join(FOLDERS)})/[\w./-]*\w)", page.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@EACH_PAGE
def test_every_target_of_make_and_every_module_that_is_named_is_there(page):
    text = page.read_text()
    commands = re.findall(r"`([^`\n]+)`", CODE.sub("", text)) + CODE.findall(text)
    targets = set(re.findall(r"\bmake ([a-z][a-z0-9-]*)", "\n".join(commands)))
    modules = {name.replace(".", "/") for name in re.findall(r"python -m ([\w.]+)", text)}

    assert targets - TARGETS == set()
    assert [
        name
        for name in modules - {"pytest"}
        if not (ROOT / name / "__main__.py").exists() and not (ROOT / f"{name}.py").exists()
    ] == []


def test_the_readme_lists_every_page():
    listed = re.findall(r"^\| \[(.*?)\]", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(
        str(page.relative_to(ROOT)) for page in PAGES if page.name != "README.md"
    )


def test_contributing_explains_every_folder():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    [layout] = re.findall(r"^\| folder \|.*?\n\n", text, re.DOTALL | re.MULTILINE)
    packages = {
        path.name for path in (ROOT / "adapter").iterdir() if (path / "__init__.py").exists()
    }

    assert {name for name in FOLDERS if f"`{name}/`" not in layout} == set()
    assert {name for name in packages if f"`{name}`" not in layout} == set()


def test_contributing_gives_a_reason_for_every_dependency():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = text.partition("| package |")[2].partition("\n\n")[0]
    first_cells = " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))
    explained = set(re.findall(r"[a-z][\w-]+", first_cells))
    chosen = set()
    for file in [ROOT / "requirements.txt", *ROOT.glob("*/requirements.txt")]:
        own, _, _ = file.read_text().partition("\n# What those need")
        chosen |= set(re.findall(r"^([\w-]+)==", own, re.MULTILINE))

    assert {name for name in chosen if not name.startswith("types-")} <= explained


@EACH_PAGE
def test_every_object_of_our_kinds_that_is_shown_is_admitted(page):
    schemas = Schemas.load(CRDS)
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    shown = [yaml.safe_load(block) for block in blocks]
    ours = [each for each in shown if isinstance(each, dict) and each.get("kind") in schemas.kinds]

    for each in ours:
        assert schemas.admit(each)["spec"].items() >= each["spec"].items()
    assert ours or page.name not in {"README.md", "binding.md"}
