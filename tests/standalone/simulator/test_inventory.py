import collections

from standalone.simulator import inventory


def test_the_inventory_is_the_same_every_time():
    assert inventory.build() == inventory.build()


def test_names_and_identifiers_are_unique():
    machines = inventory.build(300)

    assert len({machine.vm.id for machine in machines}) == 300
    assert len({machine.vm.name for machine in machines}) == 300


def test_machines_are_spread_over_all_hosts():
    hosts = collections.Counter(machine.host.name for machine in inventory.build(320))

    assert set(hosts.values()) == {20}
    assert len(hosts) == 16


def test_every_object_has_one_place():
    machines = inventory.build()

    for inner, outer in (("host", "cluster"), ("cluster", "datacenter"), ("datastore", "cluster")):
        places = {(getattr(m, inner).id, getattr(m, outer).id) for m in machines}
        assert len(places) == len({getattr(m, inner).id for m in machines})


def test_a_moved_machine_is_on_another_host_of_its_cluster():
    clusters = {machine.host.id: machine.cluster for machine in inventory.build()}

    for machine in inventory.build():
        there = inventory.moved(machine)
        assert there.host.id != machine.host.id
        assert clusters[there.host.id] == machine.cluster
        assert there.vm == machine.vm
