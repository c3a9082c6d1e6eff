"""How long to wait before trying again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.sending.backoff import LOGIN, VCENTER, Backoff

EXPONENTIAL = Backoff(first=0.2, longest=30.0)
LINEAR = Backoff(first=4.0, longest=30.0, linear=True)
POLICIES = st.sampled_from([EXPONENTIAL, LINEAR, VCENTER, LOGIN])


@pytest.mark.parametrize(
    ("policy", "waits"),
    [
        pytest.param(EXPONENTIAL, [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30], id="sends"),
        pytest.param(LINEAR, [4, 8, 12, 16, 20, 24, 28, 30, 30], id="sends with a linear policy"),
        pytest.param(VCENTER, [1, 2, 4, 8, 16, 32, 60, 60], id="vCenter out of reach"),
        pytest.param(LOGIN, [60, 120, 240, 480, 900, 900], id="refused logins"),
    ],
)
def test_waits_grow_up_to_the_longest(policy, waits):
    assert [
        policy.delay(failures, jitter=0) for failures in range(1, len(waits) + 1)
    ] == pytest.approx(waits)


@given(policy=POLICIES, failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_adds_up_to_a_quarter(policy, failures, jitter):
    wait = policy.delay(failures, jitter=jitter)

    assert policy.first <= policy.delay(failures, jitter=0) <= policy.longest
    assert policy.delay(failures, jitter=0) <= wait <= policy.longest * 1.25


@given(policy=POLICIES, failures=st.integers(1, 10_000))
def test_another_failure_never_shortens_the_wait(policy, failures):
    assert policy.delay(failures + 1, jitter=0) >= policy.delay(failures, jitter=0)


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_login_waits_a_minute_at_least(failures, jitter):
    """Accounts lock after a few refused logins."""
    assert LOGIN.delay(failures, jitter=jitter) >= 60
