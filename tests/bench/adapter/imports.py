"""What importing the adapter's parts costs, one after the other, in MiB of resident memory.

Usage: python -m tests.bench.adapter.imports. Prints one line of JSON. Each part is charged with
what those before it have not loaded already.
"""

import importlib
import json
import re
from pathlib import Path

PARTS = (
    "adapter.footprint",
    "logging",
    "json",
    "dataclasses",
    "ssl",
    "http.client",
    "lxml.etree",
    "pycurl",
    "pyVmomi",
    "vsphere",
    "adapter.__main__",
)


def resident():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def main():
    before = resident()
    costs = {"Python": before}
    for part in PARTS:
        importlib.import_module(part)
        now = resident()
        costs[part], before = now - before, now
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
