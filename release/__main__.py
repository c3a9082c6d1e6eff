"""`python -m release`: write `build/release.yaml` and, for Knative, a file beside it.

Exits 0, or 2 when something given is wrong.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from . import kustomization, manifest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "metacontroller"
KNATIVE = SOURCE / "overlays" / "knative-bindings"
TARGET = ROOT / "build" / "release.yaml"

_HEADER = """\
# vsphere-sources {version}. Metacontroller 4.17.2 or newer has to be there already.
#
#   kubectl apply --server-side -f {name}
"""
_KNATIVE_HEADER = """\
# Bindings for Knative's Services and Configurations, beside vsphere-sources {version}.
#
#   kubectl apply --server-side -f {name}
"""


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _write(options)
    except kustomization.KustomizationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _write(options: argparse.Namespace) -> None:
    """Render both files, and say what to do with them."""
    known = kustomization.images(SOURCE)
    version = options.version or known[0].tag
    images = manifest.image_names(known, registry=options.images or "", version=version)
    main_file = options.output
    knative_file = main_file.with_name(f"{main_file.stem}-knative-bindings{main_file.suffix}")
    main_file.parent.mkdir(parents=True, exist_ok=True)
    for folder, file, header in (
        (SOURCE, main_file, _HEADER),
        (KNATIVE, knative_file, _KNATIVE_HEADER),
    ):
        objects = manifest.release(kustomization.objects(folder), images=images, version=version)
        text = yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, width=100)
        comment = header.format(version=version, name=file.name)
        file.write_text(f"{comment}---\n{text}", encoding="utf-8")
    sys.stdout.write(
        f"Version {version}, images {' and '.join(images.values())}. Install it with:\n"
        f"  kubectl apply --server-side -f {main_file}\n"
        "and, where Knative Serving is installed, bindings for its kinds with:\n"
        f"  kubectl apply --server-side -f {knative_file}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument(
        "--images",
        type=_registry,
        metavar="REGISTRY",
        help="where the two images are, like registry.example.com/team",
    )
    parser.add_argument("--version", type=_tag, help="their tag, like 0.1.0")
    parser.add_argument("--output", type=Path, default=TARGET, metavar="FILE")
    return parser


def _registry(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*/?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no place of images: give it like registry.example.com/team"
        )
    return text.rstrip("/")


def _tag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no image tag: give it like 0.1.0")
    return text


if __name__ == "__main__":
    sys.exit(main())
