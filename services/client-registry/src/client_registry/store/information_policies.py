"""Information policies in PostgreSQL: versions are added, never changed; the highest one counts."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from sqlalchemy.dialects.postgresql import insert

from client_registry.domain.information_policy import InformationPolicy, read_information_policy
from client_registry.domain.reference_data import ReferenceRefused
from client_registry.tables.registration_forms import information_policies

_ADD = prepare(
    insert(information_policies)
    .values({column.name: sa.bindparam(column.name) for column in information_policies.c})
    .on_conflict_do_nothing(index_elements=[information_policies.c.version])
)
_CURRENT = prepare(sa.select(information_policies.c.content).order_by(information_policies.c.version.desc()).limit(1))


async def add_version(tx: Tx, policy: InformationPolicy, given: Mapping[str, Any]) -> int:
    """1 where the version was new, else 0."""
    return await tx.execute(
        _ADD, version=policy.version, valid_from=policy.valid_from, article=policy.article, content=dict(given)
    )


async def current(tx: Tx) -> InformationPolicy:
    """The policy that counts. Raises ReferenceRefused where none was ever loaded."""
    content = await tx.fetchval(_CURRENT)
    if content is None:
        raise ReferenceRefused(reason="no information policy is loaded")
    return read_information_policy(content)
