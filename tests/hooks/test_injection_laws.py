"""What holds for every pod template and for every edit of it that can be told from ours."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from hooks.injection import Injection, agrees, bind, unbind

OURS = ["VC_URL", "VC_INSECURE", "VC_USERNAME", "VC_PASSWORD"]


def record(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


def listed(items, **bounds):
    """A list, as an API server stores it."""
    return st.lists(items, min_size=1, max_size=3, **bounds)


def weird(items):
    """A list, or what an API server may keep in its place where nobody checks."""
    return st.none() | st.lists(items, max_size=3)


words = st.text("ab$()/-", min_size=1, max_size=6)
names = st.sampled_from(["a", "b", "c", "d"])
unknown = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda values: st.lists(values, max_size=2) | st.dictionaries(words, values, max_size=2),
    max_leaves=4,
)
injections = st.builds(
    Injection,
    address=st.sampled_from(["https://one.example.com", "https://two.example.com/$(A)"]),
    skip_tls_verify=st.booleans(),
    secret_name=st.sampled_from(["one", "two"]),
)
references = record({"fieldRef": record({"fieldPath": words})}) | record(
    {"secretKeyRef": record({"name": st.sampled_from(["one", "two"]), "key": words})}
)
values = record({"value": words}) | record({"valueFrom": references}) | st.just({})
variables = st.builds(
    dict.__or__, record({"name": st.sampled_from([*OURS, "A", "B"])}), values
) | injections.flatmap(lambda injection: st.sampled_from(injection.env()))
mounts = record(
    {
        "name": st.sampled_from(["data", "more"]),
        "mountPath": st.sampled_from(["/var/bindings", "/var/bindings/vsphere2", "/data"]),
    },
    readOnly=st.booleans(),
)
volumes = record({"name": st.sampled_from(["data", "more"])}, secret=unknown, emptyDir=unknown)


def workloads(lists, **identity):
    """Workloads that an API server stores, with *lists* where a list may be."""
    container = record(
        {"image": words, **identity},
        env=lists(variables),
        volumeMounts=lists(mounts),
        unknown=unknown,
    )
    pods = record(
        {"containers": st.lists(container, min_size=1, max_size=3)},
        initContainers=lists(container),
        volumes=lists(volumes),
        unknown=unknown,
    ).filter(has_unique_names)
    return st.builds(
        lambda metadata, pod, more: {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "app", "namespace": "default", **metadata},
            "spec": {**more, "template": {**more, "spec": pod}},
            "status": more,
        },
        record({}, annotations=st.dictionaries(words, words, min_size=1), labels=unknown),
        pods,
        record({}, unknown=unknown),
    )


def has_unique_names(pod):
    named = [container["name"] for container in containers(pod) if container.get("name")]
    return len(named) == len(set(named))


def containers(pod):
    return [*(pod.get("initContainers") or []), *pod["containers"]]


any_workload = st.one_of(
    workloads(weird, name=names), workloads(weird), workloads(listed, name=st.just(""))
)
stored_workload = workloads(listed, name=names)


@st.composite
def edits(draw):
    """A workload, and what a user does to it: functions that change it in place."""
    workload = draw(stored_workload)
    pod = workload["spec"]["template"]["spec"]
    of = st.sampled_from([container["name"] for container in containers(pod)])
    # What a container had of these variables itself is remembered by its name.
    plain = [c["name"] for c in containers(pod) if not own_variables(c)]
    choices = [
        st.builds(set_variable, of, st.sampled_from([*OURS, "A", "new"]), st.just("edited")),
        st.builds(remove_variable, of, st.sampled_from([*OURS, "A"])),
        st.builds(set_image, of, words),
        st.builds(remove_container, of),
        st.builds(add_container, st.sampled_from(["new", "VC_URL"])),
        st.builds(add_volume, of),
        st.just(reverse_containers),
        st.just(scale),
    ]
    if plain:
        choices.append(st.builds(rename_container, st.sampled_from(plain)))
    return workload, draw(st.lists(st.one_of(choices), max_size=4))


def own_variables(container):
    return [item for item in container.get("env", []) if item["name"] in OURS]


def in_container(name, change):
    def edit(workload):
        for container in containers(workload["spec"]["template"]["spec"]):
            if container["name"] == name:
                change(container)

    return edit


def set_variable(container, name, value):
    def change(owner):
        kept = [item for item in owner.get("env", []) if item["name"] != name]
        owner["env"] = [*kept, {"name": name, "value": value}]

    return in_container(container, change)


def remove_variable(container, name):
    def change(owner):
        owner["env"] = [item for item in owner.get("env", []) if item["name"] != name]
        if not owner["env"]:
            del owner["env"]

    return in_container(container, change)


def set_image(container, image):
    return in_container(container, lambda owner: owner.update(image=image))


def rename_container(container):
    return in_container(container, lambda owner: owner.update(name=f"{container}-renamed"))


def remove_container(name):
    def edit(workload):
        pod = workload["spec"]["template"]["spec"]
        pod["containers"] = [one for one in pod["containers"] if one["name"] != name]

    return edit


def add_container(variable):
    def edit(workload):
        added = workload["spec"]["template"]["spec"]["containers"]
        env = [{"name": variable, "value": "edited"}]
        added.append({"name": f"added-{len(added)}", "env": env})

    return edit


def add_volume(container):
    def edit(workload):
        pod = workload["spec"]["template"]["spec"]
        pod["volumes"] = [*pod.get("volumes", []), {"name": "added", "emptyDir": {}}]
        mount = {"name": "added", "mountPath": "/added"}
        in_container(
            container,
            lambda owner: owner.update(volumeMounts=[*owner.get("volumeMounts", []), mount]),
        )(workload)

    return edit


def reverse_containers(workload):
    workload["spec"]["template"]["spec"]["containers"].reverse()


def scale(workload):
    workload["spec"]["replicas"] = 7


def edited(workload, changes):
    result = copy.deepcopy(workload)
    for change in changes:
        change(result)
    return result


@given(workload=any_workload, injection=injections)
def test_unbinding_undoes_binding(workload, injection):
    assert unbind(bind(workload, injection)) == workload


@given(workload=any_workload, old=injections, new=injections)
def test_what_was_bound_before_leaves_no_trace(workload, old, new):
    assert bind(bind(workload, old), new) == bind(workload, new)


@given(edit=edits(), injection=injections)
def test_unbinding_keeps_what_the_user_edited_meanwhile(edit, injection):
    workload, changes = edit

    bound = edited(bind(workload, injection), changes)

    assert unbind(bound) == edited(workload, changes)


@given(edit=edits(), old=injections, new=injections)
def test_a_value_that_the_user_edits_while_bound_becomes_the_original(edit, old, new):
    workload, changes = edit

    bound = bind(edited(bind(workload, old), changes), new)

    assert bound == bind(edited(workload, changes), new)
    assert unbind(bound) == edited(workload, changes)


@given(workload=any_workload, injection=injections)
def test_nothing_is_changed_in_place(workload, injection):
    kept = copy.deepcopy(workload)

    bound = bind(workload, injection)
    bound_kept = copy.deepcopy(bound)
    unbind(bound)

    assert workload == kept
    assert bound == bound_kept


@given(workload=any_workload, injection=injections, other=injections)
def test_a_workload_agrees_with_what_it_is_bound_to_and_with_nothing_else(
    workload, injection, other
):
    bound = bind(workload, injection)

    assert agrees(bound, injection)
    assert agrees(bound, other) == (injection == other)
    assert not agrees(bound, None)
    assert agrees(unbind(bound), None)


@given(workload=any_workload, injection=injections)
def test_every_container_gets_all_of_it_once(workload, injection):
    bound = bind(workload, injection)

    pod = bound["spec"]["template"]["spec"]
    for container in containers(pod):
        assert [item for item in injection.env() if item not in container["env"]] == []
        assert not [
            item
            for item in container["env"]
            if item["name"] in OURS and item not in injection.env()
        ]
        assert [mount["name"] for mount in container["volumeMounts"]].count("vsphere-binding") == 1
    assert [volume["name"] for volume in pod["volumes"]].count("vsphere-binding") == 1
