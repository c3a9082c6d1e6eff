import datetime as dt

import pytest
from lxml import etree

from standalone.simulator import History
from standalone.simulator.load import Load, LoadRunner

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NAMESPACES = b'<returnval xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def made(load, count):
    """Return the first events of a load as XML."""
    parser = etree.XMLParser(recover=True)
    marshalled = (event.marshal(1) for event in load.events(0, count, last=NOW))
    return [
        etree.fromstring(xml.replace(b"<returnval", NAMESPACES, 1), parser) for xml in marshalled
    ]


def test_power_goes_over_all_machines_and_then_the_other_way():
    happened = made(Load(machines=2), 5)

    assert [(event.get(XSI_TYPE), event.findtext("vm/vm")) for event in happened] == [
        ("VmPoweredOffEvent", "vm-1001"),
        ("VmPoweredOffEvent", "vm-1002"),
        ("VmPoweredOnEvent", "vm-1001"),
        ("VmPoweredOnEvent", "vm-1002"),
        ("VmPoweredOffEvent", "vm-1001"),
    ]


def test_there_can_be_as_many_types_as_events():
    types = {event.findtext("eventTypeId") for event in made(Load(series="types"), 1000)}

    assert len(types) == 1000
    assert "com.example.simulated.type0999" in types


@pytest.mark.parametrize(
    ("series", "kinds"),
    [
        pytest.param("unknown", {"VmQuantumEntangledEvent"}, id="unheard of"),
        pytest.param("newer", {"VmPoweredOnEvent"}, id="with more than is known"),
        pytest.param("control", {"VmPoweredOnEvent"}, id="with a bad character"),
        pytest.param("plausible", None, id="as in life"),
    ],
)
def test_series_have_kinds(series, kinds):
    found = {event.get(XSI_TYPE) for event in made(Load(series=series), 100)}

    assert found == kinds or (kinds is None and len(found) > 10)


def test_a_newer_class_has_more_than_any_client_knows():
    [event] = made(Load(series="newer"), 1)

    assert event.findtext("spin/axis") == "z"
    assert event.find("twin").get("type") == "QuantumMachine"


def test_a_control_character_is_one_that_xml_forbids():
    [event] = Load(series="control").events(0, 1, last=NOW)

    assert b"\a" in event.marshal(1)
    with pytest.raises(etree.XMLSyntaxError, match="PCDATA invalid Char value 7"):
        etree.fromstring(event.marshal(1).replace(b"<returnval", NAMESPACES, 1))


def test_events_are_spread_evenly_until_the_last():
    created = [event.created for event in Load().events(0, 5, last=NOW, seconds=8)]

    assert created == [NOW - dt.timedelta(seconds=back) for back in (8, 6, 4, 2, 0)]


def test_a_load_runs_at_its_rate_until_it_is_stopped(eventually):
    history = History()
    runner = LoadRunner(history, clock=lambda: NOW)

    runner.start(Load(), 2000)
    eventually(lambda: history.end >= 100)
    runner.start(Load(series="types"), 2000)
    other = history.end
    eventually(lambda: history.end > other)
    runner.stop()

    ended = history.end
    records = history.read().records
    assert (len(records), {record.created for record in records}) == (ended, {NOW})
    assert b"EventEx" in records[-1].xml
