"""What an answer means for an event."""

from pathlib import Path

import pytest

from adapter.sending.outcome import Answer, Verdict, judge, judge_dead_letter

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


def test_a_body_is_not_shown():
    assert "secret" not in repr(Answer(status=500, body=b"secret details"))


DOCUMENT = Path(__file__).parents[3] / "docs" / "delivery.md"
BROKEN = [Answer(error="gone")]
UNSENT = [Answer(error="no connection", written=False)]
OTHERS = [Answer(status=status) for status in range(100, 1000) if status // 100 != 2]
REFUSALS = [Answer(status=status) for status in (400, 413, 415, 422)]
ANSWERS = {
    "2xx": [Answer(status=status) for status in range(200, 300)],
    "400, 413, 415, 422": REFUSALS,
    "any other status": [answer for answer in OTHERS if answer not in REFUSALS],
    "none: the connection broke, or `timeout` was over": BROKEN,
    "none, and nothing was sent: no connection": UNSENT,
    "dead-letter sink: 2xx": [Answer(status=204)],
    "dead-letter sink: any other status": OTHERS,
    "dead-letter sink: none: the connection broke, or `timeout` was over": BROKEN,
    "dead-letter sink: none, and nothing was sent: no connection": UNSENT,
}
SETTINGS = {
    "by default": {"at_most_once": False},
    "with `deadLetterSink`": {"at_most_once": False, "dead_letters": True},
    "after the last `retry`": {"at_most_once": False, "dead_letters": True, "retries_left": False},
    "`maxAgeSeconds: 0`": {"at_most_once": True},
    "`maxAgeSeconds: 0` with `deadLetterSink`": {"at_most_once": True, "dead_letters": True},
}


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_the_documents_table_says_what_the_code_does():
    lines = DOCUMENT.read_text().splitlines()
    [head] = [at for at, line in enumerate(lines) if line.startswith("| answer |")]
    rows = {}
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        answer, *words = cells(line)
        rows[answer] = dict(zip(cells(lines[head])[1:], words, strict=True))

    assert rows == {
        name: {setting: becomes(name, answers, options) for setting, options in SETTINGS.items()}
        for name, answers in ANSWERS.items()
    }


def becomes(name, answers, options):
    """The one word for what becomes of an event after any of *answers*."""
    if not name.startswith("dead-letter sink"):
        verdicts = {judge(answer, **options) for answer in answers}
    elif options.get("dead_letters"):
        at_most_once = options["at_most_once"]
        verdicts = {judge_dead_letter(answer, at_most_once=at_most_once) for answer in answers}
    else:
        return ""
    [verdict] = verdicts
    return "retried" if verdict is RETRY else verdict.value.replace("_", " ")
