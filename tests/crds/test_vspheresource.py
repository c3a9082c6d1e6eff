"""What a VSphereSource may say, and what is said to one that says something else."""

import pytest

from tests.crds.manifests import sources
from tests.crds.manifests.valid import source


@pytest.mark.parametrize("changes", sources.ADMITTED)
def test_a_valid_source_is_admitted(refusal, changes):
    assert refusal(source(changes)) is None


@pytest.mark.parametrize(("changes", "problems"), sources.REFUSED)
def test_an_invalid_source_is_refused(refusal, changes, problems):
    expected = "\n".join(f'VSphereSource "events": {problem}' for problem in problems)

    assert refusal(source(changes)) == expected
