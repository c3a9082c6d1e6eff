"""What admission makes of a workload: its pod template and both annotations, computed afresh.

Bindings alone decide. An annotation in the request is what was written there before, or what
somebody would like to have; it is never an instruction.
"""

import base64
from collections.abc import Sequence

from . import choice, decoration, injection
from .annotations import DECORATION, annotated, canonical
from .choice import Choice, Namespace, Scope
from .model import Object, RequestError
from .subjects import VSphereBinding


def review(body: Object, bindings: Sequence[VSphereBinding] | None, *, scope: Scope) -> Object:
    """Answer an AdmissionReview about a workload on CREATE or UPDATE; raises `RequestError`.

    *bindings* are all of the workload's namespace, None if they could not be listed. No request is
    ever refused: what cannot be bound passes with a warning.
    """
    match body:
        case {
            "request": {
                "uid": str(uid),
                "namespace": str(namespace),
                "object": {"apiVersion": str(), "kind": str(), "metadata": dict()} as workload,
            } as request
        }:
            old = request.get("oldObject")
        case _:
            raise RequestError("The request is no AdmissionReview of a namespaced object.")
    if bindings is None:
        return _answer(uid, warning="The VSphereBindings of the namespace could not be listed.")
    known = injection.recalling(workload, old) if old else workload
    chosen = choice.choose(known, bindings, namespace=Namespace(name=namespace), scope=scope)
    if chosen.hands_off:
        return _answer(uid)
    made, warning = _made(known, old, chosen)
    return _answer(uid, patch=_patch(workload, _decorated(made, chosen)), warning=warning)


def _made(workload: Object, old: Object | None, chosen: Choice) -> tuple[Object, str]:
    """Bind or unbind *workload*, and say what stands against it."""
    wanted = chosen.injection
    made = injection.bind(workload, wanted) if wanted else injection.unbind(workload)
    if old is not None and choice.is_frozen(workload, since=old):
        allowed = (injection.pod_of(workload), injection.pod_of(old))
        if injection.pod_of(made) not in allowed:
            # The API server, or Knative, would refuse the whole request.
            return workload, f"VSphereBindings cannot change it. {choice.thaw(workload)}"
    if chosen.winner and chosen.refusal and chosen.refusal.reason == "Clash":
        return made, f"VSphereBinding {chosen.winner.name}: {chosen.refusal.message}"
    return made, ""


def _decorated(workload: Object, chosen: Choice) -> Object:
    if chosen.binding is not None:
        wanted = decoration.text(workload, chosen.binding)
        return annotated(workload, DECORATION, wanted)
    if decoration.is_own(workload):
        return annotated(workload, DECORATION, None)
    return workload


def _patch(before: Object, after: Object) -> list[Object]:
    """Turn *before* into *after*, which differ in annotations and pod spec only (RFC 6902).

    And take away a status that is null: Metacontroller writes it to what has none, and could not
    read again what a kind without a status of its own then stores.
    """
    patch: list[Object] = []
    if "status" in before and before["status"] is None:
        patch.append({"op": "remove", "path": "/status"})
    if injection.pod_of(before) != injection.pod_of(after):
        value = injection.pod_of(after)
        patch.append({"op": "replace", "path": "/spec/template/spec", "value": value})
    was, becomes = (owner["metadata"].get("annotations") for owner in (before, after))
    if becomes and becomes != was:
        # "add" replaces what is there.
        patch.append({"op": "add", "path": "/metadata/annotations", "value": becomes})
    elif was and not becomes:
        patch.append({"op": "remove", "path": "/metadata/annotations"})
    return patch


def _answer(uid: str, *, patch: Sequence[Object] = (), warning: str = "") -> Object:
    response: Object = {"uid": uid, "allowed": True}
    if patch:
        encoded = base64.b64encode(canonical(patch).encode()).decode()
        response |= {"patchType": "JSONPatch", "patch": encoded}
    if warning:
        response["warnings"] = [warning]
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
