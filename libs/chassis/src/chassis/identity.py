"""Who is calling, and with which rights at which place: the shapes every service decides on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Reach = Literal["own", "unit"]


@dataclass(frozen=True, slots=True)
class Grant:
    """One role at one place. `unit_path` is like `/hq/bj/bj-01/`, head office is `/hq/`; roles and places never part.

    `reach` is `own` (what the person keeps) or `unit` (the place and all below); `until` ends a delegation.
    """

    role: str
    unit_path: str
    reach: Reach
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: `staff:<staff_no>`, `client:<uuid>` or `system:<service>`, the grants, and the service calling
    on the caller's behalf (`actor`), if any."""

    subject: str
    grants: tuple[Grant, ...] = ()
    actor: str | None = None

    @property
    def kind(self) -> str:
        """`staff`, `client` or `system`."""
        return self.subject.partition(":")[0]

    @property
    def client_id(self) -> UUID | None:
        """The client this caller is, for a client; None for anyone else."""
        kind, _, name = self.subject.partition(":")
        return UUID(name) if kind == "client" else None

    @property
    def system(self) -> str | None:
        """The service that makes this call, for itself or for somebody; None where the gateway passes a person on."""
        kind, _, name = self.subject.partition(":")
        return name if kind == "system" else self.actor

    def at(self, now: datetime) -> "Principal":
        """The same caller with only the grants that have not ended at `now`."""
        if all(grant.until is None or grant.until > now for grant in self.grants):
            return self
        live = tuple(grant for grant in self.grants if grant.until is None or grant.until > now)
        return Principal(self.subject, live, self.actor)

    def roles(self) -> frozenset[str]:
        """The roles of all grants."""
        return frozenset(grant.role for grant in self.grants)


def system(service: str) -> Principal:
    """The principal of a service that acts for itself: a listener, a job, the gateway asking who someone is."""
    return Principal(subject=f"system:{service}")
