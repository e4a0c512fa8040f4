"""Checked rows sealed for the client they will become, and brought in by COPY."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.fields import FieldCipher

from client_registry.domain.contact_ways import contact_id
from client_registry.domain.identity_documents import IdentityType, index_form, last_four
from client_registry.domain.imports.rows import CheckedClient
from client_registry.domain.imports.standing import Standing
from client_registry.domain.names import search_tokens
from client_registry.store.clients import BIRTH, CONTACT, IDENTITY, LAST_FOUR, NAME, contact_index

COLUMNS = (
    "import_id",
    "row_no",
    "source_row",
    "client_id",
    "client_no",
    "customer_no",
    "known",
    "kind",
    "home_unit_id",
    "serving_unit_ids",
    "manager",
    "synthetic",
    "client_since_on",
    "name_sealed",
    "name_tokens",
    "identity_type",
    "identity_sealed",
    "identity_index",
    "identity_last_four_index",
    "birth_sealed",
    "birth_month_day",
    "sex",
    "contact_ways",
    "contact_sealed",
    "contact_indexes",
    "marketing",
    "events",
    "wished_interval",
    "deposit_averages",
    "asset_amounts",
    "card_spends",
    "loan_outstanding",
    "repayment_months",
    "overdue_days_max",
    "overdue_days_open",
    "service_tier",
    "asset_band",
    "asset_lower_bound",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToKeep:
    """A checked client with the id it has or will get."""

    client: CheckedClient
    client_id: UUID
    known: bool
    standing: Standing


async def add_rows(tx: Tx, import_id: UUID, rows: Iterable[RowToKeep], *, synthetic: bool) -> None:
    """Seal and COPY; nothing of it is plain personal data afterwards."""
    await tx.copy("client_import_rows", COLUMNS, [_record(tx, import_id, row, synthetic) for row in rows])


def _record(tx: Tx, import_id: UUID, row: RowToKeep, synthetic: bool) -> tuple[Any, ...]:
    client, amounts, standing, cipher = row.client, row.client.amounts, row.standing, tx.cipher
    sealed = _sealed(cipher, row.client_id, client)
    return (
        import_id,
        client.row_no,
        client.source_row,
        row.client_id,
        client.client_no,
        client.customer_no,
        row.known,
        client.kind,
        UUID(client.home_unit),
        [],
        client.manager,
        synthetic,
        client.client_since_on,
        sealed["name"],
        [cipher.index(NAME, token) for token in search_tokens(client.name)],
        client.identity_type,
        sealed["identity"],
        sealed["identity_index"],
        sealed["last_four_index"],
        sealed["birth"],
        None if client.birth_on is None else f"{client.birth_on:%m-%d}",
        client.sex,
        [way.value for way, _ in client.contacts],
        [cipher.seal(CONTACT, contact_id(row.client_id, way), value) for way, value in client.contacts],
        [contact_index(tx, way, value) for way, value in client.contacts],
        client.marketing,
        client.events,
        client.wished_interval,
        amounts.deposit,
        amounts.assets,
        amounts.card_spend,
        amounts.loan_outstanding,
        amounts.repayment_months,
        amounts.overdue_longest,
        amounts.overdue_open,
        standing.service_tier,
        standing.asset_band,
        standing.lower_bound,
    )


def _sealed(cipher: FieldCipher, client_id: UUID, client: CheckedClient) -> Mapping[str, bytes | None]:
    number = client.identity_number
    kind = None if client.identity_type is None else IdentityType(client.identity_type)
    return {
        "name": cipher.seal(NAME, client_id, client.name),
        "identity": cipher.seal(IDENTITY, client_id, number) if number is not None else None,
        "identity_index": cipher.index(IDENTITY, index_form(kind, number))
        if kind is not None and number is not None
        else None,
        "last_four_index": cipher.index(LAST_FOUR, last_four(number)) if number is not None else None,
        "birth": None if client.birth_on is None else cipher.seal(BIRTH, client_id, client.birth_on.isoformat()),
    }
