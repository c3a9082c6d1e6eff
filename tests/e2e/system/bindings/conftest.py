"""A namespace for each module, and in it workloads and bindings as a test wants them."""

import copy
import dataclasses
import itertools
import json
from http import HTTPStatus

import pytest

from standalone.kubelet.api import MERGE
from tests.e2e.system.bindings.workloads import ADDRESS, KINDS, bound_pod

GROUP = "sources.tanzu.vmware.com"
DECORATION, ORIGINAL = f"{GROUP}/vsphere-binding", f"{GROUP}/vsphere-binding-original"
NUMBERS = itertools.count(1)


def our_annotations(item):
    """The annotations of *item* that are about bindings, parsed."""
    found = item["metadata"].get("annotations", {})
    return {name: json.loads(found[name]) for name in (DECORATION, ORIGINAL) if name in found}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """One namespace, and what a test does in it."""

    cluster: object
    programs: list
    namespace: str

    @staticmethod
    def name():
        """A name that nothing else has, in no namespace."""
        return f"test-{next(NUMBERS)}"

    def workload(self, kind, name=None, *, labels=None, pod=None, **spec):
        """One of a *kind*; the label `name` says its name."""
        return KINDS[kind].workload(
            self.namespace, name or self.name(), labels=labels or {}, pod=pod, **spec
        )

    def binding(self, subject, name=None, *, selector=None, **spec):
        """A binding for the workload *subject*, or for those of its kind that a selector selects.

        It has the name of that workload if it is given none.
        """
        chosen = {"name": subject["metadata"]["name"]}
        return {
            "apiVersion": f"{GROUP}/v1alpha1",
            "kind": "VSphereBinding",
            "metadata": {
                "name": name or subject["metadata"]["name"],
                "namespace": self.namespace,
            },
            "spec": {
                "subject": {
                    "apiVersion": subject["apiVersion"],
                    "kind": subject["kind"],
                    **(chosen if selector is None else {"selector": selector}),
                },
                "address": ADDRESS,
                "secretRef": {"name": "credentials"},
                **spec,
            },
        }

    def plain(self, item):
        """The pod spec that a new workload like *item* has when nothing binds it."""
        twin = {**item, "metadata": {"name": self.name()}}
        path = f"{self._path(item).rpartition('/')[0]}?dryRun=All"
        return self.cluster.api.call("POST", path, twin)["spec"]["template"]["spec"]

    def create(self, item):
        """Create *item*, and return it as it was stored."""
        return self.cluster.api.call("POST", self._path(item).rpartition("/")[0], item)

    def read(self, item):
        """*item* as it is now, None if it is gone."""
        return self.cluster.get(self._path(item))

    def patch(self, item, changes, *, subresource=""):
        """Merge *changes* into *item*, and return it as it was stored."""
        path = f"{self._path(item)}{subresource}"
        return self.cluster.api.call("PATCH", path, changes, content_type=MERGE)

    def delete(self, item):
        self.cluster.api.call("DELETE", self._path(item), {"propagationPolicy": "Background"})

    def apply(self, *objects):
        return self.kubectl("apply", "--filename", "-", objects=objects)

    def kubectl(self, *arguments, objects=()):
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, objects=objects)

    def pod(self, item):
        """The pod spec of the workload *item*, as it is now."""
        return self.read(item)["spec"]["template"]["spec"]

    def status(self, binding):
        """The status of *binding*, but for the time of its transition."""
        found = copy.deepcopy(self.read(binding)).get("status", {})
        for condition in found.get("conditions", []):
            del condition["lastTransitionTime"]
        return found

    def owned(self, item, resource, *, group="apps/v1"):
        """What of *resource* is controlled by *item*."""
        path = f"/apis/{group}/namespaces/{self.namespace}/{resource}"
        uid = self.read(item)["metadata"]["uid"]
        return [
            found
            for found in self.cluster.get(path)["items"]
            if uid in {owner["uid"] for owner in found["metadata"].get("ownerReferences", [])}
        ]

    def until_bound(self, item, plain, **expected):
        """Wait until *item*, of which *plain* is the pod spec without us, is bound just so."""
        self.until(lambda: self.pod(item), bound_pod(plain, **expected))

    bound = staticmethod(bound_pod)
    annotations = staticmethod(our_annotations)

    def until(self, found, expected):
        """Wait until *found* returns what is expected; if it does not, show what it returns."""
        try:
            self.eventually(lambda: found() == expected)
        except AssertionError:
            assert found() == expected

    def eventually(self, condition, **options):
        """Wait until *condition* returns something true, as long as the system runs."""

        def holds():
            assert all(program.poll() is None for program in self.programs)
            return condition()

        return self.cluster.eventually(holds, **options)

    def writes(self, item):
        """Who has done what to the workload *item*, of a name that nothing else has; in order."""
        return [(user, verb) for user, verb, code in self._attempts(item) if code == HTTPStatus.OK]

    def conflicts(self, item):
        """Whose writes of *item* were refused because it had changed."""
        return [user for user, _, code in self._attempts(item) if code == HTTPStatus.CONFLICT]

    def _attempts(self, item):
        return [
            (user, verb, code)
            for user, verb, resource, name, code in self.cluster.writes()
            if (resource, name) == (f"{item['kind'].lower()}s", item["metadata"]["name"])
        ]

    def _path(self, item):
        plural = f"{item['kind'].lower()}s"
        group = f"/apis/{item['apiVersion']}"
        return f"{group}/namespaces/{self.namespace}/{plural}/{item['metadata']['name']}"


PLACES = itertools.count(1)


@pytest.fixture(scope="session")
def place_in(cluster, programs, webhook):  # noqa: ARG001  to be there first
    """Make a place of a namespace that is there."""
    return lambda namespace: Place(cluster=cluster, programs=programs, namespace=namespace)


@pytest.fixture(scope="module")
def make_place(cluster, place_in):
    """Make places, each in a new namespace."""
    made = []

    def make(**labels):
        name = f"place-{next(PLACES)}"
        metadata = {"name": name, "labels": labels}
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        made.append(place_in(name))
        return made[-1]

    yield make
    for place in made:
        cluster.kubectl("delete", "namespace", place.namespace, "--wait=false")


@pytest.fixture(scope="module")
def place(make_place):
    """The one namespace of a module."""
    return make_place()
