"""Internal tokens for callers: 30 seconds for one service, used again for at most ten."""

import time
from collections.abc import Callable

from chassis.identity import Principal, system
from chassis.tokens import GATEWAY, mint
from joserfc.jwk import OKPKey

from gateway.remembered import Remembered

REUSE_S = 10
_MOST = 20_000


class Passes:
    """Mints with the gateway's own key. A pass is used again only while the caller's grants are the same."""

    def __init__(self, key: OKPKey, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._held: Remembered[tuple[str, str], tuple[Principal, str]] = Remembered(most=_MOST, monotonic=monotonic)

    def for_service(self, principal: Principal, service: str) -> str:
        """The token that carries this caller to one service."""
        key = (principal.subject, service)
        held = self._held.get(key)
        if held is not None and (held[0] is principal or held[0] == principal):
            return held[1]
        token = mint(self._key, principal, audience=service, issuer=GATEWAY)
        self._held.put(key, (principal, token), for_s=REUSE_S)
        return token

    def for_ourselves(self, service: str) -> str:
        """The token with which the gateway asks for itself, who somebody is."""
        return self.for_service(system(GATEWAY), service)
