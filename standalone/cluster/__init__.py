"""A Kubernetes control plane as processes of this machine, for tests and measurements."""

from .cluster import Cluster, wait_for
from .control_plane import PROGRAMS, control_plane
from .services import Services

__all__ = ["PROGRAMS", "Cluster", "Services", "control_plane", "wait_for"]
