"""What keeps the process small; import it before anything else.

Fifty adapters on a node are fifty times these few MiB (docs/performance.md).
"""

import contextlib
import ctypes
import sys

UNUSED = ("eam", "pbm", "sms", "vsanhealth", "vslm")
"""Services of pyVmomi's that no event comes from: their types take 2 MiB."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Names of glibc's `mallopt`."""

_BYTES = 65536

for _service in UNUSED:
    # pyVmomi goes on where it does not find one of them.
    sys.modules[f"pyVmomi._typeinfo_{_service}"] = None  # type: ignore[assignment]  # documented

with contextlib.suppress(AttributeError):
    # Pages and libcurl's buffers go back to the system, instead of staying for the next of them.
    # Other C libraries than glibc have no mallopt.
    ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _BYTES)
    ctypes.CDLL(None).mallopt(_TRIM_THRESHOLD, _BYTES)
