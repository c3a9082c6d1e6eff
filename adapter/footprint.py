"""What keeps the process small; import it before anything else.

Fifty adapters on a node are fifty times these few MiB (docs/performance.md).
"""

import contextlib
import ctypes
import importlib
import sys
from types import ModuleType

UNUSED = ("eam", "pbm", "sms", "vsanhealth", "vslm")
"""Services of pyVmomi's that no event comes from: their types take 2 MiB."""

RARE = ("ast", "calendar", "hashlib", "ipaddress", "tokenize")
"""What others import and hardly ever use: a MiB and a half."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of glibc's `mallopt`."""

_BYTES = 65536


def _defer(name: str) -> None:
    """Have a module loaded as soon as something in it is asked for."""
    stand_in = ModuleType(name)

    def load(attribute: str) -> object:
        if sys.modules.get(name) is stand_in:
            sys.modules.pop(name, None)
        return getattr(importlib.import_module(name), attribute)

    stand_in.__getattr__ = load  # type: ignore[method-assign]  # a module's own, PEP 562
    sys.modules.setdefault(name, stand_in)


for _service in UNUSED:
    # pyVmomi goes on where it does not find one of them.
    sys.modules[f"pyVmomi._typeinfo_{_service}"] = None  # type: ignore[assignment]  # documented

for _module in RARE:
    # importlib's own LazyLoader does not do: the second import of a module loads it.
    _defer(_module)

with contextlib.suppress(AttributeError):
    # Pages and libcurl's buffers go back to the system, instead of staying for the next of them,
    # and what one thread has freed serves the others. Other C libraries than glibc have no mallopt.
    ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _BYTES)
    ctypes.CDLL(None).mallopt(_TRIM_THRESHOLD, _BYTES)
    ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
