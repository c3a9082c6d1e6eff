"""What a bound pod template looks like, and what an unbound one gets back."""

import json

import pytest

from hooks import injection
from hooks.injection import ClashError, Injection, agrees, bind, recalling, unbind
from tests.hooks.manifests import ADDRESS, KNATIVE_SERVICE, ORIGINAL, SECRET, workload
from tests.manifests import edited

VCENTER = Injection(address=ADDRESS, skip_tls_verify=False, secret_name=SECRET)
OTHER = Injection(address="https://other.example.com", skip_tls_verify=True, secret_name="other")
ENV = [
    {"name": "VC_URL", "value": ADDRESS},
    {"name": "VC_INSECURE", "value": "false"},
    {
        "name": "VC_USERNAME",
        "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "username"}},
    },
    {
        "name": "VC_PASSWORD",
        "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "password"}},
    },
]
MOUNT = {"name": "vsphere-binding", "mountPath": "/var/bindings/vsphere", "readOnly": True}
VOLUME = {"name": "vsphere-binding", "secret": {"secretName": SECRET, "defaultMode": 420}}
RECORD = {"address": ADDRESS, "skipTLSVerify": False, "secretName": SECRET, "before": {}}
POD = "spec.template.spec"


def of(*containers, **pod):
    """A Deployment of these containers."""
    return workload({POD: {"containers": list(containers)} | pod})


def record(**before):
    return json.dumps(RECORD | {"before": before}, separators=(",", ":"), sort_keys=True)


def with_record(found, **before):
    return edited(found, {"metadata.annotations": {ORIGINAL: record(**before)}})


def bound(container):
    """That container with all that is injected."""
    return {"env": ENV, "volumeMounts": [MOUNT]} | container


MINE = {"name": "VC_URL", "value": "https://mine.example.com"}
FIRST = {"name": "FIRST", "value": "1"}
LAST = {"name": "LAST", "value": "$(VC_URL)"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            of({"name": "app"}),
            with_record(of(bound({"name": "app"}), volumes=[VOLUME])),
            id="a plain container",
        ),
        pytest.param(
            of({"image": "example.com/app"}),
            with_record(of(bound({"image": "example.com/app"}), volumes=[VOLUME])),
            id="a container without a name, as Knative has it",
        ),
        pytest.param(
            of({"name": "a"}, {"name": "b"}, initContainers=[{"name": "i"}]),
            with_record(
                of(
                    bound({"name": "a"}),
                    bound({"name": "b"}),
                    initContainers=[bound({"name": "i"})],
                    volumes=[VOLUME],
                )
            ),
            id="every container, init containers too",
        ),
        pytest.param(
            of(
                {
                    "name": "app",
                    "env": [FIRST],
                    "volumeMounts": [{"name": "data", "mountPath": "/var/bindings"}],
                },
                volumes=[{"name": "data", "emptyDir": {}}],
            ),
            with_record(
                of(
                    {
                        "name": "app",
                        "env": [FIRST, *ENV],
                        "volumeMounts": [{"name": "data", "mountPath": "/var/bindings"}, MOUNT],
                    },
                    volumes=[{"name": "data", "emptyDir": {}}, VOLUME],
                )
            ),
            id="behind what the user has",
        ),
        pytest.param(
            of({"name": "app", "env": [FIRST, MINE, LAST]}),
            with_record(
                of(
                    bound({"name": "app", "env": [FIRST, ENV[0], LAST, *ENV[1:]]}),
                    volumes=[VOLUME],
                ),
                app={"env": [MINE]},
            ),
            id="in place of a variable of the user's, which later ones may refer to",
        ),
        pytest.param(
            of({"env": [MINE, MINE | {"value": "b"}]}),
            with_record(
                of(bound({"env": [ENV[0], ENV[0], *ENV[1:]]}), volumes=[VOLUME]),
                **{"containers[0]": {"env": [MINE, MINE | {"value": "b"}]}},
            ),
            id="in place of a variable that is there twice, in a container without a name",
        ),
        pytest.param(
            of({"name": "app", "env": [], "volumeMounts": None}, volumes=[]),
            with_record(
                of(bound({"name": "app"}), volumes=[VOLUME]),
                **{"": {"volumes": []}, "app": {"env": [], "volumeMounts": None}},
            ),
            id="in lists that were empty",
        ),
    ],
)
def test_binding_adds_to_what_is_there(found, expected):
    assert bind(found, VCENTER) == expected
    assert unbind(expected) == found


def test_an_address_is_not_expanded_by_the_kubelet():
    address = Injection(address="https://$(HOST)/", skip_tls_verify=True, secret_name=SECRET)

    assert address.env()[:2] == [
        {"name": "VC_URL", "value": "https://$$(HOST)/"},
        {"name": "VC_INSECURE", "value": "true"},
    ]
    assert injection.value_of(address.env()[0]) == "https://$(HOST)/"


def test_the_object_may_have_other_annotations():
    found = workload({"metadata.annotations": {"note": "keep"}})

    rebound = bind(bind(found, VCENTER), OTHER)

    assert rebound["metadata"]["annotations"].keys() == {"note", ORIGINAL}
    assert unbind(rebound) == found


@pytest.mark.parametrize(
    ("found", "message"),
    [
        pytest.param(
            of({"name": "app"}, volumes=[{"name": "vsphere-binding", "emptyDir": {}}]),
            "spec.template.spec.volumes has a volume vsphere-binding of its own: "
            "give it another name.",
            id="volume name",
        ),
        pytest.param(
            of({"volumeMounts": [{"name": "data", "mountPath": "/var/bindings/vsphere"}]}),
            "spec.template.spec.containers[0].volumeMounts has something of its own at "
            "/var/bindings/vsphere: put it elsewhere.",
            id="mount path",
        ),
        pytest.param(
            of(
                {"name": "app"},
                initContainers=[
                    {"name": "a"},
                    {"volumeMounts": [{"name": "x", "mountPath": "var//bindings/vsphere/x/"}]},
                ],
            ),
            "spec.template.spec.initContainers[1].volumeMounts has something of its own at "
            "/var/bindings/vsphere: put it elsewhere.",
            id="mount beneath, which a read-only volume has no room for",
        ),
        pytest.param(
            of({"volumeDevices": [{"name": "x", "devicePath": "/var/bindings/vsphere"}]}),
            "spec.template.spec.containers[0].volumeDevices has something of its own at "
            "/var/bindings/vsphere: put it elsewhere.",
            id="device path",
        ),
        pytest.param(
            workload({"spec.template": ...}),
            "There is no pod template at spec.template.spec.",
            id="no pod template",
        ),
    ],
)
def test_what_is_in_the_way_is_not_overwritten(found, message):
    with pytest.raises(ClashError) as refused:
        bind(found, VCENTER)

    assert str(refused.value) == message
    assert injection.clash(found, VCENTER) == message
    assert not agrees(found, VCENTER)
    assert agrees(found, None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"name": "renamed"}, {"name": "renamed"}, id="renamed"),
        pytest.param({"env": [MINE, *ENV[1:]]}, {"env": [MINE]}, id="variable set"),
        pytest.param({"env": ENV[1:]}, {}, id="variable removed"),
        pytest.param({"env": [ENV[3], FIRST, *ENV[:3]]}, {"env": [FIRST]}, id="reordered"),
        pytest.param({"env": []}, {"env": []}, id="all variables removed"),
        pytest.param({"volumeMounts": [MOUNT | {"readOnly": False}]}, {}, id="mount made writable"),
        pytest.param(
            {"volumeMounts": [MOUNT, MOUNT | {"mountPath": "/etc/vsphere"}]},
            {},
            id="volume mounted elsewhere, too: without the volume no pod could start",
        ),
    ],
)
def test_an_edit_of_a_bound_container_is_kept_but_for_what_is_ours(changes, expected):
    edit = with_record(of(bound({"name": "app"}) | changes, volumes=[VOLUME]))

    assert unbind(edit) == of({"name": "app"} | expected)


def test_a_mount_of_our_volume_elsewhere_stays_while_it_is_bound():
    mounts = [MOUNT, MOUNT | {"mountPath": "/etc/vsphere"}]
    found = with_record(of(bound({"name": "app", "volumeMounts": mounts}), volumes=[VOLUME]))

    assert bind(found, VCENTER)["spec"]["template"]["spec"]["containers"] == [
        bound({"name": "app", "volumeMounts": mounts[::-1]})
    ]


def test_another_mode_of_our_volume_is_no_edit_of_the_users():
    changed = VOLUME | {"secret": VOLUME["secret"] | {"defaultMode": 256}}
    found = with_record(of(bound({"name": "app"}), volumes=[changed]))

    assert not agrees(found, VCENTER)
    assert bind(found, VCENTER) == with_record(of(bound({"name": "app"}), volumes=[VOLUME]))
    assert unbind(found) == of({"name": "app"})


@pytest.mark.parametrize("path", ["/var/bindings/vsphere/", "/var/bindings/vsphere/sub"])
def test_a_mount_of_our_volume_beneath_ours_is_no_reason_to_unbind(path):
    """Once unbound it would be gone, and nothing in the way of binding again: for ever in turns."""
    beneath = MOUNT | {"mountPath": path, "subPath": "username"}
    container = bound({"name": "app", "volumeMounts": [MOUNT, beneath]})
    found = with_record(of(container, volumes=[VOLUME]))

    assert bind(found, VCENTER) == with_record(of(bound({"name": "app"}), volumes=[VOLUME]))


def test_a_volume_of_the_users_in_the_place_of_ours_is_his_with_its_mounts():
    volume = {"name": "vsphere-binding", "emptyDir": {}}
    found = with_record(of({"name": "app", "volumeMounts": [MOUNT]}, volumes=[volume]))

    assert unbind(found) == of({"name": "app", "volumeMounts": [MOUNT]}, volumes=[volume])
    assert "has a volume vsphere-binding of its own" in injection.clash(found, VCENTER)


def test_a_container_that_got_its_name_later_has_back_what_it_had():
    found = bind(of({"env": [MINE]}), VCENTER)

    named = edited(found, {})
    named["spec"]["template"]["spec"]["containers"][0]["name"] = "user-container"

    assert unbind(named) == of({"name": "user-container", "env": [MINE]})


@pytest.mark.parametrize(
    "volume",
    [
        pytest.param(VOLUME, id="of a kind that gets a default mode"),
        pytest.param({"name": VOLUME["name"], "secret": {"secretName": SECRET}}, id="of Knative"),
    ],
)
def test_what_the_go_project_has_bound_is_taken_over(volume):
    found = workload(KNATIVE_SERVICE | {POD: {"containers": [bound({})], "volumes": [volume]}})

    taken_over = bind(found, OTHER)

    assert taken_over == bind(unbind(taken_over), OTHER)
    assert unbind(taken_over) == workload(KNATIVE_SERVICE | {POD: {"containers": [{}]}})


def test_what_was_never_bound_by_us_is_not_unbound():
    found = of(bound({"name": "app"}), volumes=[VOLUME])

    assert unbind(found) == found


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="no JSON"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="nothing in it"),
        pytest.param(json.dumps(RECORD | {"secretName": 1}), id="no name of a Secret"),
        pytest.param(json.dumps(RECORD | {"before": {"app": []}}), id="no fields"),
        pytest.param(json.dumps(RECORD | {"before": {"app": {"env": {}}}}), id="no list"),
        pytest.param(json.dumps(RECORD | {"before": {"app": {"env": [{}]}}}), id="no name"),
    ],
)
def test_a_record_that_is_none_is_ignored_and_corrected(annotation):
    found = workload({"metadata.annotations": {ORIGINAL: annotation}})

    assert unbind(found) == found
    assert bind(found, VCENTER) == bind(workload(), VCENTER)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(of({"name": "app"}), {}, id="nothing"),
        pytest.param(
            of(bound({"name": "app", "env": [ENV[0], *ENV[1:]]}), volumes=[VOLUME]),
            {"env": [MINE]},
            id="the bound template",
        ),
        pytest.param(
            with_record(of(bound({"name": "app"}), volumes=[VOLUME]), app={"env": [FIRST]}),
            {},
            id="a record of its own",
        ),
    ],
)
def test_a_lost_record_is_that_of_the_object_before(found, expected):
    """So `kubectl replace`, and `kubectl rollout undo`, which brings its own."""
    old = bind(of({"name": "app", "env": [MINE]}), VCENTER)

    assert unbind(recalling(found, old)) == of({"name": "app"} | expected)


def test_what_the_go_project_has_bound_keeps_its_template():
    """It leaves no record."""
    found = of({"name": "app", "env": [FIRST, *ENV], "volumeMounts": [MOUNT]}, volumes=[VOLUME])

    assert bind(found, VCENTER) == with_record(found)
    assert unbind(bind(found, VCENTER)) == of({"name": "app", "env": [FIRST]})


def test_a_variable_without_a_name_is_left_alone():
    """An API server lets it pass where a kind is not known to it."""
    found = of({"name": "app", "env": [{"value": "1"}]})

    assert bind(found, VCENTER)["spec"]["template"]["spec"]["containers"][0]["env"] == [
        {"value": "1"},
        *ENV,
    ]
    assert unbind(bind(found, VCENTER)) == found
