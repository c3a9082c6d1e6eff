"""Where the clients log in: what the code gives, else what the environment says."""

from pathlib import Path

import pytest

from vsphere import AddressError, Credentials, CredentialsError, SettingsError
from vsphere.settings import resolve

BOUND = {"VC_URL": "vcenter.example.com", "VC_USERNAME": "bound", "VC_PASSWORD": "hunter2"}
UNBOUND = {"url": "https://lab.example.com", "username": "root", "password": "hunter3"}
NOWHERE = {"VC_SECRET_PATH": "/nonexistent"}


def told(environment, **options):
    settings = resolve(environment=NOWHERE | environment, **options)
    return str(settings.address), settings.credentials().username, settings.insecure


@pytest.mark.parametrize(
    ("environment", "options", "expected"),
    [
        pytest.param(BOUND, {}, ("https://vcenter.example.com/sdk", "bound", False), id="bound"),
        pytest.param({}, UNBOUND, ("https://lab.example.com/sdk", "root", False), id="unbound"),
        pytest.param(
            BOUND, UNBOUND, ("https://lab.example.com/sdk", "root", False), id="bound, not used"
        ),
        pytest.param(
            BOUND,
            {"username": "other", "password": "x"},
            ("https://vcenter.example.com/sdk", "other", False),
            id="another account of the bound vCenter",
        ),
        pytest.param(
            BOUND | {"VC_INSECURE": "True"},
            {},
            ("https://vcenter.example.com/sdk", "bound", True),
            id="VC_INSECURE",
        ),
        pytest.param(
            BOUND | {"VC_INSECURE": "1"},
            {"insecure": False},
            ("https://vcenter.example.com/sdk", "bound", False),
            id="the code is stricter",
        ),
        pytest.param(
            {"VC_INSECURE": "true"},
            UNBOUND,
            ("https://lab.example.com/sdk", "root", False),
            id="VC_INSECURE speaks of VC_URL only",
        ),
        pytest.param(
            BOUND | {"VC_INSECURE": ""},
            UNBOUND | {"insecure": True},
            ("https://lab.example.com/sdk", "root", True),
            id="insecure by code",
        ),
    ],
)
def test_what_the_code_gives_comes_first(environment, options, expected):
    assert told(environment, **options) == expected


PAIR = "give url, username and password, or none of them to use VC_URL and the mounted Secret."


@pytest.mark.parametrize(
    ("environment", "options", "kind", "message"),
    [
        pytest.param(
            {},
            {},
            AddressError,
            "VC_URL is not set: bind this workload with a VSphereBinding, set it, or give url, "
            "username and password.",
            id="nothing",
        ),
        pytest.param(
            {"VC_URL": "ftp://x"},
            {},
            AddressError,
            "VC_URL must be an http or https URL with a host, like https://vcenter.example.com, "
            "not 'ftp://x'.",
            id="VC_URL is no address",
        ),
        pytest.param(
            {},
            UNBOUND | {"url": "https://root:hunter2@lab"},
            AddressError,
            "url must not hold user info: put user name and password into the Secret.",
            id="url with a password",
        ),
        pytest.param(
            BOUND,
            {"url": "https://lab.example.com"},
            CredentialsError,
            f"username and password are missing: {PAIR}",
            id="another address does not get the bound password",
        ),
        pytest.param(
            BOUND,
            {"username": "root"},
            CredentialsError,
            f"password is missing: {PAIR}",
            id="no password",
        ),
        pytest.param(
            {},
            UNBOUND | {"username": ""},
            CredentialsError,
            f"username is missing: {PAIR}",
            id="an empty user name",
        ),
        pytest.param(
            BOUND | {"VC_INSECURE": "yes"},
            {},
            SettingsError,
            "VC_INSECURE must be true or false, not 'yes'.",
            id="VC_INSECURE",
        ),
        pytest.param(
            BOUND | {"VC_INSECURE": "true"},
            {"ca_file": "ca.pem"},
            SettingsError,
            "ca_file has no effect while insecure (VC_INSECURE) is true: "
            "give insecure=False, or no ca_file.",
            id="an authority that nobody would ask",
        ),
        pytest.param(
            BOUND,
            {"timeout": 0},
            SettingsError,
            "timeout must be a number of seconds above 0, not 0.",
            id="timeout",
        ),
        pytest.param(
            BOUND,
            {"timeout": float("nan")},
            SettingsError,
            "timeout must be a number of seconds above 0, not nan.",
            id="timeout that is no number",
        ),
        pytest.param(
            BOUND,
            {"keep_alive": float("inf")},
            SettingsError,
            "keep_alive must be a number of seconds above 0, not inf.",
            id="looking never",
        ),
        pytest.param(
            BOUND,
            {"keep_alive": -1.5},
            SettingsError,
            "keep_alive must be a number of seconds above 0, not -1.5.",
            id="keep_alive",
        ),
    ],
)
def test_what_does_not_go_together_is_told(environment, options, kind, message):
    with pytest.raises(kind) as caught:
        resolve(environment=NOWHERE | environment, **options)

    assert str(caught.value) == message


def test_the_environment_is_that_of_the_process_unless_another_is_given(monkeypatch, tmp_path):
    monkeypatch.setenv("VC_URL", "https://from-the-process.example.com")
    monkeypatch.setenv("VC_SECRET_PATH", str(tmp_path))

    settings = resolve(ca_file=str(tmp_path / "ca.pem"))

    assert str(settings.address) == "https://from-the-process.example.com/sdk"
    assert settings.ca_file == Path(tmp_path / "ca.pem")


def test_credentials_are_read_when_they_are_asked_for(tmp_path):
    settings = resolve(environment=BOUND | {"VC_SECRET_PATH": str(tmp_path)})
    before = settings.credentials()
    (tmp_path / "username").write_text("mounted")
    (tmp_path / "password").write_text("later\n")

    assert before == Credentials(username="bound", password="hunter2")
    assert settings.credentials() == Credentials(username="mounted", password="later")


def test_settings_do_not_show_the_password():
    assert "hunter" not in repr(resolve(environment=BOUND)) + repr(resolve(**UNBOUND))
