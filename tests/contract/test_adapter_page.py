"""docs/adapter.md names the variables that the adapter reads."""

import re
from collections.abc import Mapping
from pathlib import Path

from adapter.config import from_environment

PAGE = (Path(__file__).parents[2] / "docs" / "adapter.md").read_text()
IN_A_CLUSTER = {
    "VC_URL": "vcenter.example.com",
    "K_SINK": "http://sink.example.com",
    "VSPHERE_KVSTORE_CONFIGMAP": "configmap",
    "NAMESPACE": "default",
}


class Environment(Mapping):
    """Remembers what it was asked for."""

    def __init__(self, variables):
        """Hold these variables."""
        self.variables = variables
        self.asked = set()

    def __getitem__(self, name):
        """Note it."""
        self.asked.add(name)
        return self.variables[name]

    def __iter__(self):
        """As of any mapping."""
        return iter(self.variables)

    def __len__(self):
        """As of any mapping."""
        return len(self.variables)


def test_every_variable_that_is_read_is_in_the_table():
    environment = Environment(IN_A_CLUSTER)

    from_environment(environment)

    table = PAGE.partition("\n| variable |")[2].partition("\n\n")[0]
    first_cells = " ".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", first_cells)) == environment.asked
