"""What the adapter reports, and that it is not lost."""

import json


def test_a_report_that_was_lost_comes_back(lab):
    """As when Metacontroller writes a status that it read before the report."""
    lab.apply(lab.source())
    reported = lab.until_streaming().status()["adapter"]
    nothing = json.dumps({"status": {"adapter": None}})

    lab.kubectl(
        "patch", "vspheresource", "vcenter", "--subresource=status", "--type=merge",
        "--patch", nothing,
    )  # fmt: skip

    lab.eventually(lambda: lab.status().get("adapter") == reported)
    lab.until_streaming()


def test_a_list_of_sources_tells_the_truth(lab):
    lab.apply(lab.source("good"), lab.source("bad", secretRef={"name": "missing"}))
    lab.until_streaming("good")
    lab.eventually(lambda: lab.conditions("bad").get("Ready", ())[1:2] == ("SecretMissing",))

    rows = lab.kubectl("get", "vspheresources", "--no-headers").splitlines()

    address, sink = lab.vcenter.url, f"{lab.sink.url}/{lab.namespace}"
    assert [row.split()[:-1] for row in rows] == [
        ["bad", address, f"{sink}/bad", "False", "SecretMissing"],
        ["good", address, f"{sink}/good", "True"],
    ]
