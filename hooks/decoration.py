"""The annotation that says what a workload is to be bound to: canonical JSON.

It says for which workload, too: controllers copy annotations to what they make, Deployments to
ReplicaSets and Knative Services to Configurations.
"""

from .annotations import DECORATION, canonical, parsed
from .model import Object
from .subjects import VSphereBinding


def text(workload: Object, binding: VSphereBinding | None, *, slot: int | None = None) -> str:
    """Say that *workload* is to be bound by *binding*, or by none.

    A *slot* makes the text another one, so that writing it is a change that admission sees.
    """
    stamp = {} if slot is None else {"slot": slot}
    return canonical(_content(workload, binding) | stamp)


def says(workload: Object, binding: VSphereBinding | None) -> bool:
    """Whether *workload* has the annotation for *binding*, in whatever slot; for None also none."""
    found = _own(workload)
    if found is None:
        return binding is None
    found.pop("slot", None)
    return found == _content(workload, binding)


def slot(workload: Object) -> int:
    """Read the slot in which the annotation of *workload* was written; 0 if in none."""
    found = (_own(workload) or {}).get("slot")
    return found if isinstance(found, int) else 0


def is_own(workload: Object) -> bool:
    """Whether *workload* has an annotation that is readable and meant for it."""
    return _own(workload) is not None


def _content(workload: Object, binding: VSphereBinding | None) -> Object:
    name = workload["metadata"].get("name", "")
    content = {"for": f"{workload['apiVersion']}/{workload['kind']}/{name}"}
    if binding is None:
        return content
    return content | {
        "binding": binding.name,
        "address": binding.injection.address,
        "skipTLSVerify": binding.injection.skip_tls_verify,
        "secretName": binding.injection.secret_name,
    }


def _own(workload: Object) -> Object | None:
    """Read the annotation; None if it is missing, unreadable or for another object."""
    found = parsed(workload, DECORATION)
    if isinstance(found, dict) and found.get("for") == _content(workload, None)["for"]:
        return found
    return None
