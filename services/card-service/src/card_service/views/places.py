"""Where a client is kept and served, as SQL: home and serving units all give scope (CS-10, CS-11)."""

from typing import Any

import sqlalchemy as sa
from chassis.scope import visible
from sqlalchemy.sql.elements import ColumnElement

from card_service.tables import clients, org_units

home = org_units.alias("home")


def of_client(*, unit_path: ColumnElement[Any], client_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Visible by the row's own unit, by any unit of its client, to his manager and to himself.

    The statement must join `clients` (as itself) and `home`, both outer where there may be no client.
    """
    serving = org_units.alias("serving")
    paths = sa.func.array(
        sa.select(serving.c.path)
        .where(serving.c.id == sa.any_(clients.c.serving_unit_ids))
        .correlate(clients)
        .scalar_subquery(),
        type_=sa.ARRAY(sa.Text),
    )
    return visible(
        unit_path=unit_path,
        owner=clients.c.manager,
        client_id=client_id,
        serving_paths=sa.func.array_append(paths, home.c.path, type_=sa.ARRAY(sa.Text)),
    )
