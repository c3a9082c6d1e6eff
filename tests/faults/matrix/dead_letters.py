"""What becomes of events that the sink will not have, where there is a dead-letter sink."""

from tests.faults.cell import Cell
from tests.faults.judge import Expectation, Repeats

ONE_MACHINE = "vm-1003"
DEAD_LETTERED = Expectation(dead_lettered=True)


def refusing(status):
    """Answer *status* to all events of one machine, for ever."""

    def trouble(lab):
        lab.sink.ask("behave", status=status, machine=ONE_MACHINE)
        lab.during(6, short=4)

    return trouble


def both_failing(lab):
    """Answer 500 to all events of one machine, for ever; the dead-letter sink is gone at first."""
    lab.dead_letters.ask("close")
    lab.sink.ask("behave", status=500, machine=ONE_MACHINE)
    lab.during(6, short=4)
    lab.dead_letters.ask("open")


def both_refusing(lab):
    """Answer 422 to one machine's events, for ever; the dead-letter sink does, too, for 6 s."""
    lab.dead_letters.ask("behave", status=422)
    lab.sink.ask("behave", status=422, machine=ONE_MACHINE)
    lab.during(6, short=4)
    lab.dead_letters.ask("behave")


def refusing_and_killed(lab):
    """Answer 422 to all events of one machine, and kill the adapter three times meanwhile."""
    lab.sink.ask("behave", status=422, machine=ONE_MACHINE)
    for _ in range(3):
        lab.during(lab.random.uniform(1.0, 3.0))
        lab.crash()
        lab.start()
    lab.adapter.until_ready()


CELLS = (
    Cell(
        name="dead-refused",
        what="the sink answers 422 to one machine's events for ever",
        trouble=refusing(422),
        dead_letters=True,
        expectation=DEAD_LETTERED,
        short=True,
    ),
    Cell(
        name="dead-given-up",
        what="the sink answers 500 to them (`retry: 2`)",
        trouble=refusing(500),
        dead_letters=True,
        delivery={"retry": 2},
        expectation=DEAD_LETTERED,
    ),
    Cell(
        name="dead-both",
        what="the same, and the dead-letter sink is gone for 6 s",
        trouble=both_failing,
        dead_letters=True,
        delivery={"retry": 2},
        expectation=DEAD_LETTERED,
    ),
    Cell(
        name="dead-both-refuse",
        what="422 as above, and the dead-letter sink answers that, too, for 6 s",
        trouble=both_refusing,
        dead_letters=True,
        expectation=DEAD_LETTERED,
    ),
    Cell(
        name="dead-kill-9",
        what="422 as above, and SIGKILL three times",
        trouble=refusing_and_killed,
        dead_letters=True,
        expectation=Expectation(dead_lettered=True, repeats=Repeats.UNSAVED),
    ),
)
