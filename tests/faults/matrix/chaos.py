"""Everything at once, at random: what no list of single troubles shows."""

from tests.faults.cell import UNSAVED, Cell

MISBEHAVIOUR = (
    {},
    {"delay": 0.05},
    {"status": 503, "every": 3},
    {"how": "reset", "every": 5},
    {"how": "half", "every": 5},
    {"how": "hang", "every": 40},
)


def _steps(lab):
    """Give what may happen next, by name."""
    return {
        "sink": lambda: lab.sink.ask("behave", **lab.random.choice(MISBEHAVIOUR)),
        "crowd": lambda: lab.vcenter.ask("happen", count=500),
        "expire": lambda: lab.vcenter.ask("expire"),
        "keys": lambda: lab.vcenter.ask("number_from", key=lab.random.randrange(1, 2**31)),
        "clock": lambda: lab.vcenter.ask("step_clock", seconds=lab.random.choice((-2, 2))),
        "late": lambda: lab.vcenter.ask("late", seconds=lab.random.choice((0, 3))),
        "network": lab.cut,
        "restart": lambda: lab.vcenter.ask("restart", away=1),
        "crash": lambda: (lab.crash(), lab.start()),
        "stop": lambda: (lab.adapter.until_ready(), lab.stop(), lab.start()),
    }


def chaos(lab):
    """Let something happen about every second, for a minute."""
    steps = _steps(lab)
    # Before that nothing is late beyond the begin.
    lab.during(4)
    for _ in range(15 if lab.short else 60):
        steps[lab.random.choice(sorted(steps))]()
        lab.during(lab.random.uniform(0.0, 2.0))
    lab.sink.ask("behave")
    lab.adapter.until_ready()


CELLS = (
    Cell(
        name="chaos",
        what="sink, network, vCenter and process, 60 times at random",
        trouble=chaos,
        delivery={"timeout": "PT2S"},
        expectation=UNSAVED,
        short=True,
    ),
    Cell(
        name="chaos-configmap",
        what="the same, with the checkpoint in a ConfigMap",
        trouble=chaos,
        delivery={"timeout": "PT2S"},
        store="configmap",
        expectation=UNSAVED,
    ),
)
