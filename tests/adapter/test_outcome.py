"""What an answer means for an event."""

import pytest

from adapter.outcome import Answer, Verdict, judge

DELIVERED, REFUSED = Verdict.DELIVERED, Verdict.REFUSED
RETRY, GIVEN_UP = Verdict.RETRY, Verdict.GIVEN_UP


@pytest.mark.parametrize(
    ("statuses", "at_least_once", "at_most_once"),
    [
        pytest.param((200, 201, 202, 204, 299), DELIVERED, DELIVERED, id="success"),
        pytest.param((400, 413, 415, 422), REFUSED, REFUSED, id="the event itself is refused"),
        pytest.param((301, 302, 304, 307, 308), RETRY, GIVEN_UP, id="redirects"),
        pytest.param((401, 403, 404, 405, 407), RETRY, GIVEN_UP, id="a sink set up wrongly"),
        pytest.param((408, 409, 425, 429), RETRY, GIVEN_UP, id="a sink that asks for patience"),
        pytest.param((410, 418, 451, 499), RETRY, GIVEN_UP, id="what else is the client's fault"),
        pytest.param((500, 501, 502, 503, 504, 599), RETRY, GIVEN_UP, id="the server's fault"),
        pytest.param((0, 100, 101, 199, 600, 999), RETRY, GIVEN_UP, id="no answer to speak of"),
    ],
)
def test_the_status_code_decides(statuses, at_least_once, at_most_once):
    for status in statuses:
        assert judge(Answer(status=status), at_most_once=False) is at_least_once
        assert judge(Answer(status=status), at_most_once=True) is at_most_once


@pytest.mark.parametrize(
    ("written", "at_most_once", "verdict"),
    [
        pytest.param(True, False, RETRY, id="it may have arrived, and may arrive again"),
        pytest.param(False, False, RETRY, id="it cannot have arrived"),
        pytest.param(True, True, GIVEN_UP, id="it may have arrived, and must not again"),
        pytest.param(False, True, RETRY, id="it cannot have arrived, so once more is once"),
    ],
)
def test_without_an_answer_it_matters_whether_the_sink_can_have_seen_it(
    written, at_most_once, verdict
):
    assert judge(Answer(error="gone", written=written), at_most_once=at_most_once) is verdict


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(status=503, error="x", retry_after=5), "status 503"),
        (Answer(error="Could not resolve host: sink"), "Could not resolve host: sink"),
    ],
)
def test_an_answer_is_written_by_its_status_or_its_error(answer, text):
    assert str(answer) == text
