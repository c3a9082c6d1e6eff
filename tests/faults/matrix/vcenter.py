"""What vCenter, or the network to it, does to whoever is logged in."""

from tests.faults.cell import Cell


def restarted(lab):
    """Be gone for a while, and come back without sessions."""
    lab.vcenter.ask("restart", away=3)
    lab.during(3)


def expired(lab):
    """End the sessions, three times."""
    for _ in range(3):
        lab.vcenter.ask("expire")
        lab.during(3, short=2)


def switched(**faults):
    """Turn switches of the simulator for 6 s."""

    def trouble(lab):
        lab.vcenter.ask("switch", **faults)
        lab.during(6, short=3)
        lab.vcenter.ask("switch")
        lab.during(2)

    return trouble


def unavailable(lab):
    """Be up for 6 s, and no more than that."""
    lab.severed()
    switched(unavailable=True)(lab)


def without_collectors(lab):
    """Give no collector for 6 s, from the next session on."""
    lab.vcenter.ask("switch", collector_limit=0)
    lab.vcenter.ask("expire")
    lab.during(6, short=3)
    lab.vcenter.ask("switch")
    lab.during(2)


def black_hole(lab):
    """Let nothing through, and tell nobody."""
    lab.severed()
    lab.network.ask("drop")
    lab.during(45)
    lab.network.ask("restore")


def cut(lab):
    """Reset all connections, five times."""
    for _ in range(5):
        lab.cut()
        lab.during(lab.random.uniform(0.2, 2.0))


CELLS = (
    Cell(
        name="vcenter-restarts",
        what="is gone for 3 s, and its sessions with it",
        trouble=restarted,
        short=True,
    ),
    Cell(name="vcenter-expires", what="ends the session three times", trouble=expired),
    Cell(
        name="vcsim-expires",
        what="the same (vcsim)",
        trouble=expired,
        vcenter=("vcsim",),
        rate=20,
    ),
    Cell(
        name="vcenter-503",
        what="its proxy answers 503 for 6 s",
        trouble=unavailable,
    ),
    Cell(
        name="vcenter-collectors",
        what="ends the session, and then has no room for a collector for 6 s",
        trouble=without_collectors,
    ),
    Cell(
        name="network-black-hole",
        what="the network drops everything for 45 s",
        trouble=black_hole,
    ),
    Cell(
        name="network-resets",
        what="the network resets all connections, 5 times",
        trouble=cut,
        short=True,
    ),
    Cell(
        name="vcsim-network-resets",
        what="the same (vcsim)",
        trouble=cut,
        vcenter=("vcsim",),
        rate=20,
    ),
    Cell(
        name="vcenter-cuts-pages",
        what="gives only half of each page for 6 s, the length of the half being told",
        trouble=switched(cut="short"),
        short=True,
    ),
    Cell(
        name="vcenter-breaks-pages",
        what="breaks off in the middle of each page for 6 s",
        trouble=switched(cut="broken"),
    ),
    Cell(
        name="vcenter-stalls-pages",
        what="falls silent in the middle of each page for 6 s",
        trouble=switched(cut="hanging"),
    ),
    Cell(
        name="vcenter-swallows",
        what="does not answer for 6 s what it was asked to read",
        trouble=switched(black_hole=["EventHistoryCollector.ReadNextEvents"]),
    ),
)
