"""Facts written down in the business transaction; the relay sends them after the commit, in order."""

import sqlalchemy as sa

from chassis.db import Tx
from chassis.events import Fact, event_type
from chassis.json_values import dumps
from chassis.query import prepare
from chassis.tracing import current_traceparent

# The rows are numbered in the order in which the facts were said; `data` travels as text because an array of jsonb
# would be encoded value by value anyway.
_ADD = prepare(
    sa.text(
        """
        INSERT INTO outbox (type, schema_version, topic, key, aggregate, aggregate_id, aggregate_version,
                            occurred_at, data, traceparent)
        SELECT f.type, f.schema_version, f.topic, f.key, f.aggregate, f.aggregate_id, f.aggregate_version,
               f.occurred_at, CAST(f.data AS jsonb), CAST(:traceparent AS text)
        FROM unnest(CAST(:types AS text[]), CAST(:schema_versions AS int[]), CAST(:topics AS text[]),
                    CAST(:keys AS text[]), CAST(:aggregates AS text[]), CAST(:aggregate_ids AS text[]),
                    CAST(:versions AS bigint[]), CAST(:occurred AS timestamptz[]), CAST(:data AS text[]))
             WITH ORDINALITY
             AS f(type, schema_version, topic, key, aggregate, aggregate_id, aggregate_version, occurred_at, data, n)
        ORDER BY f.n
        """
    )
)


async def add(tx: Tx, *facts: Fact) -> None:
    """Say these facts when the transaction commits, in this order; many at once are one statement.

    Lock the aggregate's row first: then the outbox order is the order of that aggregate.
    """
    if not facts:
        return
    await tx.execute(
        _ADD,
        types=[event_type(fact) for fact in facts],
        schema_versions=[fact.schema_version for fact in facts],
        topics=[fact.topic for fact in facts],
        keys=[fact.partition_key() for fact in facts],
        aggregates=[fact.aggregate for fact in facts],
        aggregate_ids=[fact.aggregate_key() for fact in facts],
        versions=[fact.version for fact in facts],
        occurred=[fact.at for fact in facts],
        data=[dumps(fact.data()) for fact in facts],
        traceparent=current_traceparent(),
    )
