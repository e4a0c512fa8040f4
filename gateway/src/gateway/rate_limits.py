"""How much one caller may ask for: a sliding minute, said in `RateLimit` and `RateLimit-Policy`."""

import math
import time
from dataclasses import dataclass

import structlog
from chassis.refusals import TooManyRequests
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from prometheus_client import CollectorRegistry, Counter

log = structlog.get_logger("limits")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One policy by its name on the wire."""

    name: str
    item: RateLimitItem

    @property
    def policy(self) -> bytes:
        """The `RateLimit-Policy` field."""
        return f'"{self.name}";q={self.item.amount};w={self.item.get_expiry()}'.encode()


class UsedUp(TooManyRequests):
    """The allowance of this minute is used up; `fields` are the answer's header fields."""

    def __init__(self, retry_after_s: int, fields: list[tuple[bytes, bytes]]) -> None:
        self.fields = fields
        super().__init__(retry_after_s=retry_after_s)


class RateLimits:
    """Counts by caller. With a shared store all gateways count together; while that is away each lets through."""

    def __init__(
        self,
        *,
        per_minute: int,
        recognitions: int,
        refused_tokens: int,
        storage: str = "async+memory://",
        registry: CollectorRegistry,
    ) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(storage_from_string(storage))
        self.calls = Allowance("calls", RateLimitItemPerMinute(per_minute))
        self.recognitions = Allowance("recognitions", RateLimitItemPerMinute(recognitions))
        self._refused_tokens = Allowance("refused-tokens", RateLimitItemPerMinute(refused_tokens))
        self._refused = Counter("vip_rate_limited", "Requests over an allowance", ["policy"], registry=registry)

    async def take(self, allowance: Allowance, caller: str) -> list[tuple[bytes, bytes]]:
        """Takes one from the caller's allowance: the answer's fields. Raises `UsedUp`."""
        try:
            within = await self._limiter.hit(allowance.item, allowance.name, caller)
            stats = await self._limiter.get_window_stats(allowance.item, allowance.name, caller)
        except (StorageError, OSError) as away:
            log.error("the store of the limits is away; everybody is let through", reason=type(away).__name__)
            return []
        left_s = max(1, math.ceil(stats.reset_time - time.time()))
        now = f'"{allowance.name}";r={max(0, stats.remaining)};t={left_s}'.encode()
        fields = [(b"ratelimit-policy", allowance.policy), (b"ratelimit", now)]
        if not within:
            self._refused.labels(allowance.name).inc()
            raise UsedUp(left_s, fields)
        return fields

    async def token_refused(self, address: str) -> None:
        """One bad token more from an address. Raises `UsedUp`: checking signatures for nothing is costly."""
        await self.take(self._refused_tokens, address)
