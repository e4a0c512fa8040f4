"""A request leaves one line, one count, one trace id, and nobody's data."""

import json
import logging
from collections.abc import Iterator

import httpx2
import pytest
import structlog
from chassis.logs import REDACTED, configure_logging, describe_exception, redact
from chassis.metrics import Metrics
from chassis.telemetry import TelemetryMiddleware
from chassis.tracing import current_trace_id, current_traceparent, parse_traceparent, span
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("card-service")


@pytest.fixture
async def client(metrics: Metrics) -> httpx2.AsyncClient:
    app = FastAPI()

    @app.get("/v1/clients/{client_id}")
    async def read(client_id: str) -> dict[str, str | None]:
        return {"trace": current_trace_id()}

    @app.get("/v1/broken")
    async def broken() -> None:
        raise ValueError("王小明 13812345678")

    transport = httpx2.ASGITransport(TelemetryMiddleware(app, metrics=metrics), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
def logged_lines(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield capsys
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_the_trace_goes_on_and_comes_back_as_the_request_id(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/clients/42", headers={"traceparent": PARENT})
    assert answer.headers["x-request-id"] == answer.json()["trace"] == "0af7651916cd43dd8448eb211c80319c"


async def test_a_request_is_counted_under_its_template_and_never_its_path(
    client: httpx2.AsyncClient, metrics: Metrics
) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.get("/v1/clients/13812345678?phone=13812345678")
        await client.get("/nowhere/13812345678")
    assert [line["route"] for line in logs] == ["/v1/clients/{client_id}", "unmatched"]
    assert [line["outcome"] for line in logs] == ["ok", "refused"]
    text = metrics.render().decode()
    assert 'vip_http_requests_total{method="GET",route="/v1/clients/{client_id}",status="200"} 1.0' in text
    assert "13812345678" not in text + str(logs)


async def test_a_broken_handler_is_counted_as_failed(client: httpx2.AsyncClient, metrics: Metrics) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.get("/v1/broken")
    assert logs[-1]["outcome"] == "failed"
    assert "vip_http_in_flight 0.0" in metrics.render().decode()


@pytest.mark.parametrize("value", [None, "", "00-0-0-01", PARENT.upper(), "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_a_broken_traceparent_begins_a_new_trace(value: str | None) -> None:
    assert parse_traceparent(value) is None
    with span("work", parent=value) as here:
        assert current_traceparent() == here.traceparent
    assert current_traceparent() is None


def test_a_span_within_a_span_stays_in_its_trace() -> None:
    with span("outer") as outer, span("inner") as inner:
        assert inner.trace_id == outer.trace_id
        assert inner.span_id != outer.span_id


@pytest.mark.parametrize(
    "value",
    ["tel 13812345678", "+86 138 1234 5678", "id 11010119900307003X", "6222021234567890123", "a.b@example.com",
     "Bearer eyJhbGciOi.eyJzdWIi.c2ln", "postgresql://card:hunter2@db:5432/card"],
)  # fmt: skip
def test_values_shaped_like_personal_data_or_secrets_are_hidden_wherever_they_stand(value: str) -> None:
    shown = json.dumps(redact(None, "", {"event": value, "deep": [{"er": value}], "obj": ValueError(value)}))
    assert shown.count(REDACTED) == 3
    for part in ("13812345678", "1234 5678", "110101", "622202", "a.b", "eyJ", "hunter2"):
        assert part not in shown


def test_fields_named_like_personal_data_are_hidden_whatever_they_hold() -> None:
    assert redact(None, "", {"event": "x", "client": {"name": "王小明"}})["client"] == {"name": REDACTED}


@given(st.uuids(), st.integers(0, 99_999), st.datetimes())
def test_ids_numbers_and_times_survive_redaction(identifier: object, count: int, at: object) -> None:
    event = {"event": "done", "client_id": str(identifier), "count": count, "at": f"{at:%Y-%m-%dT%H:%M:%S}"}
    assert redact(None, "", dict(event)) == event


def test_of_an_exception_only_type_and_place_are_written() -> None:
    try:
        try:
            raise KeyError("王小明")
        except KeyError as cause:
            raise ValueError("13812345678") from cause
    except ValueError as raised:
        event = describe_exception(None, "", {"event": "x", "exc_info": raised})
    assert [link["type"] for link in event["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "王小明" not in str(event)
    assert "test_telemetry.py" in event["exception"][0]["at"][0]


def test_every_line_is_one_json_object_whoever_logs(logged_lines: pytest.CaptureFixture[str]) -> None:
    configure_logging("card-service", "INFO")
    with span("work") as here:
        structlog.get_logger("ours").info("said", phone="13812345678")
        logging.getLogger("theirs").warning("called %s", "13812345678")
        logging.getLogger("theirs").debug("not shown")
    ours, theirs = map(json.loads, logged_lines.readouterr().out.strip().splitlines())
    assert ours["phone"] == REDACTED
    assert theirs["event"] == f"called {REDACTED}"
    assert {line["trace_id"] for line in (ours, theirs)} == {here.trace_id}
    assert {line["service"] for line in (ours, theirs)} == {"card-service"}
