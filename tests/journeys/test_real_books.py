"""Three public books, imported through the public API and evaluated: whom the standards of CCB Art. 6 pick out.

The books are no part of the project; VIP_REAL_DATA names the folder where they are.
"""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from vip.client import Api
from vip.happenings import Listening
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import OPERATOR, STEWARD, find_person, list_people
from vip.places import SERVICES, project_root
from vip.story import Place, Story
from vip.story_client import StoryClient
from vip.telling import Teller

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
    refused_for_repayment: int = 0


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
        refused_for_repayment=16,
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


@dataclass(slots=True)
class Evaluated:
    """What the standards picked out: criteria met by book, and the candidates, by the first two letters of the number."""

    met: dict[str, Counter[str]]
    candidates: dict[str, list[str]]
    refused: dict[str, int]


async def all_heard(house: House) -> None:
    """Until every service has told what it had to tell: the story waits for its own events only so long."""
    for module in SERVICES.values():
        connection = await asyncpg.connect(house.admin.url_for(module))
        try:
            while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"):
                await asyncio.sleep(0.5)
        finally:
            await connection.close()


_REFUSED = """
    SELECT left(c.client_no, 2), count(DISTINCT c.id)
    FROM qualification_decisions d JOIN clients c ON c.id = d.client_id, jsonb_array_elements(d.outcomes) AS o(outcome)
    WHERE o.outcome ->> 'code' = 'head-office-standard' AND o.outcome -> 'reasons' @> '["repayment-not-clean"]' GROUP BY 1
"""


async def refused_by_book(house: House) -> dict[str, int]:
    """Who owes enough for head office and has not repaid well, by the first two letters of the number."""
    connection = await asyncpg.connect(house.admin.url_for("client_registry"))
    try:
        return {prefix: count for prefix, count in await connection.fetch(_REFUSED)}
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def evaluated(house: House, api: Api) -> Evaluated:
    """The books imported, everybody evaluated, and all of it told."""
    for book in BOOKS:
        result = await take_in(api, book)
        assert (result["status"], result["clients_created"], result["rows_invalid"]) == ("applied", book.clients, 0)
    started = await api.post("/v1/qualification-runs", {}, by=STEWARD)
    await follow(api, started["operation_id"], by=STEWARD)
    await all_heard(house)
    reader = await find_person(api, role="head_office_personal_banking", unit="hq")
    found_out = Evaluated(
        {book.prefix: Counter() for book in BOOKS}, {book.prefix: [] for book in BOOKS}, await refused_by_book(house)
    )
    async for found in api.items("/v1/qualification-candidates", by=reader.subject, level="head_office", limit=200):
        prefix = str(found["client_no"])[:2]
        if prefix in found_out.met:
            found_out.met[prefix].update(found["criteria"])
            found_out.candidates[prefix].append(str(found["client_id"]))
    return found_out


@pytest.mark.requirement("CR-7", "CR-8", "CR-9", "CR-16")
@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.profile)
async def test_the_standard_picks_out_as_many_clients_as_a_count_by_hand(evaluated: Evaluated, book: Book) -> None:
    assert evaluated.met[book.prefix] == book.met
    assert evaluated.refused.get(book.prefix, 0) == book.refused_for_repayment


async def place_of(api: Api, home_unit_id: str) -> Place:
    """The branches above a wealth centre, and an outlet in its second-level branch."""
    units = {unit["id"]: unit async for unit in api.items("/v1/units", by=OPERATOR, limit=200)}
    above = {"wealth_centre": units[home_unit_id]}
    unit = units[home_unit_id]
    while unit["parent_id"]:
        unit = units[unit["parent_id"]]
        above.setdefault(unit["kind"], unit)
    second = above["second_level_branch"]
    outlet = next(
        unit for unit in units.values() if unit["kind"] == "outlet" and unit["path"].startswith(second["path"])
    )
    return Place(
        branch=above["first_level_branch"]["code"],
        second_level=second["code"],
        centre=above["wealth_centre"]["code"],
        outlet=outlet["code"],
    )


async def known_client(api: Api, client_id: str) -> tuple[StoryClient, str, str]:
    """What the client himself knows, read unmasked for a purpose; the unit that keeps his file; his manager."""
    seen = await api.get(f"/v1/clients/{client_id}", by=STEWARD, unmasked=True, purpose="client_service")
    mobile = next(way["value"] for way in seen["contacts"] if way["way"] == "mobile")
    who = StoryClient(
        client_no=seen["client_no"],
        name=seen["name"],
        sex=seen["sex"],
        birth_on=date.fromisoformat(seen["birth_on"]),
        identity_number=seen["identity_number"],
        mobile=mobile,
    )
    return who, seen["home_unit"]["id"], seen["manager"]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.profile)
async def test_the_story_goes_on_for_a_client_of_the_book(
    evaluated: Evaluated, api: Api, listening: Listening, book: Book
) -> None:
    client_id = evaluated.candidates[book.prefix][0]
    who, home_unit_id, manager = await known_client(api, client_id)
    place = await place_of(api, home_unit_id)
    people = [person async for person in list_people(api, role="relationship_manager", unit=place.centre)]
    own_manager = next(person for person in people if person.subject == manager)
    story = Story(api, listening, Teller(as_json=True), place=place)
    told = await story.play_on(client_id, who, own_manager)
    events = [event for step in told["steps"] for event in step["events"]]
    for once in ("ClientEnrolled", "CardIssued", "ComplaintOpened", "ComplaintAssigned"):
        assert events.count(once) == 1


async def test_the_same_book_again_changes_nothing(evaluated: Evaluated, api: Api) -> None:
    assert (await take_in(api, BOOKS[1]))["status"] == "unchanged"
