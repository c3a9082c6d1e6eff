"""Sessions of both clients, counted on the server: opened, kept, replaced, and all logged out."""

import datetime as dt
import threading
from concurrent import futures

import pytest

import vsphere


def test_the_bound_account_is_logged_in_and_out(peer):
    assert peer.users() == []
    with peer.client() as client:
        assert (peer.whoami(client), peer.users()) == ("root", ["root"])

    assert peer.users() == []


def test_the_same_code_runs_unbound(strict_peer):
    password = (strict_peer.folder / "password").read_text().strip()
    with strict_peer.client(
        url=strict_peer.url, username="root", password=password, environment={}
    ) as client:
        assert strict_peer.whoami(client) == "root"


def test_an_exception_inside_the_block_logs_out_too(peer):
    with pytest.raises(ZeroDivisionError), peer.client() as client:
        1 / (peer.whoami(client) == "nobody")

    assert peer.users() == []


def test_an_expired_session_is_replaced_in_the_midst_of_a_call(peer):
    with peer.client() as client:
        peer.expire()
        assert peer.users() == []

        assert peer.whoami(client) == "root"
        assert peer.users() == ["root"]


def test_a_session_that_expires_while_nobody_calls_is_replaced(peer, eventually):
    with peer.client(keep_alive=0.01):
        peer.expire()

        eventually(lambda: peer.users() == ["root"])


def test_a_session_that_nobody_uses_is_kept_alive(simulated_peer, clock, eventually):
    simulator = simulated_peer.simulator
    simulator.faults.idle_limit = dt.timedelta(minutes=30)

    with simulated_peer.client(keep_alive=0.01):
        for _ in range(3):
            clock.ahead += dt.timedelta(minutes=20)
            now = clock()
            eventually(lambda: simulated_peer.sessions.last_used >= now)  # noqa: B023  used at once

    assert simulator.counters.logins_attempted == 1


def test_without_that_it_expires_and_is_replaced_by_the_next_call(simulated_peer, clock):
    simulator = simulated_peer.simulator
    simulator.faults.idle_limit = dt.timedelta(minutes=30)

    with simulated_peer.client() as client:
        clock.ahead += dt.timedelta(minutes=31)
        assert simulated_peer.users() == []
        assert simulated_peer.whoami(client) == "root"

    assert simulator.counters.logins_attempted == 2


def test_a_changed_secret_is_logged_in_with_at_once_when_the_session_expires(simulated_peer):
    with simulated_peer.client() as client:
        simulated_peer.simulator.change_password("rotated")
        simulated_peer.write(password="rotated")
        simulated_peer.expire()

        assert simulated_peer.whoami(client) == "root"


def test_a_changed_secret_replaces_a_session_that_is_still_good(open_peer, eventually):
    with open_peer.client(keep_alive=0.01) as client:
        open_peer.write(username="successor")

        eventually(lambda: open_peer.users() == ["successor"])
        assert open_peer.whoami(client) == "successor"


def test_a_changed_secret_that_is_refused_is_tried_once_and_the_session_stays(
    simulated_peer, eventually
):
    simulator = simulated_peer.simulator
    with simulated_peer.client(keep_alive=0.01) as client:
        simulated_peer.write(password="wrong")
        eventually(lambda: simulator.counters.logins_attempted == 2)

        for _ in range(20):
            assert simulated_peer.whoami(client) == "root"
        assert simulator.counters.logins_attempted == 2


def test_credentials_that_were_refused_are_not_tried_at_each_call(simulated_peer):
    simulator = simulated_peer.simulator
    with simulated_peer.client() as client:
        simulator.change_password("rotated")
        simulated_peer.expire()

        for _ in range(5):
            with pytest.raises(vsphere.LoginError):
                simulated_peer.whoami(client)
        assert simulator.counters.logins_attempted == 2

        simulated_peer.write(password="rotated")
        assert simulated_peer.whoami(client) == "root"


def test_threads_share_a_client_and_one_new_session(peer):
    with peer.client() as client, futures.ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            peer.expire()
            answers = list(pool.map(lambda _: peer.whoami(client), range(40)))

            assert answers == ["root"] * 40
            assert peer.users() == ["root"]


def test_threads_may_each_have_a_client_of_their_own(peer):
    together = threading.Barrier(4)

    def use(_):
        with peer.client() as client:
            together.wait(30)
            return peer.whoami(client)

    with futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(use, range(4))) == ["root"] * 4


def test_at_the_end_no_thread_is_left(peer):
    def keeping():
        return [thread for thread in threading.enumerate() if "keep-alive" in thread.name]

    with peer.client(keep_alive=0.01):
        assert len(keeping()) == 1

    assert keeping() == []


def test_at_the_end_no_connection_is_left_even_if_the_client_is(simulated_peer, eventually):
    before = threading.active_count()
    with simulated_peer.client() as client:
        simulated_peer.whoami(client)
        assert threading.active_count() > before + 1

    # The simulator has a thread for each connection.
    eventually(lambda: threading.active_count() == before)
    assert client


def test_a_client_that_is_closed_does_not_log_in_again(peer):
    with peer.client() as client:
        pass

    with pytest.raises(vsphere.SessionError) as caught:
        peer.whoami(client)

    assert str(caught.value) == "The vSphere client is closed: use it inside its with block only."
