"""One event that cannot be read costs no other, and a page that is cut off is read again."""

import dataclasses
import datetime as dt

import pytest

from standalone.simulator import events, inventory

MACHINES = inventory.build()


@dataclasses.dataclass(frozen=True)
class Strange:
    """An event whose XML is *text*."""

    text: str
    created: dt.datetime

    def marshal(self, _key):
        return self.text.encode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<returnval><key>seven</key></returnval>", id="no key and no time"),
        pytest.param("<returnval><a></b></returnval>", id="no XML"),
        pytest.param(f"<returnval>{'<a>' * 999}{'</a>' * 999}</returnval>", id="nested deeply"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_and_passed(text, vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    vcenter.faults.unavailable = True
    vcenter.hang_up()
    made = vcenter.happen(3)
    vcenter.history.append(Strange(text, dt.datetime.now(dt.UTC)))
    made += vcenter.happen(3)
    vcenter.faults.unavailable = False
    lab.eventually(lambda: len(lab.sink.taken) == 7)

    assert adapter.terminate() == 0
    [gap], others = lab.sink.arrived.split(lambda arrival: arrival.is_gap)
    assert b"<cause>EventUnreadable</cause>" in gap.body
    assert sorted(others.ids) == made


def test_unheard_of_events_pass_through(vcenter, lab):
    adapter = lab.start(vcenter.url, VSPHERE_PAYLOAD_ENCODING="application/json").until_ready()
    vcenter.history.append(events.unknown(MACHINES[0], dt.datetime.now(dt.UTC)))
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert not lab.sink.taken[0].is_gap


@pytest.mark.parametrize("cut", ["short", "broken"])
def test_a_page_that_is_cut_off_is_read_again(cut, vcenter, lab):
    adapter = lab.start(vcenter.url).until_ready()
    vcenter.faults.cut_count = 2
    vcenter.faults.cut = cut
    made = vcenter.happen(20)
    lab.eventually(lambda: len(lab.sink.taken) >= 20)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
