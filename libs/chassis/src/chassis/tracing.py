"""One id for one story: the W3C trace context, carried over HTTP, events and logs.

Ids are made here whether or not spans are exported, so a log line and an answer always name their trace. Where an OTLP
endpoint is set, OpenTelemetry records the spans under the same ids.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where we are in a trace: 32 and 16 hexadecimal digits, and the flags of the header."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        """The header's value, for the next call and for the outbox row."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> Self:
        """The same trace, a new span."""
        return type(self)(self.trace_id, os.urandom(8).hex(), self.flags)


def parse_traceparent(value: str | None) -> TraceContext | None:
    """The context of a `traceparent`; None for anything that is not exactly one (zeros are not)."""
    match = _TRACEPARENT.fullmatch(value) if value else None
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return None
    return TraceContext(match[1], match[2], match[3])


class _Here(trace.NonRecordingSpan):
    """Our place in OpenTelemetry's context, with the ids already written out."""

    def __init__(self, here: TraceContext) -> None:
        flags = trace.TraceFlags(int(here.flags, 16))
        super().__init__(trace.SpanContext(int(here.trace_id, 16), int(here.span_id, 16), True, flags))
        self.here = here


def current_trace() -> TraceContext | None:
    """Where we are now, or None outside any span. OpenTelemetry's own context holds it, so libraries agree with us."""
    current = trace.get_current_span()
    if isinstance(current, _Here):
        return current.here
    ids = current.get_span_context()
    if not ids.is_valid:
        return None
    return TraceContext(f"{ids.trace_id:032x}", f"{ids.span_id:016x}", f"{ids.trace_flags:02x}")


def current_trace_id() -> str | None:
    """The trace id of what is being done now, or None outside any span."""
    here = current_trace()
    return here.trace_id if here else None


def current_traceparent() -> str | None:
    """The `traceparent` to pass on, or None outside any span."""
    here = current_trace()
    return here.traceparent if here else None


@contextmanager
def span(
    name: str, *, parent: str | None = None, kind: trace.SpanKind = trace.SpanKind.INTERNAL
) -> Iterator[TraceContext]:
    """A step of the story. Continues `parent` (a traceparent) or what is current, otherwise begins a trace."""
    above = parse_traceparent(parent) or current_trace()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        here = above.child() if above else TraceContext(os.urandom(16).hex(), os.urandom(8).hex())
        token = otel_context.attach(_within(here))
        try:
            yield here
        finally:
            otel_context.detach(token)
        return
    # The exception's text may hold a value of a row: only that it failed is recorded.
    with provider.get_tracer("chassis").start_as_current_span(
        name,
        context=_within(above) if above else None,
        kind=kind,
        record_exception=False,
        set_status_on_exception=False,
    ) as recorded:
        ids = recorded.get_span_context()
        try:
            yield TraceContext(f"{ids.trace_id:032x}", f"{ids.span_id:016x}", f"{ids.trace_flags:02x}")
        except BaseException:
            recorded.set_status(trace.StatusCode.ERROR)
            raise


def _within(context: TraceContext) -> otel_context.Context:
    return trace.set_span_in_context(_Here(context))


def configure_tracing(
    service: str, endpoint: str | None, *, exporter: SpanExporter | None = None
) -> TracerProvider | None:
    """Begins to export spans by OTLP over HTTP; without endpoint nothing is recorded. Close with `shutdown()`."""
    if endpoint is None and exporter is None:
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    chosen = exporter or OTLPSpanExporter(endpoint=f"{str(endpoint).rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(chosen))
    trace.set_tracer_provider(provider)
    return provider
