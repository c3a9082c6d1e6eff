"""The environment, and what it means."""

import datetime as dt
import json
import logging
from pathlib import Path

import pytest

import vsphere
from adapter.config import Cluster, Config, ConfigError, from_environment
from adapter.sending import policy
from adapter.sending.destination import Destination

PEM = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
ENVIRONMENT = {
    "VC_URL": "https://vcenter.example.com",
    "K_SINK": "http://sink.example.com/events",
    "VSPHERE_CHECKPOINT_FILE": "/var/lib/checkpoint.json",
}

CONFIG = Config(
    address=vsphere.Address(scheme="https", host="vcenter.example.com", port=None, path="/sdk"),
    insecure=False,
    secret_folder=Path("/var/bindings/vsphere"),
    sink=Destination(url="http://sink.example.com/events"),
    extensions={},
    encoding="application/xml",
    max_age=dt.timedelta(minutes=5),
    period=dt.timedelta(seconds=10),
    delivery=policy.parse({}),
    checkpoint=Path("/var/lib/checkpoint.json"),
    metrics_port=9090,
    log_level=logging.INFO,
    log_format="json",
)


def changed(**fields):
    return Config(**{**vars(CONFIG), **fields})


def test_little_is_needed_and_the_rest_has_defaults():
    assert from_environment(ENVIRONMENT) == CONFIG


def test_the_go_projects_environment_starts_this_adapter():
    """Its NAME is that of the pod; its metrics and logging settings mean nothing here."""
    environment = {
        "NAMESPACE": "default",
        "NAME": "vcenter-adapter-7d9f8b6c5-x2x4z",
        "K_METRICS_CONFIG": '{"Domain":"tanzu.vmware.com/sources","PrometheusPort":0}',
        "K_LOGGING_CONFIG": '{"zap-logger-config":"{}"}',
        "VSPHERE_KVSTORE_CONFIGMAP": "vcenter-configmap",
        "VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"1h0m0s","period":"30s"}',
        "VSPHERE_PAYLOAD_ENCODING": "application/json",
        "K_CE_OVERRIDES": '{"extensions":{"site":"one"}}',
        "K_SINK": "http://sockeye.default.svc.cluster.local",
        "VC_URL": "https://10.0.0.1/",
        "VC_INSECURE": "true",
        "VC_USERNAME": "root",
        "VC_PASSWORD": "secret",
        "PATH": "/usr/bin",
    }

    assert from_environment(environment) == Config(
        address=vsphere.Address(scheme="https", host="10.0.0.1", port=None, path="/sdk"),
        insecure=True,
        secret_folder=Path("/var/bindings/vsphere"),
        sink=Destination(url="http://sockeye.default.svc.cluster.local"),
        extensions={"site": "one"},
        encoding="application/json",
        max_age=dt.timedelta(hours=1),
        period=dt.timedelta(seconds=30),
        delivery=policy.parse({}),
        checkpoint=Cluster(
            namespace="default",
            name="vcenter-adapter-7d9f8b6c5-x2x4z",
            source_uid="",
            configmap="vcenter-configmap",
        ),
        metrics_port=9090,
        log_level=logging.INFO,
        log_format="json",
    )


def test_empty_variables_are_as_good_as_none():
    """The Go project hands over K_CE_OVERRIDES and others empty when there is nothing in them."""
    optional = {
        "VC_INSECURE",
        "VC_SECRET_PATH",
        "K_CE_OVERRIDES",
        "K_CA_CERTS",
        "VSPHERE_CHECKPOINT_CONFIG",
        "VSPHERE_PAYLOAD_ENCODING",
        "VSPHERE_DELIVERY_CONFIG",
        "METRICS_PORT",
        "LOG_LEVEL",
        "LOG_FORMAT",
    }

    assert from_environment({**ENVIRONMENT, **dict.fromkeys(optional, "")}) == CONFIG


@pytest.mark.parametrize(
    ("variables", "fields"),
    [
        pytest.param({"VC_INSECURE": "T"}, {"insecure": True}, id="booleans as Go reads them"),
        pytest.param({"VC_INSECURE": "0"}, {"insecure": False}, id="zero is false"),
        pytest.param({"VC_SECRET_PATH": "/s"}, {"secret_folder": Path("/s")}, id="secret folder"),
        pytest.param(
            {"K_CA_CERTS": PEM},
            {"sink": Destination(url="http://sink.example.com/events", ca_certs=PEM)},
            id="CA certificates",
        ),
        pytest.param(
            {"VSPHERE_PAYLOAD_ENCODING": "Application/JSON"},
            {"encoding": "application/json"},
            id="encoding in any case",
        ),
        pytest.param(
            {"K_CE_OVERRIDES": '{"extensions":{"EventClass":"vm","site9":"a"}}'},
            {"extensions": {"eventclass": "vm", "site9": "a"}},
            id="extension names in lower case, our own too",
        ),
        pytest.param({"K_CE_OVERRIDES": '{"extensions":null}'}, {}, id="extensions of null"),
        pytest.param(
            {"VSPHERE_DELIVERY_CONFIG": '{"inFlight":128,"ordering":"strict"}'},
            {"delivery": policy.parse({"inFlight": 128, "ordering": "strict"})},
            id="delivery",
        ),
        pytest.param({"METRICS_PORT": "0"}, {"metrics_port": 0}, id="any port"),
        pytest.param({"LOG_LEVEL": "DEBUG"}, {"log_level": logging.DEBUG}, id="log level"),
        pytest.param({"LOG_FORMAT": "Text"}, {"log_format": "text"}, id="log format"),
    ],
)
def test_a_variable_decides(variables, fields):
    assert from_environment({**ENVIRONMENT, **variables}) == changed(**fields)


@pytest.mark.parametrize(
    ("given", "max_age", "period"),
    [
        pytest.param({"maxAge": "1h", "period": "10s"}, 3600, 10, id="human-readable"),
        pytest.param({}, 300, 10, id="empty"),
        pytest.param({"maxAge": "0s", "period": "0s"}, 0, 10, id="zero period means ten seconds"),
        pytest.param({"maxAge": "2m"}, 120, 10, id="only maxAge"),
        pytest.param({"period": "1m", "extra": 1}, 300, 60, id="only period, and a later field"),
    ],
)
def test_checkpoint_config(given, max_age, period):
    config = from_environment({**ENVIRONMENT, "VSPHERE_CHECKPOINT_CONFIG": json.dumps(given)})

    assert (config.max_age.total_seconds(), config.period.total_seconds()) == (max_age, period)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        pytest.param({"VC_URL": ""}, "VC_URL is not set.", id="no vCenter"),
        pytest.param(
            {"VC_URL": "ftp://vc"},
            "VC_URL must be an http or https URL with a host, like https://vcenter.example.com, "
            "not 'ftp://vc'.",
            id="vCenter by FTP",
        ),
        pytest.param(
            {"VC_URL": "https://root:hunter2@vc"},
            "VC_URL must not hold user info: put user name and password into the Secret.",
            id="a password in the address",
        ),
        pytest.param(
            {"VC_INSECURE": "yes"}, "VC_INSECURE must be true or false, not 'yes'.", id="no boolean"
        ),
        pytest.param({"K_SINK": ""}, "K_SINK is not set.", id="no sink"),
        pytest.param(
            {"K_SINK": "http://bücher.example/"},
            "K_SINK must be in ASCII: use Punycode for the host, percent-encoding elsewhere.",
            id="a sink that no request line can name",
        ),
        pytest.param(
            {"METRICS_PORT": "9" * 5000},
            f"METRICS_PORT must be a number from 0 to 65535, not '{'9' * 5000}'.",
            id="a port of more digits than Python reads",
        ),
        pytest.param(
            {"K_CE_OVERRIDES": "[" * 100_000},
            "K_CE_OVERRIDES is not JSON: maximum recursion depth exceeded while decoding a JSON "
            "array from a unicode string.",
            id="JSON without a bottom",
        ),
        pytest.param(
            {"K_CA_CERTS": "/etc/ca.crt"},
            "K_CA_CERTS holds no PEM certificate (-----BEGIN CERTIFICATE-----).",
            id="no certificate",
        ),
        *(
            pytest.param(
                {"K_SINK": url},
                "K_SINK must be an http or https URL with a host and no user info.",
                id=f"sink {url}",
            )
            for url in (
                "sink",
                "/events",
                "ftp://sink",
                "http://",
                "http://[::1",
                "http://sink:99999",
                "http://user:hunter2@sink/",
            )
        ),
        pytest.param(
            {"K_CE_OVERRIDES": "{extensions"},
            "K_CE_OVERRIDES is not JSON: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1).",
            id="overrides that are no JSON",
        ),
        pytest.param(
            {"K_CE_OVERRIDES": "[]"}, "K_CE_OVERRIDES must be a JSON object.", id="a JSON list"
        ),
        pytest.param(
            {"K_CE_OVERRIDES": '{"extensions":["a"]}'},
            "K_CE_OVERRIDES: extensions must be a JSON object of strings.",
            id="a list of extensions",
        ),
        *(
            pytest.param(
                {"K_CE_OVERRIDES": json.dumps({"extensions": {name: "x"}})},
                f"K_CE_OVERRIDES: extensions must not name {name!r}, "
                "which is an attribute of every event.",
                id=f"attribute {name}",
            )
            for name in (
                "data",
                "datacontenttype",
                "dataschema",
                "id",
                "source",
                "specversion",
                "subject",
                "time",
                "Type",
            )
        ),
        *(
            pytest.param(
                {"K_CE_OVERRIDES": json.dumps({"extensions": {name: "x"}})},
                f"K_CE_OVERRIDES: {name!r} is no extension name: use 1 to 20 of a-z and 0-9.",
                id=f"name {name!r}",
            )
            for name in ("", "my-site", "a b", "data_base64", "straße", "a" * 21)
        ),
        pytest.param(
            {"K_CE_OVERRIDES": '{"extensions":{"site":1}}'},
            "K_CE_OVERRIDES: the value of 'site' must be a string.",
            id="a number as value",
        ),
        pytest.param(
            {"VSPHERE_PAYLOAD_ENCODING": "text/plain"},
            "VSPHERE_PAYLOAD_ENCODING must be application/xml or application/json, "
            "not 'text/plain'.",
            id="another encoding",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_CONFIG": "{"},
            "VSPHERE_CHECKPOINT_CONFIG is not JSON: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1).",
            id="checkpoint config that is no JSON",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":300}'},
            "VSPHERE_CHECKPOINT_CONFIG: maxAge: '300' is no duration like 5m0s.",
            id="seconds as number",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_CONFIG": '{"period":"-1ns"}'},
            "VSPHERE_CHECKPOINT_CONFIG: period: '-1ns' is no duration like 5m0s.",
            id="a negative duration",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_CONFIG": '{"maxAge":"9999999999h"}'},
            "VSPHERE_CHECKPOINT_CONFIG: maxAge: '9999999999h' is longer than 292 years.",
            id="an endless duration",
        ),
        pytest.param(
            {"VSPHERE_DELIVERY_CONFIG": '{"inFlight":0}'},
            "VSPHERE_DELIVERY_CONFIG: inFlight must be a number from 1 to 512.",
            id="a wrong field of the delivery policy",
        ),
        pytest.param(
            {"VSPHERE_DELIVERY_CONFIG": "[]"},
            "VSPHERE_DELIVERY_CONFIG must be a JSON object.",
            id="a list of delivery policies",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_FILE": ""},
            "Neither VSPHERE_KVSTORE_CONFIGMAP nor VSPHERE_CHECKPOINT_FILE is set: "
            "name the ConfigMap (in a cluster) or the file to keep the checkpoint in.",
            id="nowhere to keep the checkpoint",
        ),
        pytest.param(
            {"VSPHERE_CHECKPOINT_FILE": "", "VSPHERE_KVSTORE_CONFIGMAP": "c"},
            "NAMESPACE is not set.",
            id="a ConfigMap of no namespace",
        ),
        *(
            pytest.param(
                {"METRICS_PORT": port},
                f"METRICS_PORT must be a number from 0 to 65535, not {port!r}.",
                id=f"port {port}",
            )
            for port in ("http", "-1", "65536", "٣")
        ),
        pytest.param(
            {"LOG_LEVEL": "loud"},
            "LOG_LEVEL must be one of debug, info, warning, error, not 'loud'.",
            id="log level",
        ),
        pytest.param(
            {"LOG_FORMAT": "xml"},
            "LOG_FORMAT must be json or text, not 'xml'.",
            id="log format",
        ),
    ],
)
def test_a_wrong_variable_is_named(variables, message):
    with pytest.raises(ConfigError) as caught:
        from_environment({**ENVIRONMENT, **variables})

    assert str(caught.value) == message
