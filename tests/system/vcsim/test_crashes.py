"""Against vcsim: a process that is killed loses nothing."""

from collections import Counter

import pytest


@pytest.mark.parametrize(
    ("period", "kills"),
    [
        pytest.param("1h", [10], id="before anything is checkpointed"),
        pytest.param("50ms", [20, 40, 60], id="again and again in mid-stream"),
    ],
)
def test_killed_and_started_again_it_loses_nothing(period, kills, vcsim, lab):
    settings = {
        "VSPHERE_CHECKPOINT_CONFIG": f'{{"period":"{period}"}}',
        "VSPHERE_DELIVERY_CONFIG": '{"inFlight":4}',
    }
    lab.sink.answer_late(0.02)
    adapter = lab.start(vcsim.url, **settings).until_ready()
    last = vcsim.history()[-1].key
    vcsim.power(40)
    made = {str(event.key) for event in vcsim.history(after=last)}
    may_come_again = set()

    for taken in kills:
        lab.eventually(lambda taken=taken: len(set(lab.sink.taken.ids)) >= taken)
        adapter.kill()
        settled = lab.acknowledged()
        assert bool(settled) == (period == "50ms")
        may_come_again |= set(lab.sink.arrived.ids) - settled
        adapter = lab.start(vcsim.url, **settings).until_ready()

    lab.eventually(lambda: made <= set(lab.sink.taken.ids))
    assert adapter.terminate() == 0
    times = Counter(lab.sink.arrived.ids)
    assert {key for key, count in times.items() if count > 1} <= may_come_again
