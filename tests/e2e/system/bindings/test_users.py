"""What users and other programs do with a workload that is bound: it stays so, as they want it."""

import copy
import json

import pytest

pytestmark = pytest.mark.metacontroller

DECORATION = "sources.tanzu.vmware.com/vsphere-binding"
ORIGINAL = "sources.tanzu.vmware.com/vsphere-binding-original"
OTHER_ADDRESS = "https://other.example.com"
SERVER_SIDE = ("--server-side", "--field-manager=ci", "--force-conflicts")


@pytest.fixture(params=["Deployment", "Service"])
def item(request, place):
    """A workload that its user applies; of Knative's, lists are replaced as a whole."""
    return place.workload(request.param)


@pytest.fixture
def binding(place, item):
    return place.binding(item)


@pytest.fixture
def bound(place, item, binding):
    """Apply it, bind it, and return it as it is stored then."""
    plain = place.plain(item)
    place.apply(item)
    place.create(binding)
    place.until_bound(item, plain)
    return place.read(item)


def changed(item):
    """The same workload with another image, and a variable more."""
    found = copy.deepcopy(item)
    for container in found["spec"]["template"]["spec"]["containers"]:
        container["image"] = "registry.example.com/nobody/knows:2"
        container["env"] = [{"name": "LOG_LEVEL", "value": "debug"}]
    return found


def kept(place, found):
    """What of a workload must not change: its spec, and our annotations."""
    return found["spec"], place.annotations(found)


def test_a_replace_that_wipes_everything_of_ours_changes_nothing(place, item, bound):
    answer = place.kubectl("replace", "--filename=-", "--output=json", objects=[item])

    assert kept(place, json.loads(answer)) == kept(place, bound)


@pytest.mark.usefixtures("bound")
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="kubectl apply"),
        pytest.param(SERVER_SIDE, id="server-side apply by another manager"),
    ],
)
def test_what_the_user_applies_is_bound_in_the_same_request(place, item, binding, options):
    wanted = changed(item)
    plain = place.plain(wanted)

    answer = place.kubectl("apply", *options, "--filename=-", "--output=json", objects=[wanted])

    assert place.pod(item) == json.loads(answer)["spec"]["template"]["spec"] == place.bound(plain)
    place.delete(binding)
    place.until(lambda: place.pod(item), plain)


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({DECORATION: '{"address":"https://evil.example.com"}'}, id="another text"),
        pytest.param({DECORATION: None}, id="taken away"),
        pytest.param({ORIGINAL: "nonsense"}, id="another record"),
        pytest.param({ORIGINAL: None}, id="the record taken away"),
        pytest.param({ORIGINAL: None, DECORATION: None}, id="both taken away"),
    ],
)
def test_who_writes_the_annotations_by_hand_is_corrected_at_once(place, item, bound, annotations):
    answer = place.patch(item, {"metadata": {"annotations": annotations}})

    assert kept(place, answer) == kept(place, bound)


def test_an_annotation_binds_nothing(place, item):
    created = place.create(item)
    name = item["metadata"]["name"]
    told = {
        "for": f"{item['apiVersion']}/{item['kind']}/{name}",
        "binding": name,
        "address": "https://evil.example.com",
        "skipTLSVerify": True,
        "secretName": "credentials",
    }

    answer = place.patch(item, {"metadata": {"annotations": {DECORATION: json.dumps(told)}}})

    assert kept(place, answer) == (created["spec"], {})


def test_values_of_the_users_own_come_back(place):
    def own(address):
        env = [{"name": "A", "value": "1"}, {"name": "VC_URL", "value": address}]
        return {"containers": [{"name": "app", "image": "nobody/knows:1", "env": env}]}

    item = place.workload("Deployment", pod=own("https://own.example.com"))
    binding = place.binding(item)
    place.apply(binding, item)
    env = place.pod(item)["containers"][0]["env"]
    assert env[:2] == [
        {"name": "A", "value": "1"},
        {"name": "VC_URL", "value": "https://vcenter.example.com"},
    ]

    edited = {**item, "spec": {**item["spec"], "template": {**item["spec"]["template"]}}}
    edited["spec"]["template"]["spec"] = own("https://edited.example.com")
    place.apply(edited)
    assert place.pod(item)["containers"][0]["env"] == env

    place.delete(binding)
    place.until(lambda: place.pod(item), place.plain(edited))


@pytest.fixture
def deployment(place):
    """One that was bound from the start, and its binding was changed since."""
    item = place.workload("Deployment")
    binding = place.binding(item)
    place.apply(binding, item)
    place.eventually(lambda: len(place.owned(item, "replicasets")) == 1)
    place.patch(binding, {"spec": {"address": OTHER_ADDRESS}})
    place.until_bound(item, place.plain(item), address=OTHER_ADDRESS)
    place.eventually(lambda: len(place.owned(item, "replicasets")) == 2)
    return item


def test_a_rollback_does_not_bring_an_old_address_back(place, deployment):
    place.kubectl("rollout", "undo", f"deployment/{deployment['metadata']['name']}")

    assert place.pod(deployment) == place.bound(place.plain(deployment), address=OTHER_ADDRESS)


def test_a_restart_is_one_rollout_and_no_more(place, deployment):
    before = place.pod(deployment)

    place.kubectl("rollout", "restart", f"deployment/{deployment['metadata']['name']}")

    place.eventually(lambda: len(place.owned(deployment, "replicasets")) == 3)
    assert place.pod(deployment) == before
