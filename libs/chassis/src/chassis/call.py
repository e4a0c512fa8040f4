"""The one thing an endpoint is handed: who calls, when, in which language, and the transaction to work in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from chassis.db import Tx
from chassis.identity import Principal
from chassis.policy import Policy
from chassis.runtime import Runtime
from chassis.scope import Scope
from chassis.texts import Language

CALL_IN_SCOPE = "chassis.call"


class NotBegun(Exception):
    """An endpoint declared `late` touched the database before `await call.begin()`."""


@dataclass(slots=True)
class CallContext:
    """One request, admitted: the caller is known and the route's policy let it in.

    `scope` goes into every read (`**call.scope.params()`); `now` is the only clock; `app` holds peers and settings.
    """

    principal: Principal
    policy: Policy
    scope: Scope
    now: datetime
    language: Language
    trace_id: str
    app: Runtime
    request: Request
    opening: Callable[[], Awaitable[Tx]]
    _tx: Tx | None = field(default=None, repr=False)

    @property
    def tx(self) -> Tx:
        """The transaction of a POST, PUT, PATCH or DELETE, a plain connection of a GET. It commits after the endpoint
        returned and before the answer leaves; a raised refusal undoes everything."""
        if self._tx is None:
            raise NotBegun("say operation(..., late=False), or await call.begin() first")
        return self._tx

    async def begin(self) -> Tx:
        """Opens the transaction and claims the idempotency key; only for operations declared `late`, once the fresh
        answers of others are in. Again gives the same one."""
        if self._tx is None:
            self._tx = await self.opening()
        return self._tx


async def _current(request: Request) -> CallContext:
    call: CallContext = request.scope[CALL_IN_SCOPE]
    return call


Call = Annotated[CallContext, Depends(_current)]
