"""Credentials that are missing or wrong: the process says so, stays up, and no account locks."""

import shutil

import pytest


def remove_folder(secret):
    shutil.rmtree(secret)


def remove_password(secret):
    (secret / "password").unlink()


def empty_password(secret):
    (secret / "password").write_text("\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(
            remove_folder,
            "ERROR SecretMissing: {folder} holds neither username nor password: create the Secret"
            " that secretRef names, with these two keys.",
            id="no Secret",
        ),
        pytest.param(
            remove_password,
            "ERROR KeyMissing: {folder}/password is missing: the Secret needs the key 'password'.",
            id="no password",
        ),
        pytest.param(
            empty_password,
            "ERROR KeyMissing: {folder}/password is empty: give the Secret's key 'password' a"
            " value.",
            id="an empty password",
        ),
    ],
)
def test_without_credentials_it_waits_for_them(spoil, said, vcenter, lab):
    spoil(lab.secret)
    adapter = lab.start(vcenter.url)
    lab.eventually(lambda: adapter.said)
    assert (adapter.alive, adapter.ready) == (True, False)

    lab.secret.mkdir(exist_ok=True)
    (lab.secret / "username").write_text(lab.user)
    (lab.secret / "password").write_text(lab.password)
    adapter.until_ready()
    made = vcenter.happen(1)
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said == [said.format(folder=lab.secret), *lab.begun(vcenter.url)]
    assert vcenter.counters.logins_attempted == 1


def test_a_refused_login_is_not_repeated_until_the_secret_changes(vcenter, lab):
    (lab.secret / "password").write_text(f"not-{lab.password}")
    adapter = lab.start(vcenter.url)
    lab.eventually(lambda: adapter.said)
    # Long enough for the tries that a mere network failure would have got meanwhile.
    lab.sink.closing.wait(3)
    assert (adapter.alive, adapter.ready) == (True, False)
    assert vcenter.counters.logins_attempted == 1

    (lab.secret / "password").write_text(lab.password)
    adapter.until_ready()
    made = vcenter.happen(1)
    lab.eventually(lambda: lab.sink.taken)

    assert adapter.terminate() == 0
    assert sorted(lab.sink.arrived.ids, key=int) == made
    assert adapter.said == [
        (
            f"ERROR LoginRefused: {vcenter.url} refused the login: user name or password is wrong."
            " Correct the Secret; until then it is tried rarely, so that no account locks."
        ),
        *lab.begun(vcenter.url),
    ]
    assert vcenter.counters.logins_attempted == 2
