"""The adapter's configuration: its environment, checked and typed.

The names are those of the Go project, so that this adapter can stand in that one's place.
"""

import datetime as dt
import json
import logging
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vsphere

from . import durations
from .event import JSON, XML

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

MOST_IN_FLIGHT = 512
"""Each takes a connection, and select() takes no file descriptor beyond 1,023."""

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
    sink: str
    sink_ca_certs: str
    extensions: Mapping[str, str]
    encoding: str
    max_age: dt.timedelta
    period: dt.timedelta
    in_flight: int
    checkpoint: Path | Cluster
    metrics_port: int
    log_level: int


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
        sink=_sink(_required(environment, "K_SINK")),
        sink_ca_certs=_certificates(environment.get("K_CA_CERTS", "")),
        extensions=_extensions(environment.get("K_CE_OVERRIDES") or "{}"),
        encoding=_encoding(environment.get("VSPHERE_PAYLOAD_ENCODING") or XML),
        max_age=max_age,
        period=period,
        in_flight=_in_flight(environment.get("VSPHERE_DELIVERY_CONFIG") or "{}"),
        checkpoint=_checkpoint(environment),
        metrics_port=_integer(environment, "METRICS_PORT", default=9090, most=65535),
        log_level=_log_level(environment.get("LOG_LEVEL") or "info"),
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
    if not value.isascii() or not value.isdigit() or int(value) > most:
        raise ConfigError(f"{name} must be a number from 0 to {most}, not {value!r}.")
    return int(value)


def _sink(value: str) -> str:
    try:
        parts = urllib.parse.urlsplit(value)
        # Asking for the port checks it.
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        # A URL with user info may hold a password: do not repeat it.
        raise ConfigError("K_SINK must be an http or https URL with a host and no user info.")
    return value


def _certificates(value: str) -> str:
    if value and "-----BEGIN CERTIFICATE-----" not in value:
        raise ConfigError("K_CA_CERTS holds no PEM certificate (-----BEGIN CERTIFICATE-----).")
    return value


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


def _in_flight(text: str) -> int:
    name = "VSPHERE_DELIVERY_CONFIG"
    given = _object(name, text)
    unknown = sorted(given.keys() - {"inFlight"})
    if unknown:
        raise ConfigError(f"{name}: this adapter knows no {', '.join(unknown)}.")
    value = given.get("inFlight", 32)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_IN_FLIGHT:
        raise ConfigError(f"{name}: inFlight must be a number from 1 to {MOST_IN_FLIGHT}.")
    return value


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


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{name} must be a JSON object.")
    return value
