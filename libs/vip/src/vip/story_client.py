"""The client of the story: invented anew each time, so that the story can be played again and again."""

import csv
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from vip.example import identities
from vip.example.book import HEADER, MONTHS

# Above the places of the example book's clients, so that no resident number is given twice.
FIRST_ORDINAL = 60_000
ORDINALS = 30_000
AREA = "110105"
FIRST_PHONE = 90_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryClient:
    """Somebody with 8.6 million yuan and 12 good months: head-office level by deposits, private banking by assets."""

    client_no: str
    name: str
    sex: str
    birth_on: date
    identity_number: str
    mobile: str

    def as_row(self) -> dict[str, str]:
        """What the client can say of himself on the phone."""
        return {"name": self.name, "identity_number": self.identity_number, "mobile": self.mobile}

    def row(self, *, home_unit: str, manager_no: str, today: date) -> dict[str, str]:
        """The client as a row of a book."""
        months = {f"deposit_{month:02d}": f"{580_000 + month * 8_000}.00" for month in range(1, MONTHS + 1)}
        given = {
            "client_no": self.client_no,
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_on.isoformat(),
            "identity_type": "resident_id",
            "identity_number": self.identity_number,
            "mobile": self.mobile,
            "client_since": (today - timedelta(days=5 * 365)).isoformat(),
            "home_unit": home_unit,
            "manager": manager_no,
            "marketing": "yes",
            "events": "yes",
            "assets": "8600000.00",
            "card_spend": "46800.00",
            **months,
        }
        return {name: given.get(name, "") for name in HEADER}


def invent(today: date) -> StoryClient:
    """Another client."""
    ordinal = FIRST_ORDINAL + secrets.randbelow(ORDINALS)
    sex = secrets.choice(("female", "male"))
    birth = identities.birth_date(ordinal, AREA, 46, today)
    return StoryClient(
        client_no=f"VD{ordinal:08d}",
        name=identities.name(Random(ordinal), sex),  # noqa: S311 - an invented name
        sex=sex,
        birth_on=birth,
        identity_number=identities.resident_number(ordinal, AREA, birth, sex),
        mobile=identities.mobile(FIRST_PHONE + ordinal),
    )


def write_book(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """A book of these clients."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADER)
        writer.writeheader()
        writer.writerows(rows)
