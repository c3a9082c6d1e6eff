"""Names of children: those of the Go project, and never too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import names

NAMING = [
    pytest.param(names.deployment, id="Deployment"),
    pytest.param(names.service_account, id="ServiceAccount"),
    pytest.param(names.role, id="Role"),
    pytest.param(names.checkpoint, id="ConfigMap"),
    pytest.param(names.label_value, id="label"),
]
LABEL = re.compile(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")
MD5_OF_63 = "105d7597f637e83cc711605ac3ea4957"
MD5_OF_64 = "baf13e8b16d8c06324d7c9ab32cb7ff0"

parents = st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?){0,3}",
    fullmatch=True,
)


@pytest.mark.parametrize(
    ("name", "parent", "expected"),
    [
        pytest.param(names.deployment, "vcenter", "vcenter-adapter", id="Deployment"),
        pytest.param(names.service_account, "vcenter", "vcenter-adapter", id="ServiceAccount"),
        pytest.param(names.role, "vcenter", "vcenter-adapter", id="Role and RoleBinding"),
        pytest.param(names.checkpoint, "vcenter", "vcenter-configmap", id="ConfigMap"),
        pytest.param(names.label_value, "vcenter", "vcenter", id="label"),
        pytest.param(
            names.deployment, "f" * 55, "f" * 55 + "-adapter", id="Deployment: longest kept whole"
        ),
        pytest.param(
            names.deployment,
            "f" * 63,
            "f" * 23 + MD5_OF_63 + "-adapter",
            id="Deployment: too long",
        ),
        pytest.param(
            names.checkpoint, "f" * 53, "f" * 53 + "-configmap", id="ConfigMap: longest kept whole"
        ),
        pytest.param(
            names.checkpoint,
            "f" * 63,
            "f" * 21 + MD5_OF_63 + "-configmap",
            id="ConfigMap: too long",
        ),
        pytest.param(names.label_value, "f" * 63, "f" * 63, id="label: longest kept whole"),
        pytest.param(names.label_value, "f" * 64, "f" * 31 + MD5_OF_64, id="label: too long"),
    ],
)
def test_a_child_is_called_as_in_the_go_project(name, parent, expected):
    assert name(parent) == expected


@pytest.mark.parametrize("name", NAMING)
@given(parent=parents)
def test_every_name_is_one_that_an_api_server_takes(name, parent):
    assert LABEL.fullmatch(name(parent))


@pytest.mark.parametrize("name", NAMING)
@given(start=parents, ends=st.tuples(parents, parents).filter(lambda both: both[0] != both[1]))
def test_children_of_different_sources_have_different_names(name, start, ends):
    one, other = ends

    assert name(start + one) != name(start + other)
