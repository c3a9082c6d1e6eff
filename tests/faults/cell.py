"""One cell of the matrix: what is done to the adapter, and what it promises all the same."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .judge import Expectation, Repeats

UNANSWERED = Expectation(repeats=Repeats.UNANSWERED)
UNSAVED = Expectation(repeats=Repeats.UNSAVED)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One trouble; *what* tells it to people, and *short* cells are in the short matrix too.

    *delivery*, *checkpoint* and *encoding* are the adapter's settings. *vcenter* is a module of
    `processes` and what it is told, *store* is `file`, `tiny disk` or `configmap`; *skewed*: the
    clock of the machine can be set; *tls*: the sink has a certificate.
    """

    name: str
    what: str
    trouble: Callable
    expectation: Expectation = field(default_factory=Expectation)
    delivery: Mapping = field(default_factory=dict)
    dead_letters: bool = False
    checkpoint: Mapping = field(default_factory=lambda: {"period": "1s"})
    encoding: str = "application/xml"
    vcenter: tuple[str, ...] = ("vcenter",)
    store: str = "file"
    skewed: bool = False
    tls: bool = False
    rate: int = 200
    short: bool = False

    def environment(self, *, dead_letters):
        """The adapter's settings, as it reads them; *dead_letters* is a URL."""
        delivery = dict(self.delivery)
        if self.dead_letters:
            delivery["deadLetterSink"] = {"uri": dead_letters}
        return {
            "VSPHERE_CHECKPOINT_CONFIG": json.dumps(self.checkpoint),
            "VSPHERE_DELIVERY_CONFIG": json.dumps(delivery),
            "VSPHERE_PAYLOAD_ENCODING": self.encoding,
        }
