"""Several troubles at the same time: what one of them hides from the other."""

from tests.faults.cell import UNSAVED, Cell

UNAVAILABLE = {"unavailable": True}


def sink_and_vcenter(lab):
    """Let the sink answer 503 while vCenter restarts, and kill the adapter then; three times."""
    for _ in range(3):
        lab.sink.ask("behave", status=503)
        lab.vcenter.ask("restart", away=2)
        lab.during(lab.random.uniform(0.0, 2.0))
        lab.crash()
        lab.start()
        lab.during(lab.random.uniform(0.0, 2.0))
        lab.sink.ask("behave")
        lab.adapter.until_ready()


class Storm:
    """What fails together: of each of these parts of the world one thing at a time."""

    def __init__(self, lab):
        self._lab = lab
        self._begin = {"sink": self._sink, "vcenter": self._vcenter, "network": self._network}
        self._end = {
            "sink": lambda: lab.sink.ask("behave"),
            "vcenter": lambda: lab.vcenter.ask("switch"),
            "network": lambda: lab.network.ask("restore"),
            "store": lambda: lab.store.api_server.ask("open"),
        }
        self._begin["store"] = lambda: lab.store.api_server.ask("close")

    def gust(self):
        """Let two or more begin, something happen amid them, and all end, in any order."""
        chance = self._lab.random
        struck = chance.sample(sorted(self._begin), chance.randint(2, len(self._begin)))
        for part in struck:
            self._begin[part]()
            self._lab.during(chance.uniform(0.0, 1.0))
        chance.choice((self._kill, self._kill, self._freeze, self._restart, self._expire))()
        for part in chance.sample(struck, len(struck)):
            self._lab.during(chance.uniform(0.0, 1.0))
            self._end[part]()

    def _sink(self):
        behaviour = ({"status": 503}, {"how": "hang"}, {"how": "reset", "every": 2}, {"delay": 0.2})
        self._lab.sink.ask("behave", **self._lab.random.choice(behaviour))

    def _vcenter(self):
        switches = (UNAVAILABLE, {"cut": "short"}, {"cut": "broken"}, {"delay_seconds": 0.5})
        chosen = self._lab.random.choice(switches)
        if chosen is UNAVAILABLE:
            self._lab.severed()
        self._lab.vcenter.ask("switch", **chosen)

    def _network(self):
        self._lab.severed()
        self._lab.network.ask("drop")

    def _kill(self):
        self._lab.crash()
        self._lab.start()

    def _freeze(self):
        self._lab.freeze(2)

    def _restart(self):
        self._lab.vcenter.ask("restart", away=1)

    def _expire(self):
        self._lab.vcenter.ask("expire")


def storm(lab):
    """Let the wind blow from all sides, again and again."""
    weather = Storm(lab)
    for _ in range(4 if lab.short else 15):
        weather.gust()
        lab.during(lab.random.uniform(0.0, 3.0))
    lab.adapter.until_ready()


CELLS = (
    Cell(
        name="sink-and-vcenter",
        what="the sink answers 503 while vCenter restarts, then SIGKILL; three times",
        trouble=sink_and_vcenter,
        expectation=UNSAVED,
    ),
    Cell(
        name="storm",
        what="two to four of sink, vCenter, network and API server fail together, 15 times",
        trouble=storm,
        delivery={"timeout": "PT2S"},
        store="configmap",
        expectation=UNSAVED,
        short=True,
    ),
)
