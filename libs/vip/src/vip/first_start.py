"""What happens on the first start only: the example organisation, its book of clients, one story.

Every step is written down when it is finished, and the uploads carry a key that is written down before they are sent:
a first start that was cut short is taken up where it stopped, and nothing is imported twice.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from vip.client import Api
from vip.example.book import write_book
from vip.example.organisation import write_organisation
from vip.happenings import Listening
from vip.house import House
from vip.importing import ImportFiles, follow, send_import
from vip.people import STEWARD
from vip.places import GATEWAY, ISSUER, project_root
from vip.processes import LaunchProblem
from vip.story import Story
from vip.telling import Teller

SEED = 2026
SHANGHAI = ZoneInfo("Asia/Shanghai")


def book_profile() -> Path:
    """The mapping profile of the example book."""
    return project_root() / "examples" / "mappings" / "example-book.toml"


def organisation_file(home: Path, clients: int) -> Path:
    """The example organisation, written once; a draft that was cut short is written again."""
    path = home / "example" / "organisation.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        write_organisation(draft, clients=clients)
        draft.replace(path)
    return path


def book_file(home: Path, clients: int) -> Path:
    """The example book, written once: the same file is uploaded again after an interruption."""
    path = home / "example" / "book.csv.gz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("draft.csv.gz")
        write_book(draft, clients=clients, seed=SEED, today=datetime.now(UTC).astimezone(SHANGHAI).date())
        draft.replace(path)
    return path


async def fill(house: House, teller: Teller, *, clients: int) -> None:
    """The book, the first evaluation of everybody, the story: whatever of it is not done yet."""
    ports = house.ports
    async with Api(ports.url(GATEWAY), ports.url(ISSUER)) as api:
        if not house.state.is_done("book"):
            await import_book(house, api, teller, clients=clients)
            house.state.done("book")
        if not house.state.is_done("evaluated"):
            await evaluate(api, teller)
            house.state.done("evaluated")
        if not house.state.is_done("story"):
            async with Listening(house.bootstrap) as listening:
                await Story(api, listening, teller).play()
            house.state.done("story")


async def import_book(house: House, api: Api, teller: Teller, *, clients: int) -> None:
    """Imports the example book as the data steward would."""
    key = house.state.get("book_key")
    if key is None:
        key = str(uuid4())
        house.state.set("book_key", key)
    given = ImportFiles(profile=book_profile(), files=[book_file(house.home, clients)])
    started = await send_import(api, given, by=STEWARD, key=key)
    try:
        with teller.bar(f"Importing {clients:,} example clients") as bar:
            await follow(api, started["operation_id"], by=STEWARD, said=bar.at)
    except LaunchProblem:
        # What failed for good is sent under a new key next time.
        house.state.set("book_key", None)
        raise


async def evaluate(api: Api, teller: Teller) -> None:
    """Evaluates everybody once, so that tiers and candidates are there."""
    started = await api.post("/v1/qualification-runs", {}, by=STEWARD)
    with teller.bar("Evaluating all clients") as bar:
        await follow(api, started["operation_id"], by=STEWARD, said=bar.at)
