"""The adapter's configuration: its environment, checked and typed.

The names are those of the Go project, so that this adapter can stand in that one's place.
"""

import datetime as dt
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vsphere

from .events.event import JSON, XML
from .sending import durations, policy
from .sending.destination import Destination, check_certificates, check_url
from .sending.policy import DeliveryPolicy

CONTEXT_ATTRIBUTES = frozenset(
    {
        "data",
        "datacontenttype",
        "dataschema",
        "id",
        "source",
        "specversion",
        "subject",
        "time",
        "type",
    }
)
"""What CloudEvents 1.0 itself names: no extension may take its place."""

_MANY_DIGITS = 20

_EXTENSION = re.compile(r"[a-z0-9]{1,20}")


class ConfigError(Exception):
    """A variable is missing or wrong; the message names it and what it should be."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What the adapter has of its own in a cluster."""

    namespace: str
    name: str
    source_uid: str
    configmap: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that the environment decides."""

    address: vsphere.Address
    insecure: bool
    secret_folder: Path
    sink: Destination
    extensions: Mapping[str, str]
    encoding: str
    max_age: dt.timedelta
    period: dt.timedelta
    delivery: DeliveryPolicy
    checkpoint: Path | Cluster
    metrics_port: int
    log_level: int
    log_format: str


def from_environment(environment: Mapping[str, str]) -> Config:
    """Read the configuration; raises `ConfigError`."""
    try:
        address = vsphere.Address.parse(_required(environment, "VC_URL"))
    except vsphere.AddressError as error:
        raise ConfigError(str(error)) from error
    max_age, period = _checkpoint_policy(environment.get("VSPHERE_CHECKPOINT_CONFIG") or "{}")
    return Config(
        address=address,
        insecure=_boolean(environment, "VC_INSECURE"),
        secret_folder=Path(environment.get("VC_SECRET_PATH") or vsphere.DEFAULT_FOLDER),
        sink=_sink(environment),
        extensions=_extensions(environment.get("K_CE_OVERRIDES") or "{}"),
        encoding=_encoding(environment.get("VSPHERE_PAYLOAD_ENCODING") or XML),
        max_age=max_age,
        period=period,
        delivery=_delivery(environment.get("VSPHERE_DELIVERY_CONFIG") or "{}"),
        checkpoint=_checkpoint(environment),
        metrics_port=_integer(environment, "METRICS_PORT", default=9090, most=65535),
        log_level=_log_level(environment.get("LOG_LEVEL") or "info"),
        log_format=_log_format(environment.get("LOG_FORMAT") or "json"),
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise ConfigError(f"{name} is not set.")
    return value


def _boolean(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name) or "false"
    # What Go's strconv.ParseBool takes.
    words = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}
    if value.lower() not in words:
        raise ConfigError(f"{name} must be true or false, not {value!r}.")
    return words[value.lower()]


def _integer(environment: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    value = environment.get(name) or str(default)
    # Python refuses to read a number of thousands of digits.
    is_number = value.isascii() and value.isdigit() and len(value) < _MANY_DIGITS
    if not is_number or int(value) > most:
        raise ConfigError(f"{name} must be a number from 0 to {most}, not {value!r}.")
    return int(value)


def _sink(environment: Mapping[str, str]) -> Destination:
    try:
        url = check_url(_required(environment, "K_SINK"))
    except ValueError as error:
        raise ConfigError(f"K_SINK {error}.") from error
    try:
        return Destination(url=url, ca_certs=check_certificates(environment.get("K_CA_CERTS", "")))
    except ValueError as error:
        raise ConfigError(f"K_CA_CERTS {error}.") from error


def _encoding(value: str) -> str:
    if value.lower() not in {XML, JSON}:
        raise ConfigError(f"VSPHERE_PAYLOAD_ENCODING must be {XML} or {JSON}, not {value!r}.")
    return value.lower()


def _extensions(text: str) -> dict[str, str]:
    name = "K_CE_OVERRIDES"
    extensions = _object(name, text).get("extensions") or {}
    if not isinstance(extensions, dict):
        raise ConfigError(f"{name}: extensions must be a JSON object of strings.")
    checked = {}
    for key, value in extensions.items():
        # The Go project wrote attribute names in lower case, however they were given.
        attribute = key.lower()
        if attribute in CONTEXT_ATTRIBUTES:
            raise ConfigError(
                f"{name}: extensions must not name {key!r}, which is an attribute of every event."
            )
        if not _EXTENSION.fullmatch(attribute):
            raise ConfigError(f"{name}: {key!r} is no extension name: use 1 to 20 of a-z and 0-9.")
        if not isinstance(value, str):
            raise ConfigError(f"{name}: the value of {key!r} must be a string.")
        checked[attribute] = value
    return checked


def _checkpoint_policy(text: str) -> tuple[dt.timedelta, dt.timedelta]:
    """Read how far back to replay, and how often to save."""
    name = "VSPHERE_CHECKPOINT_CONFIG"
    given = {"maxAge": "5m0s", "period": "10s", **_object(name, text)}
    values = {}
    for key in ("maxAge", "period"):
        try:
            values[key] = durations.parse(str(given[key]))
        except ValueError as error:
            raise ConfigError(f"{name}: {key}: {error}.") from error
    return values["maxAge"], values["period"] or dt.timedelta(seconds=10)


def _delivery(text: str) -> DeliveryPolicy:
    name = "VSPHERE_DELIVERY_CONFIG"
    try:
        return policy.parse(_object(name, text))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}.") from error


def _checkpoint(environment: Mapping[str, str]) -> Path | Cluster:
    file = environment.get("VSPHERE_CHECKPOINT_FILE")
    if file:
        return Path(file)
    configmap = environment.get("VSPHERE_KVSTORE_CONFIGMAP")
    if not configmap:
        raise ConfigError(
            "Neither VSPHERE_KVSTORE_CONFIGMAP nor VSPHERE_CHECKPOINT_FILE is set: "
            "name the ConfigMap (in a cluster) or the file to keep the checkpoint in."
        )
    return Cluster(
        namespace=_required(environment, "NAMESPACE"),
        name=environment.get("NAME", ""),
        source_uid=environment.get("SOURCE_UID", ""),
        configmap=configmap,
    )


def _log_level(value: str) -> int:
    levels = {
        "debug": logging.DEBUG,
        "info": logging.INFO,
        "warning": logging.WARNING,
        "error": logging.ERROR,
    }
    if value.lower() not in levels:
        raise ConfigError(f"LOG_LEVEL must be one of {', '.join(levels)}, not {value!r}.")
    return levels[value.lower()]


def _log_format(value: str) -> str:
    if value.lower() not in {"json", "text"}:
        raise ConfigError(f"LOG_FORMAT must be json or text, not {value!r}.")
    return value.lower()


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{name} must be a JSON object.")
    return value
