"""What Prometheus' libraries measure of every process, by their names."""

import resource
import time
from pathlib import Path

from .instruments import Registry

_MEMORY = Path("/proc/self/statm")
_FILES = Path("/proc/self/fd")


def measure(registry: Registry, *, began: float) -> None:
    """Add this process, which *began* at that time of day (seconds), to what is measured."""
    gauge = registry.gauge
    gauge("process_start_time_seconds", "When the process began.").set(began)
    cpu = registry.counter("process_cpu_seconds", "Processor time of user and system.")
    cpu.set_function(time.process_time)
    most = gauge("process_max_fds", "How many files may be open.")
    most.set(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if _MEMORY.exists():  # elsewhere than on Linux it is not
        files = gauge("process_open_fds", "Open files.")
        files.set_function(lambda: sum(1 for _ in _FILES.iterdir()))
        virtual = gauge("process_virtual_memory_bytes", "Virtual memory.")
        virtual.set_function(lambda: _pages(0))
        resident = gauge("process_resident_memory_bytes", "Resident memory.")
        resident.set_function(lambda: _pages(1))


def _pages(column: int) -> int:
    return int(_MEMORY.read_text(encoding="ascii").split()[column]) * resource.getpagesize()
