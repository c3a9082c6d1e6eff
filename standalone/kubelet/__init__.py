"""A node of a cluster whose pods are processes of this machine, for tests on a real API server.

It binds pods, mounts Secrets, ConfigMaps and the service account's token, honours probes and
preStop commands, restarts what dies and reports all that, as a kubelet and a scheduler do; a
forwarder stands for a Service, and a tunnel for one that speaks TLS. Only what the pods of this
project need is there: one container, restarted always or never, without limits, security contexts
or volumes of other kinds. Images are names of local programs.
"""

from .agent import Kubelet
from .api import Api, ApiError
from .program import Program
from .service import Exchange, Forwarder
from .tunnel import Tunnel

__all__ = ["Api", "ApiError", "Exchange", "Forwarder", "Kubelet", "Program", "Tunnel"]
