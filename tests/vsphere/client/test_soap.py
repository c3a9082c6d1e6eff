"""pyVmomi over a session that is kept: what works as ever, and what an expired session ends."""

import copy

import pytest
from pyVim import connect as pyvim
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

import vsphere


@pytest.fixture
def vcsim_peer(make_peer, peers):
    return make_peer(peers["SOAP of vcsim"])


@pytest.fixture
def simulated(make_peer, peers):
    return make_peer(peers["SOAP of the simulator"])


def machines(instance):
    content = instance.content
    view = content.viewManager.CreateContainerView(
        content.rootFolder, [vim.VirtualMachine], recursive=True
    )
    return list(view.view)


def events(instance):
    return instance.content.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())


def test_objects_of_the_inventory_outlive_the_session(vcsim_peer):
    with vcsim_peer.client() as instance:
        machine = machines(instance)[0]
        name = machine.name
        vcsim_peer.expire()

        assert (machine.name, machine in machines(instance)) == (name, True)


def test_pyvmomis_own_waiting_for_tasks_works_across_an_expired_session(vcsim_peer):
    with vcsim_peer.client() as instance:
        machine = machines(instance)[0]
        WaitForTask(machine.PowerOff())
        vcsim_peer.expire()
        off = machine.runtime.powerState
        WaitForTask(machine.PowerOn())

        assert (off, machine.runtime.powerState) == ("poweredOff", "poweredOn")


def test_objects_of_a_session_end_with_it(simulated):
    with simulated.client() as instance:
        collector = events(instance)
        assert collector.ReadNextEvents(10) == []
        simulated.expire()

        with pytest.raises(vmodl.fault.ManagedObjectNotFound):
            collector.ReadNextEvents(10)
        assert events(instance).ReadNextEvents(10) == []


def test_faults_stay_those_of_pyvmomi(vcenter):
    vcenter.refuse("CurrentTime", "NoPermission", "Denied")
    with (
        vsphere.connect(url=str(vcenter.address), username="u", password="p") as instance,
        pytest.raises(vim.fault.NoPermission, match="Denied"),
    ):
        instance.CurrentTime()


LEASE_ERROR = """<FetchResponse xmlns="urn:vim25"><returnval xsi:type="LocalizedMethodFault">
<fault xsi:type="NotAuthenticated"><privilegeId>System.View</privilegeId></fault>
</returnval></FetchResponse>"""


def test_a_fault_that_is_an_answer_is_no_fault_of_the_call(vcenter, soap):
    vcenter.calls["Fetch"] = (200, soap(LEASE_ERROR))
    with vsphere.connect(url=str(vcenter.address), username="u", password="p") as instance:
        lease = vim.HttpNfcLease("lease-1", instance._stub)  # noqa: SLF001  as pyVmomi makes them

        assert isinstance(lease.error, vim.fault.NotAuthenticated)

    assert vcenter.requests.count("Login") == 1


def test_a_wrong_argument_is_pyvmomis_to_tell(simulated):
    with simulated.client() as instance, pytest.raises(TypeError, match="beginTime"):
        vim.event.EventFilterSpec.ByTime(beginTime=instance)


def test_a_call_whose_answer_does_not_come_is_not_repeated(simulated):
    simulator = simulated.simulator
    with simulated.client(timeout=2) as instance:
        collector = events(instance)
        simulator.faults.delay_seconds = 3600
        with pytest.raises(vsphere.UnreachableError):
            collector.ReadNextEvents(10)
        simulator.faults.delay_seconds = 0

        assert simulator.counters.pages_read == 1


def test_who_logs_out_himself_is_logged_in_again_by_the_next_call(simulated):
    with simulated.client() as instance:
        instance.content.sessionManager.Logout()
        assert simulated.users() == []

        assert simulated.whoami(instance) == "root"


def test_several_vcenters_at_once_do_not_know_of_each_other(simulated, vcsim):
    url, ca_file = vcsim
    with (
        simulated.client() as first,
        vsphere.connect(url=url, username="other", password="any", ca_file=ca_file) as second,
    ):
        assert (simulated.whoami(first), simulated.whoami(second)) == ("root", "other")
        assert pyvim.GetSi() is None


def test_the_stub_shows_the_session_of_the_moment(simulated):
    with simulated.client() as instance:
        stub = instance._stub  # noqa: SLF001  what programs take the cookie for downloads from
        first = stub.cookie
        simulated.expire()
        simulated.whoami(instance)

        assert first.startswith("vmware_soap_session=")
        assert stub.cookie != first
        assert copy.deepcopy(instance)._stub is stub  # noqa: SLF001  as above


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies_of_answers_and_of_the_stub_share_the_session(vcsim_peer, duplicate):
    with vcsim_peer.client() as instance:
        folder = duplicate(instance.content).rootFolder
        stub = duplicate(instance._stub)  # noqa: SLF001  as above

        assert (folder.name, stub.cookie) == ("Datacenters", instance._stub.cookie)  # noqa: SLF001
