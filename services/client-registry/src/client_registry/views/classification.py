"""The classes of a client as they are answered."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from chassis.db import Tx
from chassis.query import prepare
from chassis.refusals import NotFound
from chassis.scope import Scope
from chassis.texts import Text

from client_registry.tables.classification import client_classifications
from client_registry.views.clients import require_visible

_GET = prepare(sa.select(client_classifications).where(client_classifications.c.client_id == sa.bindparam("client_id")))


class NotClassified(NotFound):
    """Nothing was decided over the client yet."""

    code = "classification.not-yet"
    text = Text(en="The client has not been classified yet.", zh="该客户尚未分类。")


async def classification_of(tx: Tx, client_id: UUID, *, scope: Scope) -> dict[str, Any]:
    """Where the client stands and why. NotFound outside the scope, NotClassified before the first run."""
    await require_visible(tx, client_id, scope=scope)
    row = await tx.fetchrow(_GET, client_id=client_id)
    if row is None:
        raise NotClassified()
    return dict(row)
