"""What is installed here is what ships."""

import urllib.parse


def differences(left, right, path=""):
    """Where two values of JSON differ: path, one, other."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        pairs = [(key, left[key], right[key]) for key in left]
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [(key, *pair) for key, pair in enumerate(zip(left, right, strict=True))]
    else:
        return [] if left == right else [(path, left, right)]
    return [found for key, *pair in pairs for found in differences(*pair, f"{path}/{key}")]


def test_what_is_installed_here_ships_but_for_where_the_hooks_are(manifests, hooks_url):
    found = differences(manifests.shipped, manifests.applied)

    assert {path.rpartition("/spec/")[2] for path, _, _ in found} == {
        "hooks/sync/webhook/url",
        "hooks/customize/webhook/url",
    }
    for _, shipped, applied in found:
        assert applied == f"{hooks_url}{urllib.parse.urlsplit(shipped).path}?rev=0.1.0"
