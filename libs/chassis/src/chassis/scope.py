"""What a caller may see, as a SQL predicate: lists and single reads are filtered by the database, never afterwards."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement

from chassis.frame_tables import FRAME
from chassis.identity import Principal
from chassis.policy import Policy

EVERYWHERE = "/%"
_STAND_INS = FRAME.stand_ins


@dataclass(frozen=True)
class Scope:
    """The places (LIKE patterns such as `/hq/bj/%`), the subject whose own records count, and the client who asks.

    `now` opens the own records of those for whom the subject stands in at that moment; without it nobody's.
    """

    paths: list[str] = field(default_factory=list)
    own: str | None = None
    client_id: UUID | None = None
    now: datetime | None = None

    def params(self) -> dict[str, Any]:
        """Values for the four binds of `visible`."""
        return {
            "scope_paths": self.paths,
            "scope_own": self.own,
            "scope_client": self.client_id,
            "scope_now": self.now,
        }

    def covers(self, unit_path: str) -> bool:
        """Whether a place lies within the caller's places; the same rule as the SQL predicate's first part."""
        # The patterns are escaped for LIKE, so the path is too before the two are compared.
        return any(_escaped(unit_path).startswith(pattern.removesuffix("%")) for pattern in self.paths)


def scope_of(principal: Principal, policy: Policy, now: datetime) -> Scope:
    """The scope `policy` gives this caller. Raises what `Policy.check` raises."""
    grants = policy.check(principal, now)
    if policy.admits_system(principal) or (policy.nationwide and grants):
        return Scope([EVERYWHERE], principal.subject, principal.client_id, now)
    paths = sorted({f"{_escaped(grant.unit_path)}%" for grant in grants if grant.reach == "unit"})
    return Scope(paths, principal.subject, principal.client_id, now)


def visible(
    *,
    unit_path: ColumnElement[Any],
    owner: ColumnElement[Any] | None = None,
    client_id: ColumnElement[Any] | None = None,
    serving_paths: ColumnElement[Any] | None = None,
) -> ColumnElement[bool]:
    """True for rows the caller may see; binds `scope_paths`, `scope_own`, `scope_client`, `scope_now` (`Scope.params`).

    `unit_path` is the row's organisation path; `serving_paths` a text array of further paths (CS-10, 11); `owner` the
    staff subject who keeps it, or the absent person for whom the caller stands in; `client_id` the client it is about.
    What is not visible answers like what is not there.
    """
    paths = sa.bindparam("scope_paths", type_=ARRAY(sa.Text()))
    ways: list[ColumnElement[bool]] = [unit_path.like(sa.any_(paths))]
    if serving_paths is not None:
        serving = sa.func.unnest(serving_paths).column_valued("serving_path")
        ways.append(sa.exists(sa.select(1).where(serving.like(sa.any_(paths)))))
    ways.append(_is_mine(owner, sa.bindparam("scope_own", type_=sa.Text())))
    ways.append(_is_of_the_absent(owner))
    ways.append(_is_mine(client_id, sa.bindparam("scope_client", type_=sa.Uuid())))
    return sa.or_(*ways)


def _is_mine(column: ColumnElement[Any] | None, mine: ColumnElement[Any]) -> ColumnElement[bool]:
    # Without a column the bind stays in the statement, so that every statement takes the same three parameters.
    if column is None:
        return sa.and_(sa.literal_column("FALSE", sa.Boolean()), mine.is_not(None))
    return column == mine


def _is_of_the_absent(owner: ColumnElement[Any] | None) -> ColumnElement[bool]:
    """What an absent colleague keeps, while the caller stands in for him in a role that reaches his own."""
    now = sa.bindparam("scope_now", type_=sa.DateTime(timezone=True))
    if owner is None:
        return sa.and_(sa.literal_column("FALSE", sa.Boolean()), now.is_not(None))
    absent = sa.select(_STAND_INS.c.absent).where(
        _STAND_INS.c.stand_in == sa.bindparam("scope_own", type_=sa.Text()),
        _STAND_INS.c.reach == sa.literal_column("'own'", sa.Text()),
        _STAND_INS.c.from_at <= now,
        _STAND_INS.c.until_at > now,
    )
    # An array asked for once a statement, so that an index on the owner still serves.
    return owner == sa.any_(sa.func.array(absent.scalar_subquery(), type_=ARRAY(sa.Text())))


def _escaped(path: str) -> str:
    """A path as the literal start of a LIKE pattern: unit codes may hold an underscore."""
    return path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
