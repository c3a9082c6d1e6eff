"""How one certificate follows another: a law over all that may come between, and tables."""

import base64
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hooks import rotation
from hooks.certificates import VALID_FOR, make
from hooks.rotation import SPREAD

NOW = dt.datetime(2026, 5, 1, 12, 0, tzinfo=dt.UTC)
HOSTS = frozenset({"webhook"})
LATER = NOW + VALID_FOR * 0.8
OLD, NEW = make(HOSTS, NOW), make(HOSTS, LATER)


def never(_hosts, _now):
    pytest.fail("There was no need for a certificate.")


def encoded(*certificates):
    return base64.b64encode("".join(one.pem for one in certificates).encode()).decode()


def trusting(*bundles):
    """A configuration whose webhooks have these."""
    return {
        "metadata": {"resourceVersion": "7"},
        "webhooks": [
            {"name": f"webhook-{number}", "clientConfig": {"caBundle": bundle} if bundle else {}}
            for number, bundle in enumerate(bundles)
        ],
    }


def patch(*certificates, webhooks=1):
    bundle = encoded(*certificates)
    return {
        "metadata": {"resourceVersion": "7"},
        "webhooks": [
            {"name": f"webhook-{number}", "clientConfig": {"caBundle": bundle}}
            for number in range(webhooks)
        ],
    }


@pytest.mark.parametrize("certificates", [[OLD], [NEW, OLD]], ids=["one", "two"])
def test_the_secret_keeps_what_is_put_into_it(certificates):
    secret = {"kind": "Secret", "metadata": {"resourceVersion": "3"}, "data": {"tls.crt": ""}}

    filled = rotation.filled(secret, certificates)

    assert filled["metadata"] == {"resourceVersion": "3"}
    assert rotation.held(filled) == certificates


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(None, id="as it is shipped"),
        pytest.param({"tls.crt": "", "tls.key": ""}, id="empty"),
        pytest.param({"tls.crt": encoded(OLD)}, id="no key"),
        pytest.param({"tls.crt": "YQ", "tls.key": "Y"}, id="no base64"),
    ],
)
def test_what_cannot_be_read_is_not_there(data):
    assert rotation.held({"data": data}) == []


@pytest.mark.parametrize(
    ("certificates", "hosts", "now"),
    [
        pytest.param([OLD], {"webhook"}, NOW, id="fresh"),
        pytest.param([NEW, OLD], {"webhook"}, LATER, id="renewed before"),
        pytest.param([NEW, OLD], {"webhook"}, NOW + VALID_FOR, id="and the other has ended"),
        pytest.param([make({"a", "b"}, NOW)], {"a"}, NOW, id="for more hosts"),
    ],
)
def test_what_is_good_stays(certificates, hosts, now):
    assert rotation.renewed(certificates, hosts=hosts, now=now, make=never) == certificates


@pytest.mark.parametrize(
    ("certificates", "hosts", "now", "kept"),
    [
        pytest.param([], {"webhook"}, NOW, [], id="none yet"),
        pytest.param([OLD], {"webhook"}, LATER, [OLD], id="in its last month"),
        pytest.param([NEW, OLD], {"webhook"}, LATER + VALID_FOR, [NEW], id="the next time"),
        pytest.param([OLD], {"webhook", "10.0.0.7"}, NOW, [OLD], id="one more host"),
    ],
)
def test_a_new_one_comes_before_what_is_still_served(certificates, hosts, now, kept):
    made = []

    def note(hosts, now):
        made.append((set(hosts), now))
        return make(hosts, now)

    newest, *others = rotation.renewed(certificates, hosts=frozenset(hosts), now=now, make=note)

    assert made == [(hosts, now)]
    assert (newest.hosts, newest.is_due(now), others) == (hosts, False, kept)


@pytest.mark.parametrize(
    ("configuration", "now", "wanted"),
    [
        pytest.param(trusting(""), LATER, patch(NEW, OLD), id="none yet"),
        pytest.param(trusting(encoded(OLD)), LATER, patch(NEW, OLD), id="the old one"),
        pytest.param(trusting(encoded(NEW, OLD)), LATER, None, id="both"),
        pytest.param(trusting("YQ=="), LATER, patch(NEW, OLD), id="something else"),
        pytest.param(
            trusting(encoded(NEW, OLD)), NOW + VALID_FOR, patch(NEW), id="one that has ended"
        ),
        pytest.param(
            trusting(encoded(NEW, OLD), ""), LATER, patch(NEW, OLD, webhooks=2), id="not everywhere"
        ),
        pytest.param({"metadata": {}}, LATER, None, id="no webhooks"),
    ],
)
def test_all_webhooks_trust_what_has_not_ended(configuration, now, wanted):
    assert rotation.trust(configuration, [NEW, OLD], now=now) == wanted


@pytest.mark.parametrize(
    ("configuration", "since"),
    [
        pytest.param(trusting(encoded(NEW, OLD)), {NEW.pem: LATER, OLD.pem: NOW}, id="both"),
        pytest.param(trusting(encoded(OLD)), {OLD.pem: NOW}, id="one"),
        pytest.param(trusting(encoded(NEW, OLD), ""), {}, id="by one webhook only"),
        pytest.param(trusting("/w=="), {}, id="something else"),
        pytest.param({"webhooks": None}, {}, id="no webhooks"),
    ],
)
def test_trust_counts_from_when_it_was_seen_everywhere(configuration, since):
    seen = {OLD.pem: NOW, "another": NOW}

    assert rotation.trusted(configuration, [NEW, OLD], since=seen, now=LATER) == since


@pytest.mark.parametrize(
    ("since", "now", "served"),
    [
        pytest.param({}, LATER, None, id="none is trusted"),
        pytest.param({OLD.pem: LATER}, LATER, OLD, id="only the old one"),
        pytest.param({NEW.pem: LATER}, LATER, NEW, id="only the new one, and at once"),
        pytest.param({NEW.pem: LATER, OLD.pem: NOW}, LATER, OLD, id="the new one since now"),
        pytest.param(
            {NEW.pem: LATER, OLD.pem: NOW}, LATER + SPREAD, NEW, id="the new one for long enough"
        ),
        pytest.param(
            {NEW.pem: LATER, OLD.pem: LATER}, LATER, OLD, id="both since now: after a restart"
        ),
        pytest.param(
            {NEW.pem: LATER, OLD.pem: LATER}, NOW + VALID_FOR, NEW, id="the old one has ended"
        ),
        pytest.param({OLD.pem: LATER}, NOW + VALID_FOR, None, id="what was trusted has ended"),
    ],
)
def test_served_is_the_newest_that_everybody_knows(since, now, served):
    assert rotation.chosen([NEW, OLD], since=since, now=now) == served


class Replica:
    """What `Custody` does, on a cluster that is a list of the Secret and the configuration."""

    def __init__(self):
        self.since, self.served = {}, None

    def look(self, world, now, *, patches):
        secret, configuration = world
        certificates = rotation.renewed(rotation.held(secret), hosts=HOSTS, now=now, make=make)
        world[0] = rotation.filled(secret, certificates)
        if patches and (change := rotation.trust(configuration, certificates, now=now)):
            [webhook] = change["webhooks"]
            configuration = world[1] = trusting(webhook["clientConfig"]["caBundle"])
        self.since = rotation.trusted(configuration, certificates, since=self.since, now=now)
        self.served = rotation.chosen(certificates, since=self.since, now=now) or self.served


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),  # who looks
            st.sampled_from([SPREAD / 8, SPREAD, VALID_FOR / 10, VALID_FOR / 4]),  # how much later
            st.booleans(),  # whether it can write to the configuration
            st.booleans(),  # whether it was restarted
        ),
        max_size=30,
    )
)
def test_what_is_served_is_trusted_now_and_by_whoever_is_slow_to_hear(turns):
    now, world, replicas = NOW, [{}, trusting("")], [Replica(), Replica()]
    bundles = []
    for who, later, patches, restarted in turns:
        now += later
        if restarted:
            replicas[who] = Replica()
        replicas[who].look(world, now, patches=patches)
        bundles.append(
            (now, base64.b64decode(world[1]["webhooks"][0]["clientConfig"].get("caBundle", "")))
        )
        served = replicas[who].served
        current, heard = bundles[-1][1], [b for time, b in bundles if now - time >= SPREAD]
        valid = [one for one in rotation.held(world[0]) if one.is_valid(now)]
        known = [one for one in valid if heard and one.pem.encode() in heard[-1]]
        if known or patches:
            assert served in (known or valid)
        if served in valid:
            assert served.pem.encode() in current
