"""Three public books, imported through the public API and evaluated: whom the standards of CCB Art. 6 pick out.

The books are no part of the project; VIP_REAL_DATA names the folder where they are.
"""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from vip.client import Api
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD, find_person
from vip.places import project_root

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("VIP_REAL_DATA" not in os.environ, reason="VIP_REAL_DATA names no folder of public books"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A public book: its folder and files, the prefix of its client numbers, and what must come out."""

    profile: str
    folder: str
    files: tuple[str, ...]
    prefix: str
    clients: int
    met: dict[str, int]


BOOKS = (
    Book(
        profile="uci-bank-marketing",
        folder="uci_bank_marketing",
        files=("bank-full.csv.gz",),
        prefix="PT",
        clients=45_211,
        met={"deposit": 829},
    ),
    Book(
        profile="berka",
        folder="berka",
        files=("disp.asc", "client.asc", "account.asc", "loan.asc", "account_avg_balance_1997_1998.csv.gz"),
        prefix="CZ",
        clients=4_500,
        met={"deposit": 112, "loan": 85},
    ),
    Book(
        profile="taiwan-card-clients",
        folder="uci_credit_default",
        files=("credit_default.csv.gz",),
        prefix="TW",
        clients=30_000,
        met={"card_spend": 1_206},
    ),
)


async def take_in(api: Api, book: Book) -> dict[str, object]:
    folder = Path(os.environ["VIP_REAL_DATA"]) / book.folder
    profile = project_root() / "examples" / "mappings" / f"{book.profile}.toml"
    given = ImportFiles(profile=profile, files=[folder / name for name in book.files])
    started = await send_import(api, given, by=STEWARD)
    result: dict[str, object] = (await follow(api, started["operation_id"], by=STEWARD))["result"]
    return result


@pytest.fixture(scope="module")
async def met(api: Api) -> dict[str, Counter[str]]:
    """The books imported and everybody evaluated: criteria met, counted by the first two letters of the number."""
    for book in BOOKS:
        result = await take_in(api, book)
        assert (result["status"], result["clients_created"]) == ("applied", book.clients)
    started = await api.post("/v1/qualification-runs", {}, by=STEWARD)
    await follow(api, started["operation_id"], by=STEWARD)
    reader = await find_person(api, role="head_office_personal_banking", unit="hq")
    counted: dict[str, Counter[str]] = {book.prefix: Counter() for book in BOOKS}
    async for found in api.items("/v1/qualification-candidates", by=reader.subject, level="head_office", limit=200):
        prefix = str(found["client_no"])[:2]
        if prefix in counted:
            counted[prefix].update(found["criteria"])
    return counted


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-16")
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.profile)
async def test_the_standard_picks_out_as_many_clients_as_a_count_by_hand(
    met: dict[str, Counter[str]], book: Book
) -> None:
    assert met[book.prefix] == book.met


async def test_the_same_book_again_changes_nothing(met: dict[str, Counter[str]], api: Api) -> None:
    assert (await take_in(api, BOOKS[1]))["status"] == "unchanged"
