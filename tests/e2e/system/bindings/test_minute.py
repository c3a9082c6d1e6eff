"""What takes a minute: a Deployment that is watched, and a CronJob until it makes a Job."""

import time

import pytest

pytestmark = pytest.mark.metacontroller

METACONTROLLER = "system:serviceaccount:metacontroller:metacontroller"
WATCHED_SECONDS = 60


@pytest.fixture(scope="module")
def cron_job(place):
    """One whose Jobs are bound by their label."""
    job = place.workload("Job", "stamped", labels={"part": "night"}, suspend=True)
    labels, spec = job["metadata"]["labels"], job["spec"]
    item = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "every-minute", "namespace": place.namespace},
        "spec": {
            "schedule": "* * * * *",
            "jobTemplate": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    binding = place.binding(job, "night", selector={"matchLabels": {"part": "night"}})
    plain = place.plain(job)
    place.apply(binding, item)
    return item, binding, plain


@pytest.fixture(scope="module")
def watched(place, cron_job):  # noqa: ARG001  its minute may begin
    """A Deployment that was there before its binding, bound; its controller is done with it."""
    item = place.workload("Deployment", "watched")
    plain = place.create(item)["spec"]["template"]["spec"]
    place.eventually(lambda: len(place.owned(item, "replicasets")) == 1)
    place.create(place.binding(item))
    place.until_bound(item, plain)

    place.eventually(lambda: len(place.owned(item, "replicasets")) == 2)
    # As far as its controller gets with pods that cannot run.
    place.until(
        lambda: {
            name: place.read(item)["status"].get(name)
            for name in ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas")
        },
        {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "readyReplicas": None},
    )
    return item


def test_a_deployment_that_is_bound_has_one_replica_set_more_and_is_left_alone(place, watched):
    before = place.writes(watched)

    time.sleep(WATCHED_SECONDS)

    assert place.writes(watched) == before
    assert before.count((METACONTROLLER, "update")) == 1
    assert len(place.owned(watched, "replicasets")) == 2


def test_one_that_comes_after_its_binding_never_has_another_replica_set(place):
    item = place.workload("Deployment", "later")
    binding = place.binding(item)
    place.create(binding)

    place.create(item)

    place.eventually(lambda: place.status(binding).get("bound") == 1)
    [only] = place.eventually(lambda: place.owned(item, "replicasets"))
    assert only["spec"]["template"]["spec"] == place.pod(item)
    assert METACONTROLLER not in {user for user, _ in place.writes(item)}


def test_the_jobs_of_a_cron_job_are_created_bound(place, cron_job):
    item, binding, plain = cron_job

    [job, *_] = place.eventually(lambda: place.owned(item, "jobs", group="batch/v1"), patience=90)

    assert job["spec"]["template"]["spec"] == place.bound(plain)
    [owner] = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["controller"]) == ("CronJob", True)
    place.eventually(lambda: place.status(binding).get("bound"))
    assert place.status(binding)["conditions"] == [{"type": "Ready", "status": "True"}]
