"""What a process counts, in Prometheus form. One `Metrics` per process, rendered at its internal `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures that have alerts: requests, outbox, lag, dead letters, lateness of due work, unsealed audit rows."""

    def __init__(self, service: str) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.build = Gauge("vip_process", "1 while the process lives", ["service"], registry=registry)
        self.build.labels(service).set(1)
        self.requests = Counter(
            "vip_http_requests", "Answered requests", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "vip_http_request_seconds",
            "Time to the whole answer",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        # Counted in a plain number and read when somebody looks: a gauge's lock twice a request is not free.
        self.in_flight = 0
        in_flight = Gauge("vip_http_in_flight", "Requests being answered", registry=registry)
        in_flight.set_function(lambda: self.in_flight)
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.outbox_depth = Gauge("vip_outbox_depth", "Rows not yet published", registry=registry)
        self.outbox_age_seconds = Gauge(
            "vip_outbox_age_seconds", "Age of the oldest unpublished row", registry=registry
        )
        self.published = Counter(
            "vip_events_published", "Events acknowledged by the broker", ["type"], registry=registry
        )
        self.heard = Counter(
            "vip_events_heard", "Events by what became of them", ["type", "outcome"], registry=registry
        )
        self.consumer_lag = Gauge("vip_consumer_lag", "Events not yet read", ["topic", "partition"], registry=registry)
        self.dead_letters = Gauge("vip_dead_letters", "Dead or parked events", ["state"], registry=registry)
        self.due_lateness_seconds = Gauge(
            "vip_due_lateness_seconds", "How late the oldest due row is", ["kind"], registry=registry
        )
        self.audit_unsealed = Gauge("vip_audit_unsealed", "Audit rows waiting for the sealer", registry=registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request under its route's template, never its path: a path may name a client."""
        key = (method, route, status)
        counted = self._counted.get(key)
        if counted is None:
            counted = self.requests.labels(method, route, str(status)), self.request_seconds.labels(method, route)
            self._counted[key] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def render(self) -> bytes:
        """All figures in the text form that Prometheus reads."""
        return generate_latest(self.registry)
