"""What happens to the checkpoint, and to where it is kept."""

import json

from tests.faults.cell import UNSAVED, Cell
from tests.faults.disk import full


def api_server_down(lab):
    """Let the API server be gone while checkpoints are due."""
    lab.store.api_server.ask("close")
    lab.during(8, short=4)
    lab.store.api_server.ask("open")
    lab.during(2)


def api_server_down_and_killed(lab):
    """Kill the adapter while the API server is gone; the next one has to wait for it."""
    lab.store.api_server.ask("close")
    lab.during(4, short=2)
    lab.crash()
    lab.start()
    lab.during(4, short=2)
    lab.store.api_server.ask("open")
    lab.adapter.until_ready()


def nothing_stored(lab):
    """Start an adapter that has no checkpoint, and no API server at first."""
    lab.stop()
    lab.store.delete()
    lab.rewound(None)
    lab.store.api_server.ask("close")
    logins = lab.vcenter.ask("logins")
    lab.start()
    lab.until(lambda: lab.vcenter.ask("logins") > logins)
    lab.during(0.5)
    # It begins when it has logged in for the first time, and not when it can save that.
    lab.vcenter.ask("outdate", seconds=0)
    lab.during(4, short=2)
    lab.store.api_server.ask("open")
    lab.adapter.until_ready()


def deleted(lab):
    """Delete the ConfigMap under a running adapter, and kill that once it has written another."""
    lab.during(3)
    lab.store.delete()
    lab.until(lambda: lab.store.read() is not None)
    lab.crash()
    lab.start().until_ready()


def set_back(lab):
    """Set the checkpoint back to the first event, as with kubectl, under a running adapter."""
    lab.during(3)
    saved = json.loads(lab.store.read())
    time = lab.vcenter.ask("made")[0][1]
    _edit(lab, json.dumps({"vCenter": saved["vCenter"], "lastEventKeyTimestamp": time}))


def scrambled(lab):
    """Write what is no checkpoint, as with kubectl, under a running adapter."""
    lab.during(3)
    _edit(lab, "not a checkpoint")


def corrupted(lab):
    """Kill the adapter, and let the next one find half a checkpoint."""
    lab.during(3)
    lab.adapter.kill()
    half = '{"vCenter":"https://127.0.0.1/sdk","lastEvent'
    lab.store.write(half)
    lab.rewound(half)
    lab.start().until_ready()


def disk_full(lab):
    """Leave no room for a checkpoint for a while, and kill the adapter meanwhile."""
    with full(lab.store.disk):
        lab.during(4, short=2)
        lab.crash()
        lab.start().until_ready()
        lab.during(2)
    lab.during(2)


def _edit(lab, checkpoint):
    """Write *checkpoint*, and note what may come again until the adapter goes on from there."""
    lab.store.write(checkpoint)
    lab.until(lambda: lab.store.read() != checkpoint)
    lab.rewound(checkpoint)


CELLS = (
    Cell(
        name="api-server-down",
        what="API server gone for 8 s while checkpoints are due",
        trouble=api_server_down,
        store="configmap",
    ),
    Cell(
        name="api-server-down-kill",
        what="the same, and the adapter killed meanwhile",
        trouble=api_server_down_and_killed,
        store="configmap",
        expectation=UNSAVED,
        short=True,
    ),
    Cell(
        name="configmap-late",
        what="no ConfigMap, and at the start of the adapter no API server for 4 s",
        trouble=nothing_stored,
        store="configmap",
        expectation=UNSAVED,
    ),
    Cell(
        name="configmap-deleted",
        what="ConfigMap deleted under a running adapter, which is then killed",
        trouble=deleted,
        store="configmap",
        expectation=UNSAVED,
    ),
    Cell(
        name="configmap-edited",
        what="checkpoint set back by another hand",
        trouble=set_back,
        store="configmap",
        expectation=UNSAVED,
        short=True,
    ),
    Cell(
        name="configmap-scrambled",
        what="checkpoint made unreadable by another hand",
        trouble=scrambled,
        store="configmap",
        expectation=UNSAVED,
    ),
    Cell(
        name="checkpoint-corrupted",
        what="adapter killed, and the checkpoint file cut in half",
        trouble=corrupted,
        expectation=UNSAVED,
    ),
    Cell(
        name="disk-full",
        what="no room for the checkpoint file for 6 s, adapter killed meanwhile",
        trouble=disk_full,
        store="tiny disk",
        expectation=UNSAVED,
    ),
)
