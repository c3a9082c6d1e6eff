"""From SOAP bytes to whole events."""

import datetime as dt
import functools
import json
import sys

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from adapter.events.event import JSON, XML, Encoder, Event
from adapter.events.gap import Cause, Gap
from adapter.events.page import PageError, newest

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CREATED = dt.datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=dt.UTC)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
HEAD = "<key>7</key><createdTime>2026-11-22T12:00:00.123456Z</createdTime>"
EVENT = f'<returnval xsi:type="VmPoweredOnEvent">{HEAD}<template>false</template></returnval>'


def reader(*, encoding=JSON, **extensions):
    """Read pages, after an event of noon."""
    encoder = Encoder(
        source="https://vc.example/sdk",
        api_version="8.0.3.0",
        encoding=encoding,
        extensions=extensions,
    )
    return functools.partial(encoder.page, near=NOON)


def written(properties, name="VmPoweredOnEvent"):
    return f'<returnval xsi:type="{name}">{properties}</returnval>'


def test_an_event_is_what_the_adapter_must_know_and_a_message(make_page):
    vm = '<vm><name>db</name><vm type="VirtualMachine">vm-12</vm></vm>'
    [event] = reader(encoding=XML)(make_page(written(f"{HEAD}{vm}")))

    assert event == Event(
        key=7,
        created=CREATED,
        type="VmPoweredOnEvent",
        order_key="vm-12",
        headers=(
            "ce-id: 7",
            "ce-time: 2026-11-22T12:00:00.123456Z",
            "ce-specversion: 1.0",
            "ce-source: https://vc.example/sdk",
            "ce-type: com.vmware.vsphere.VmPoweredOnEvent.v0",
            "ce-eventclass: event",
            "ce-vsphereapiversion: 8.0.3.0",
            "content-type: application/xml",
        ),
        body=(
            b'<VmPoweredOnEvent xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            b'xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
            b"<key>7</key><createdTime>2026-11-22T12:00:00.123456Z</createdTime>"
            b'<vm><name>db</name><vm type="VirtualMachine">vm-12</vm></vm></VmPoweredOnEvent>'
        ),
    )


@pytest.mark.parametrize("encoding", [JSON, XML])
def test_a_message_reads_back_as_the_same_cloudevent(make_page, encoding):
    [event] = reader(encoding=encoding, site="Zürich 100 %")(make_page(EVENT))
    message = HTTPMessage(dict(header.split(": ", 1) for header in event.headers), event.body)

    back = from_binary(message, JSONFormat(), CloudEvent)

    assert back.get_attributes() == {
        "specversion": "1.0",
        "id": "7",
        "source": "https://vc.example/sdk",
        "type": "com.vmware.vsphere.VmPoweredOnEvent.v0",
        "time": CREATED,
        "datacontenttype": encoding,
        "eventclass": "event",
        "vsphereapiversion": "8.0.3.0",
        "site": "Zürich 100 %",
    }


@pytest.mark.parametrize(
    ("class_name", "properties", "event_type", "event_class"),
    [
        pytest.param("VmPoweredOnEvent", "", "VmPoweredOnEvent", "event", id="a plain event"),
        pytest.param(
            "EventEx",
            "<eventTypeId>snapshotcreated.com.backup.provider.foo</eventTypeId>",
            "snapshotcreated.com.backup.provider.foo",
            "eventex",
            id="EventEx goes by its eventTypeId",
        ),
        pytest.param(
            "ExtendedEvent",
            "<eventTypeId>tokeninvalid.com.auth.provider.foo</eventTypeId>",
            "tokeninvalid.com.auth.provider.foo",
            "extendedevent",
            id="ExtendedEvent goes by its eventTypeId",
        ),
        pytest.param("EventEx", "", "EventEx", "eventex", id="EventEx without eventTypeId"),
        pytest.param(
            "EventEx", "<eventTypeId/>", "EventEx", "eventex", id="EventEx with an empty one"
        ),
        pytest.param(
            "AlarmCreatedEvent",
            "<eventTypeId>x</eventTypeId>",
            "AlarmCreatedEvent",
            "event",
            id="no other class goes by an eventTypeId",
        ),
        pytest.param("NotYetInventedEvent", "", "NotYetInventedEvent", "event", id="unknown"),
    ],
)
def test_the_type_comes_from_the_class(make_page, class_name, properties, event_type, event_class):
    [event] = reader()(make_page(written(HEAD + properties, class_name)))

    assert event.type == event_type
    assert f"ce-type: com.vmware.vsphere.{event_type}.v0" in event.headers
    assert f"ce-eventclass: {event_class}" in event.headers


def test_an_event_that_names_no_class_is_an_event(make_page):
    [event] = reader()(make_page(f"<returnval>{HEAD}</returnval>"))

    assert event.type == "Event"


VM = '<vm><name>n</name><vm type="VirtualMachine">vm-1</vm></vm>'
HOST = '<host><name>n</name><host type="HostSystem">host-1</host></host>'
CLUSTER = (
    "<computeResource><name>n</name>"
    '<computeResource type="ClusterComputeResource">domain-c1</computeResource></computeResource>'
)
DATASTORE = '<ds><name>n</name><datastore type="Datastore">datastore-1</datastore></ds>'
NETWORK = '<net><name>n</name><network type="Network">network-1</network></net>'
SWITCH = '<dvs><name>n</name><dvs type="VmwareDistributedVirtualSwitch">dvs-1</dvs></dvs>'
DATACENTER = (
    '<datacenter><name>n</name><datacenter type="Datacenter">datacenter-1</datacenter></datacenter>'
)


@pytest.mark.parametrize(
    ("properties", "order_key"),
    [
        pytest.param(DATACENTER + CLUSTER + HOST + VM, "vm-1", id="a virtual machine first"),
        pytest.param(DATACENTER + CLUSTER + HOST, "host-1", id="then a host"),
        pytest.param(DATASTORE + CLUSTER, "domain-c1", id="then a cluster"),
        pytest.param(NETWORK + DATASTORE, "datastore-1", id="then a datastore"),
        pytest.param(SWITCH + NETWORK, "network-1", id="then a network"),
        pytest.param(DATACENTER + SWITCH, "dvs-1", id="then a distributed switch"),
        pytest.param(DATACENTER, "datacenter-1", id="then a datacenter"),
        pytest.param("<userName>root</userName>", "", id="else all together"),
        pytest.param("<vm><name>gone</name></vm>", "vm", id="an object without reference"),
    ],
)
def test_the_order_key_is_the_object_that_an_event_is_about(make_page, properties, order_key):
    [event] = reader()(make_page(written(HEAD + properties)))

    assert event.order_key == order_key


@pytest.mark.parametrize("key", [0, -1, -2147483648, 2147483647, 9007199254740993])
def test_keys_may_have_any_sign_and_size(make_page, key):
    [event] = reader()(
        make_page(written(f"<key>{key}</key><createdTime>2026-11-22T12:00:00Z</createdTime>"))
    )

    assert event.key == key
    assert f"ce-id: {key}" in event.headers
    assert json.loads(event.body)["key"] == key


@pytest.mark.parametrize(
    ("text", "created"),
    [
        pytest.param("2026-11-22T12:00:00.123456789Z", CREATED, id="nanoseconds are cut"),
        pytest.param("2026-11-22T13:00:00.123456+01:00", CREATED, id="another time zone"),
        pytest.param("2026-11-22T12:00:00.123456", CREATED, id="no time zone is UTC"),
        pytest.param("2026-11-22T12:00:00.5Z", CREATED.replace(microsecond=500_000), id="tenths"),
    ],
)
def test_times_are_instants(make_page, text, created):
    [event] = reader()(make_page(written(f"<key>7</key><createdTime>{text}</createdTime>")))

    assert event.created == created
    assert json.loads(event.body)["createdTime"] == text


def test_header_values_are_percent_encoded(make_page):
    event_type = "<eventTypeId>naïve &quot;type&quot; 5%&#13;&#10;ce-evil: x</eventTypeId>"
    [event] = reader()(make_page(written(HEAD + event_type, "EventEx")))

    assert (
        "ce-type: com.vmware.vsphere.na%C3%AFve%20%22type%22%205%25%0D%0Ace-evil:%20x.v0"
        in event.headers
    )


def test_overrides_add_extensions_and_may_replace_ours(make_page):
    [event] = reader(eventclass="vm", vsphereapiversion="x", site="a")(make_page(EVENT))

    assert event.headers[-4:-1] == ("ce-eventclass: vm", "ce-vsphereapiversion: x", "ce-site: a")


def test_a_page_keeps_all_its_events_in_order(make_page):
    strange = written(HEAD.replace("7", "8") + "<new><deep>1</deep></new>", "NotYetInventedEvent")
    events = reader()(make_page(EVENT, strange, EVENT.replace("7", "9")))

    assert [event.key for event in events] == [7, 8, 9]


def test_an_empty_page_has_no_events(make_page):
    assert reader()(make_page()) == []


def test_comments_and_processing_instructions_are_not_data(make_page):
    noisy = EVENT.replace("<template>", "<?php 1?><!-- template --><template><!-- x -->")

    assert reader()(make_page(noisy)) == reader()(make_page(EVENT))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param(b"a\x01b", "a?b", id="a control character"),
        pytest.param(b"a&#1;b&#x1F;c&#31;d", "a?b?c?d", id="references to control characters"),
        pytest.param(b"a&#0;b", "a?b", id="a reference to zero"),
        pytest.param(b"a&#xFFFE;b&#xD800;c", "a?b?c", id="references to what is no character"),
        pytest.param(b"a&#99999999;b", "a?b", id="a reference beyond Unicode"),
        pytest.param(b"a\xef\xbf\xbfb", "a?b", id="what Unicode forbids"),
        pytest.param(b"a\xffb", "a\ufffdb", id="bytes that are not UTF-8"),
        pytest.param(b"\x01&#233;\xc3\xa9&#x1F600;&amp;", "?éé😀&", id="the rest stays"),
        pytest.param(b"&#9;&#10;\x01", "\t\n?", id="white space stays"),
    ],
)
def test_what_xml_forbids_in_a_name_costs_only_itself(make_page, name, kept):
    page = make_page(written(HEAD + "<userName>NAME</userName>")).replace(b"NAME", name)

    [event] = reader()(page)

    assert json.loads(event.body)["userName"] == kept


@given(name=st.binary().filter(lambda name: not set(b"<>&") & set(name)))
def test_no_bytes_in_a_name_cost_an_event(make_page, name):
    strange = written(HEAD + "<userName>NAME</userName>")
    page = make_page(strange, EVENT).replace(b"NAME", name)

    assert len(reader(encoding=XML)(page)) == 2


NO_IDENTITY = "that of class VmPoweredOnEvent has no readable key or time"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        pytest.param(
            written("<createdTime>2026-11-22T12:00:00Z</createdTime>"), NO_IDENTITY, id="no key"
        ),
        pytest.param(
            written("<key>seven</key><createdTime>2026-11-22T12:00:00Z</createdTime>"),
            NO_IDENTITY,
            id="a key that is no number",
        ),
        pytest.param(written("<key>7</key>"), NO_IDENTITY, id="no time"),
        pytest.param(written("<key>7</key><createdTime/>"), NO_IDENTITY, id="an empty time"),
        pytest.param(
            written("<key>7</key><createdTime>0001-01-01T00:00:00+01:00</createdTime>"),
            NO_IDENTITY,
            id="a time before all times",
        ),
        pytest.param(
            written(HEAD + "<userName>&nothing;</userName>"),
            "it is no XML",
            id="an entity that is not declared",
        ),
        pytest.param(written(HEAD + "<a><b></a></b>"), "it is no XML", id="crossed elements"),
        pytest.param(
            written(HEAD + "<a>" * 5000 + "</a>" * 5000), "it is no XML", id="nested without end"
        ),
    ],
)
@pytest.mark.parametrize("encoding", [JSON, XML])
def test_an_event_that_cannot_be_read_leaves_a_notice_and_costs_no_other(
    make_page, encoding, event, why
):
    first, notice, last = reader(encoding=encoding)(make_page(EVENT, event, EVENT))

    assert first == last == reader(encoding=encoding)(make_page(EVENT))[0]
    assert (notice.type, notice.created) == ("source.gap", CREATED)
    assert notice.gap.cause is Cause.EVENT_UNREADABLE
    assert notice.gap.message == f"An event cannot be read: {why}."


def test_before_an_unreadable_event_that_comes_first_is_what_was_read_before(make_page):
    [notice] = reader()(make_page(written("")))

    assert (notice.gap.start, notice.gap.end) == (NOON, NOON)


def test_an_unreadable_event_read_again_is_known_by_its_key(make_page):
    [first], [again], [other] = (
        reader()(make_page(written(text))) for text in ("<a/>", "<a/>", "<b/>")
    )

    assert first == again
    assert (first.key, first.headers[0]) != (other.key, other.headers[0])


def test_a_burst_that_vcenter_compressed_is_told_after_the_event_that_says_so(make_page):
    arguments = "".join(
        f'<arguments><key>{key}</key><value xsi:type="xsd:string">{value}</value></arguments>'
        for key, value in {
            "eventType": "vim.event.UserLoginSessionEvent",
            "count": "970",
            "burstStartTime": "2026-11-22T11:59:00Z",
        }.items()
    )
    type_id = "<eventTypeId>com.vmware.vc.EventBurstCompressedEvent</eventTypeId>"

    [event, notice] = reader()(make_page(written(HEAD + type_id + arguments, "EventEx")))

    assert event.type == "com.vmware.vc.EventBurstCompressedEvent"
    assert notice.gap == Gap(
        start=NOON - dt.timedelta(minutes=1),
        end=CREATED,
        cause=Cause.BURST_COMPRESSED,
        message="vCenter compressed a burst: of vim.event.UserLoginSessionEvent, 970 events are "
        "not in its history. What was read as it happened has been sent.",
        mark=7,
    )


def test_a_compressed_burst_that_says_no_more_is_told_too(make_page):
    type_id = "<eventTypeId>com.vmware.vc.EventBurstCompressedEvent</eventTypeId>"

    [_, notice] = reader()(make_page(written(HEAD + type_id, "EventEx")))

    assert (notice.gap.start, notice.gap.end) == (CREATED, CREATED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(f' xmlns:xsi="{XSI}"', "", id="an undeclared xsi"),
        pytest.param(
            "<soapenv:Body>",
            "<soapenv:Header><other:x/></soapenv:Header><soapenv:Body>",
            id="an undeclared prefix elsewhere",
        ),
    ],
)
def test_an_answer_that_is_broken_around_its_events_costs_none(make_page, before, after):
    page = make_page(EVENT, EVENT.replace("7", "9")).decode().replace(before, after)

    events = reader()(page.encode())

    assert [event.key for event in events] == [7, 9]
    assert events[0] == reader()(make_page(EVENT))[0]


def test_beside_an_unreadable_event_all_others_are_found_by_their_prefix(make_page):
    page = make_page(EVENT, written("<a></b>"), '<returnval xsi:type="VmEvent"/>', EVENT).decode()
    for name in ("returnval", "ReadNextEventsResponse"):
        page = page.replace(f"<{name}", f"<v:{name}").replace(f"</{name}", f"</v:{name}")
    page = page.replace(' xmlns="urn:vim25"', ' xmlns:v="urn:vim25"')

    events = reader()(page.encode())

    assert [event.type for event in events] == [
        "VmPoweredOnEvent",
        "source.gap",
        "source.gap",
        "VmPoweredOnEvent",
    ]


@pytest.mark.parametrize("content", ["<a/>", "<a></b>"], ids=["no key and no time", "no XML"])
def test_an_unreadable_event_has_the_same_key_in_each_kind_of_answer(make_page, content):
    [read] = reader()(make_page(f"<returnval>{content}</returnval>"))
    latest = f'<returnval xsi:type="ArrayOfEvent"><Event>{content}</Event></returnval>'

    [shown] = reader()(make_page(latest).replace(b"ReadNextEventsResponse", b"FetchResponse"))

    assert shown == read


@pytest.mark.parametrize("cut", [1, 40, 200, 400])
def test_a_truncated_page_is_no_page(make_page, cut):
    """Not even its complete events count: the rest of the page would never be read."""
    with pytest.raises(PageError, match=r"^a page of events is cut off: "):
        reader()(make_page(EVENT, EVENT)[:-cut])


@pytest.mark.parametrize(
    "document", [b"<html><body>Sign in</body></html>", b"<Envelope xmlns='urn:vim25'/>"]
)
def test_another_document_is_no_page(document):
    with pytest.raises(PageError) as caught:
        reader()(document)

    assert str(caught.value) == "an answer holds no page of events"


@pytest.mark.parametrize(
    "declaration",
    [
        pytest.param('<!DOCTYPE a [<!ENTITY x "lol">]>', id="an entity of its own"),
        pytest.param('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', id="a file"),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY y "yyyyyyyyyy"><!ENTITY x "&y;&y;&y;&y;&y;&y;&y;">]>',
            id="a billion laughs",
        ),
        pytest.param('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">', id="an outer definition"),
    ],
)
def test_entities_are_refused_and_not_expanded(make_page, declaration):
    page = make_page(written(HEAD + "<userName>&x;</userName>")).decode()
    head, _, rest = page.partition("\n")

    with pytest.raises(PageError) as caught:
        reader(encoding=XML)(f"{head}{declaration}{rest}".encode())

    assert str(caught.value) == "a page of events declares a document type, which SOAP forbids"


@pytest.fixture
def pythons_own_recursion_limit():
    """Others in the test process raise it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("pythons_own_recursion_limit")
def test_an_event_that_is_nested_too_deeply_is_no_crash(make_page):
    deep = "<a>" * 240 + "</a>" * 240

    notice, event = reader()(make_page(written(f"{HEAD}{deep}"), EVENT))

    assert (notice.type, event.type) == ("source.gap", "VmPoweredOnEvent")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        pytest.param("QueryEventsResponse", "returnval", id="of a query"),
        pytest.param("FetchResponse", "Event", id="of a property"),
    ],
)
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([EVENT], ["VmPoweredOnEvent"], id="one"),
        pytest.param(
            [EVENT, written("&nothing;"), EVENT],
            ["VmPoweredOnEvent", "source.gap", "VmPoweredOnEvent"],
            id="one of them unreadable",
        ),
    ],
)
def test_other_answers_hold_events_too(make_page, answer, name, events, expected):
    content = "".join(events).replace("returnval", name)
    if name == "Event":
        content = f'<returnval xsi:type="ArrayOfEvent">{content}</returnval>'
    page = make_page(content).replace(b"ReadNextEventsResponse", answer.encode())

    kinds = [event.type for event in reader()(page)]

    assert kinds == expected


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param(
            "<Event xsi:type='VmEvent'><key>-7</key><chainId>9</chainId>"
            "<createdTime>2026-11-22T12:00:00Z</createdTime><argument><key>5</key></argument>"
            "</Event>",
            (-7, NOON),
            id="one change",
        ),
        pytest.param(
            "<Event><key>1</key><createdTime>2026-11-22T11:00:00</createdTime></Event>"
            "<Event><key>2</key><createdTime>2026-11-22T12:00:00</createdTime></Event>",
            (2, NOON),
            id="several: the last",
        ),
        pytest.param(
            "<Event><key>2</key><createdTime>noon</createdTime></Event>", None, id="no time"
        ),
        pytest.param("<version>3</version>", None, id="no event"),
    ],
)
def test_the_newest_event_is_found_in_what_a_long_poll_tells(update, expected):
    assert newest(update.encode()) == expected
