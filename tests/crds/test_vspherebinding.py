"""What a VSphereBinding may say, and what is said to one that says something else."""

import pytest

from tests.crds.manifests import bindings
from tests.crds.manifests.valid import binding


@pytest.mark.parametrize("changes", bindings.ADMITTED)
def test_a_valid_binding_is_admitted(refusal, changes):
    assert refusal(binding(changes)) is None


@pytest.mark.parametrize(("changes", "problems"), bindings.REFUSED)
def test_an_invalid_binding_is_refused(refusal, changes, problems):
    expected = "\n".join(f'VSphereBinding "credentials": {problem}' for problem in problems)

    assert refusal(binding(changes)) == expected
