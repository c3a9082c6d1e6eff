"""The knobs of a simulator that runs as a process of its own: JSON over plain HTTP.

Whoever reaches the port may turn them, so it is bound to this machine, as everything here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

from standalone.server import Request, Response

from .faults import CUTS
from .load import SERIES, Load, LoadRunner
from .simulator import Simulator

Object = dict[str, Any]
"""JSON of somebody else."""

_FAULTS: Mapping[str, tuple[type, ...]] = {
    "down": (bool,),
    "unavailable": (bool,),
    "delay_seconds": (int, float),
    "black_hole": (list,),
    "cut": (str, type(None)),
    "cut_count": (int, type(None)),
    "refuse_login": (bool,),
    "refused": (dict,),
    "session_limit": (int, type(None)),
    "collector_limit": (int,),
    "stall_after": (int, type(None)),
    "order_by_key": (bool,),
    "compress": (bool,),
}
"""What may be set, and the types of JSON that it takes."""

_LOAD: dict[str, tuple[type, ...]] = {"series": (str,), "machines": (int,), "types": (int,)}


class ControlError(Exception):
    """What was asked for cannot be done; the message is for who asked."""


class Control:
    """Answers who turns the knobs of *simulator*, whose clock is *clock*."""

    def __init__(self, simulator: Simulator, *, clock: Callable[[], dt.datetime]) -> None:
        self._simulator = simulator
        self._history = simulator.history
        self._clock = clock
        self._load = LoadRunner(simulator.history, clock=clock)
        self._routes: Mapping[tuple[str, str], Callable[[Object], object]] = {
            ("GET", "/counters"): self._counters,
            ("GET", "/keys"): self._keys,
            ("GET", "/faults"): self._faults,
            ("POST", "/faults"): self._set_faults,
            ("POST", "/events"): self._events,
            ("POST", "/feed"): self._feed,
            ("POST", "/forget"): self._forget,
            ("POST", "/number-from"): self._number_from,
            ("POST", "/restart"): self._restart,
            ("POST", "/expire-sessions"): self._expire_sessions,
            ("POST", "/stall-collectors"): self._stall_collectors,
            ("POST", "/hang-up"): self._hang_up,
        }

    def respond(self, request: Request) -> Response:
        """Turn a knob, or tell how one stands."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = ", ".join(" ".join(route) for route in self._routes)
            return _json(404, {"error": f"There are {known}."})
        try:
            return _json(200, route(_object(request.body)))
        except ControlError as error:
            return _json(400, {"error": str(error)})

    def close(self) -> None:
        """End what is going on by itself."""
        self._load.stop()

    def _counters(self, _body: Object) -> object:
        return dataclasses.asdict(self._simulator.counters)

    def _keys(self, _body: Object) -> object:
        """Tell the keys of what a reader may see, in the order in which it happened."""
        return [record.key for record in self._history.read().records if not record.hidden]

    def _faults(self, _body: Object) -> object:
        standing = {name: getattr(self._simulator.faults, name) for name in _FAULTS}
        return standing | {"black_hole": sorted(standing["black_hole"])}

    def _set_faults(self, body: Object) -> object:
        given = _checked(body, _FAULTS)
        if given.get("cut") not in {None, *CUTS}:
            raise ControlError(f"cut must be null or one of {', '.join(CUTS)}.")
        for name, value in given.items():
            setattr(self._simulator.faults, name, set(value) if name == "black_hole" else value)
        return self._faults({})

    def _events(self, body: Object) -> object:
        """Let events happen at once."""
        known = {"count": (int,), "created": (str,), "seconds": (int, float), "hidden": (bool,)}
        given = _checked(body, _LOAD | known)
        created = _time("created", given["created"]) if "created" in given else self._clock()
        keys = self._history.extend(
            _load(given).events(
                self._history.end,
                given.get("count", 1),
                last=created,
                seconds=given.get("seconds", 0),
            ),
            hidden=given.get("hidden", False),
        )
        return {"count": len(keys), "first_key": keys[0], "last_key": keys[-1]} if keys else {}

    def _feed(self, body: Object) -> object:
        """Let events happen at a rate from now on; the rate 0 ends that."""
        given = _checked(body, _LOAD | {"rate": (int, float)})
        if given.get("rate", 0) > 0:
            self._load.start(_load(given), given["rate"])
        else:
            self._load.stop()
        return self._counters({})

    def _forget(self, body: Object) -> object:
        given = _checked(body, {"before": (str,)}, required=True)
        self._history.forget(before=_time("before", given["before"]))
        return {"kept": len(self._history)}

    def _number_from(self, body: Object) -> object:
        self._history.number_from(_checked(body, {"key": (int,)}, required=True)["key"])
        return {}

    def _restart(self, body: Object) -> object:
        self._simulator.restart(**_checked(body, {"first_key": (int,)}))
        return {}

    def _expire_sessions(self, _body: Object) -> object:
        self._simulator.faults.expire_sessions()
        return {}

    def _stall_collectors(self, _body: Object) -> object:
        self._simulator.faults.stall_collectors()
        return {}

    def _hang_up(self, _body: Object) -> object:
        self._simulator.hang_up()
        return {}


def _object(body: bytes) -> Object:
    try:
        read = json.loads(body or b"{}")
    except ValueError as error:
        raise ControlError(f"The body is no JSON: {error}.") from error
    if not isinstance(read, dict):
        raise ControlError("The body must be a JSON object.")
    return read


def _checked(
    body: Object, known: Mapping[str, tuple[type, ...]], *, required: bool = False
) -> Object:
    """Return *body* if it has known names with values of their types, and all if *required*."""
    for name in known if required else ():
        body.setdefault(name, ...)
    for name, value in body.items():
        if name not in known:
            raise ControlError(f"{name} is not known here, but {', '.join(known)}.")
        # Not isinstance: true is no number.
        if type(value) not in known[name]:
            types = " or ".join(kind.__name__ for kind in known[name])
            raise ControlError(f"{name} must be given as {types}.")
    return body


def _load(given: Object) -> Load:
    load = Load(**{name: given[name] for name in _LOAD if name in given})
    if load.series not in SERIES:
        raise ControlError(f"series must be one of {', '.join(SERIES)}.")
    if min(load.machines, load.types) < 1:
        raise ControlError("machines and types must be 1 or more.")
    return load


def _time(name: str, written: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError as error:
        raise ControlError(f"{name} must be an ISO 8601 time, not {written!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _json(status: int, body: object) -> Response:
    headers = {"Content-Type": "application/json"}
    return Response(status=status, headers=headers, body=json.dumps(body).encode())
