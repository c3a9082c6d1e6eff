"""Jobs, whose template never changes: bound when they are created, or not at all."""

import pytest

IMMUTABLE = "The template of a Job cannot change: delete the Job and create it again."
PROGRAM = "vsphere-sources-adapter:0.1.0"
"""An image that the node has."""


@pytest.fixture
def job(place):
    return place.workload("Job")


@pytest.fixture
def plain(place, job):
    return place.plain(job)


@pytest.mark.parametrize("by", ["name", "label"])
def test_a_job_is_created_bound(place, job, plain, by):
    selector = {"matchLabels": {"name": job["metadata"]["name"]}} if by == "label" else None
    place.create(place.binding(job, selector=selector))

    created = place.create(job)

    assert created["spec"]["template"]["spec"] == place.bound(plain)


def test_a_job_that_is_applied_together_with_its_binding_is_created_bound(place, job, plain):
    binding = place.binding(job)

    place.apply(binding, job)

    assert place.pod(job) == place.bound(plain)
    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 1,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    )


def test_a_job_that_was_there_before_stays_as_it_is_and_is_named(place, job):
    created, binding = place.create(job), place.binding(job)
    name = job["metadata"]["name"]

    place.create(binding)

    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 0,
            "unbound": [{"name": name, "reason": "Immutable", "message": IMMUTABLE}],
            "conditions": [
                {
                    "type": "Ready",
                    "status": "False",
                    "reason": "Immutable",
                    "message": f"Job {name}: {IMMUTABLE}",
                }
            ],
        },
    )
    assert place.read(job)["spec"] == created["spec"]
    assert place.annotations(place.read(job)) == {}


def test_a_job_keeps_what_it_was_created_with_when_its_binding_goes(place, job, plain):
    binding = place.binding(job)
    place.apply(binding, job)

    place.delete(binding)
    place.kubectl("label", "job", job["metadata"]["name"], "looked=at")

    assert place.pod(job) == place.bound(plain)


def test_a_job_that_has_ended_unbound_does_not_count(place):
    pod = {
        "restartPolicy": "Never",
        "containers": [{"name": "app", "image": PROGRAM, "command": ["true"]}],
    }
    job = place.workload("Job", labels={"part": "past"}, pod=pod, suspend=False)
    binding = place.binding(job, selector={"matchLabels": {"part": "past"}})
    place.create(job)
    place.eventually(lambda: place.read(job)["status"].get("succeeded") == 1)

    place.create(binding)

    place.until(
        lambda: place.status(binding),
        {
            "observedGeneration": 1,
            "bound": 0,
            "conditions": [
                {
                    "type": "Ready",
                    "status": "True",
                    "reason": "NoSubjects",
                    "message": "No Job in the namespace matches spec.subject.selector.",
                }
            ],
        },
    )
