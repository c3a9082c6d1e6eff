"""What the hooks put into the adapter's pod is what the adapter reads there."""

import datetime as dt
import logging
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import strategies as st

import vsphere
from adapter import config
from adapter.sending import delivery, policy
from adapter.sending.destination import Destination
from hooks.app import create_app
from hooks.model import Settings
from standalone.parent import Parent
from standalone.pod import environment_of
from standalone.runner import CRDS
from standalone.schema import Schemas

SAMPLES = [
    pytest.param(document, id=file.name)
    for file in sorted((Path(__file__).parents[2] / "samples").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
    if document["kind"] == "VSphereSource"
]
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


class Environment(dict):
    """An environment that notes which variables are asked for."""

    def __init__(self, container):
        super().__init__(environment_of(container))
        self.read = set()

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)


@pytest.fixture(scope="session")
def schemas():
    return Schemas.load(CRDS)


@pytest.fixture(scope="session")
def pod_spec():
    """Ask the hooks for the pod of an admitted source."""
    hooks = create_app(Settings(adapter_image="adapter")).test_client()

    def answered(source):
        parent = Parent.create(source)
        parent.take(hooks.post("/vspheresource/sync", json=parent.request()).get_json())
        [deployment] = parent.deployments
        return deployment["spec"]["template"]["spec"]

    return answered


@pytest.fixture(scope="session")
def environment(pod_spec):
    def environment(source):
        [container] = pod_spec(source)["containers"]
        return Environment(container)

    return environment


@pytest.fixture(scope="session")
def admitted(schemas):
    """Make a source with these fields in its spec, as the API server would store it."""
    needed = {
        "address": "https://vcenter.example.com",
        "secretRef": {"name": "credentials"},
        "sink": {"uri": "http://sink.example.com"},
    }

    def admitted(**spec):
        return schemas.admit(
            {
                "apiVersion": "sources.tanzu.vmware.com/v1alpha1",
                "kind": "VSphereSource",
                "metadata": {"name": "events", "namespace": "default"},
                "spec": needed | spec,
            }
        )

    return admitted


def cased(word):
    """*word* in any mixture of upper and lower case."""
    letters = [st.sampled_from([letter.lower(), letter.upper()]) for letter in word]
    return st.tuples(*letters).map("".join)


extensions = st.dictionaries(
    st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True).filter(
        lambda name: name not in config.CONTEXT_ATTRIBUTES
    ),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20),
    max_size=3,
)
sinks = st.fixed_dictionaries(
    {"uri": st.sampled_from(["http://sink", "https://sink.example.com:8443/in?a=$(b)"])},
    optional={"CACerts": st.just(CERTIFICATE)},
)
delays = st.sampled_from(["PT0.001S", "PT1H30M", "PT24H", "PT86400S"])
delivery_fields = {
    "inFlight": st.integers(1, 512),
    "ordering": st.sampled_from(["object", "strict"]),
    "timeout": delays,
    "backoffPolicy": st.sampled_from(["linear", "exponential"]),
    "backoffDelay": delays,
    "retryAfterMax": st.just("PT0S") | delays,
}
specs = st.fixed_dictionaries(
    {},
    optional={
        "address": st.sampled_from(
            ["http://10.0.0.1:8989/sdk", "HTTPS://VC.example.com", "https://[::1]/"]
        ),
        "skipTLSVerify": st.booleans(),
        "sink": sinks,
        "ceOverrides": st.fixed_dictionaries({}, optional={"extensions": extensions}),
        "checkpointConfig": st.fixed_dictionaries(
            {},
            optional={
                "maxAgeSeconds": st.integers(0, 31_536_000),
                "periodSeconds": st.integers(0, 86_400),
            },
        ),
        "payloadEncoding": cased("application/xml") | cased("application/json"),
        "delivery": st.fixed_dictionaries(
            {"deadLetterSink": sinks},
            optional={"retry": st.integers(0, 2**31 - 1)} | delivery_fields,
        )
        | st.fixed_dictionaries({}, optional=delivery_fields),
    },
)


@hypothesis.given(specs)
@hypothesis.example(spec={"ceOverrides": {"extensions": {"price": "US$(NAME)"}}})
@hypothesis.settings(max_examples=50, deadline=None)
def test_every_field_of_a_valid_source_arrives_in_the_configuration(admitted, environment, spec):
    source = admitted(**spec)
    given = source["spec"]
    checkpoint = given["checkpointConfig"]

    assert config.from_environment(environment(source)) == config.Config(
        address=vsphere.Address.parse(given["address"]),
        insecure=given["skipTLSVerify"],
        secret_folder=Path("/var/bindings/vsphere"),
        sink=Destination(url=given["sink"]["uri"], ca_certs=given["sink"].get("CACerts", "")),
        extensions=given.get("ceOverrides", {}).get("extensions", {}),
        encoding=given["payloadEncoding"].lower(),
        max_age=dt.timedelta(seconds=checkpoint["maxAgeSeconds"]),
        period=dt.timedelta(seconds=checkpoint["periodSeconds"] or 10),
        delivery=policy.parse(given.get("delivery", {})),
        checkpoint=config.Cluster(
            namespace="default",
            name="events",
            source_uid=Parent.create(source).object["metadata"]["uid"],
            configmap="events-configmap",
        ),
        metrics_port=9090,
        log_level=logging.INFO,
        log_format="json",
    )


def test_every_variable_that_the_hooks_set_is_read(admitted, environment):
    everything = admitted(
        sink={"uri": "https://sink.example.com", "CACerts": CERTIFICATE},
        ceOverrides={"extensions": {"site": "a"}},
        delivery={"inFlight": 8},
    )
    given = environment(everything)

    config.from_environment(given)

    assert given.keys() - given.read == set()


durations = st.from_regex(
    r"P(1D)?T(0{0,4}[12]?[0-9]H)?(0{0,4}[0-9]{1,2}M)?(0{0,4}[0-9]{1,2}([.,][0-9]{1,4})?S)?",
    fullmatch=True,
) | st.sampled_from(
    ["", "PT", "PT0S", "PT24H", "PT24H0.001S", "PT1440M", "PT000001S", "pt1s", "30s"]
)
numbers = st.sampled_from([-1, 0, 1, 512, 513, 2**31 - 1, 2**31, 0.5, True, "1"])
words = st.sampled_from(["object", "strict", "linear", "exponential", "Linear", "", 1])
urls = st.sampled_from(["http://dead", "https://dead:8443/in?a=b", "", "/in", "ftp://a", "http://"])


anything = {
    "inFlight": numbers,
    "ordering": words,
    "backoffPolicy": words,
    "timeout": durations,
    "backoffDelay": durations,
    "retryAfterMax": durations,
    "format": words,
}
retries = {"retry": numbers, "deadLetterSink": st.fixed_dictionaries({"uri": urls})}


@pytest.mark.parametrize("field", anything)
@hypothesis.given(data=st.data())
@hypothesis.settings(max_examples=200, deadline=None)
def test_the_adapter_takes_just_the_deliveries_that_the_api_server_takes(admitted, field, data):
    delivery = data.draw(st.fixed_dictionaries({field: anything[field]}, optional=retries))

    assert accepts(policy.parse, delivery) == accepts(lambda it: admitted(delivery=it), delivery)


def accepts(judge, value):
    try:
        judge(value)
    except ValueError:
        return False
    return True


def test_the_secret_is_mounted_where_the_adapter_reads_it_as_the_files_it_reads(
    admitted, environment, pod_spec, tmp_path
):
    source = admitted()
    spec = pod_spec(source)
    [volume], [container] = spec["volumes"], spec["containers"]
    [mount] = container["volumeMounts"]
    for item in volume["secret"]["items"]:
        (tmp_path / item["path"]).write_text(item["key"])

    assert mount["name"] == volume["name"]
    assert Path(mount["mountPath"]) == config.from_environment(environment(source)).secret_folder
    assert vsphere.Credentials.read(tmp_path) == vsphere.Credentials(
        username="username", password="password"
    )


def test_ports_and_probes_are_where_the_adapter_listens(admitted, environment, pod_spec):
    source = admitted()
    [container] = pod_spec(source)["containers"]
    port = config.from_environment(environment(source)).metrics_port

    assert [item["containerPort"] for item in container["ports"]] == [port]
    assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("liveness", "readiness")} == {
        port
    }


def test_the_pod_gives_the_adapter_the_time_it_takes_to_stop(admitted, pod_spec):
    grace = pod_spec(admitted())["terminationGracePeriodSeconds"]

    assert grace > delivery.STOP_SECONDS


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_adapter_takes_what_the_hooks_answer_for_a_sample(schemas, environment, sample):
    source = schemas.admit(sample | {"metadata": {"namespace": "default"} | sample["metadata"]})

    taken = config.from_environment(environment(source))

    assert taken.address == vsphere.Address.parse(source["spec"]["address"])
