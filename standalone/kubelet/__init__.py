"""A node of a cluster whose pods are processes of this machine, for tests on a real API server.

It binds pods, mounts Secrets and the service account's token, honours the readiness probe, restarts
what dies and reports all that, as a kubelet and a scheduler do. Only what the pods of this project
need is there: one container, restarted always, without limits, security contexts or volumes of
other kinds. Images are names of local programs.
"""

from .agent import Kubelet
from .api import Api, ApiError
from .program import Program

__all__ = ["Api", "ApiError", "Kubelet", "Program"]
