"""Imports of the organisation as they are asked for."""

from uuid import UUID

import sqlalchemy as sa
from chassis.db import Record, Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope, visible

from client_registry.tables.organisation_imports import organisation_imports

_GET = prepare(
    sa.select(organisation_imports).where(
        organisation_imports.c.id == sa.bindparam("import_id"),
        visible(unit_path=organisation_imports.c.unit_path, owner=organisation_imports.c.started_by),
    )
)


async def get_import(tx: Tx, import_id: UUID, *, scope: Scope) -> Record:
    """Raises NotFound for an import of another place."""
    row = await tx.fetchrow(_GET, import_id=import_id, **scope.params())
    if row is None:
        raise NotFound()
    return row
