"""The book: a stream of invented clients as CSV, any number of them, the same for the same seed."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TextIO

from vip.example import identities
from vip.example.figures import Figures, read_figures
from vip.example.organisation import centre_code, organisation
from vip.example.places import BRANCHES, Branch

MONTHS = 12
HEADER = (
    "client_no", "name", "sex", "birth_date", "identity_type", "identity_number", "mobile", "home_phone", "email",
    "client_since", "home_unit", "manager", "marketing", "events", "wished_interval",
    *(f"deposit_{month:02d}" for month in range(1, MONTHS + 1)), "assets", "card_spend",
    "loan_outstanding", "overdue_longest", "overdue_open",
)  # fmt: skip
# Where the clients live: Beijing keeps four parts of forty-one, each other branch one.
_HEAVY = 4
_INTERVALS = ("monthly", "quarterly", "half_yearly", "yearly", "any_time")
_DAYS_LATE = (3, 12, 35, 62, 95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in the round in which clients are dealt to branches: the branch, and which of its places."""

    branch: Branch
    place: int | None


SLOTS = tuple(
    slot
    for branch in BRANCHES
    for slot in (
        [Slot(branch=branch, place=place) for place in range(_HEAVY)]
        if len(branch.places) == _HEAVY
        else [Slot(branch=branch, place=None)]
    )
)


def write_book(
    file: Path, *, clients: int, seed: int, today: date, said: Callable[[int], None] = lambda done: None
) -> None:
    """Write the book as CSV (UTF-8), compressed where the name ends in `.gz`. `said` hears how many are written."""
    with _opened(file) as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number, row in enumerate(book(clients=clients, seed=seed, today=today), start=1):
            writer.writerow(row)
            if number % 5_000 == 0 or number == clients:
                said(number)


def book(*, clients: int, seed: int, today: date, figures: Figures | None = None) -> Iterator[tuple[str, ...]]:
    """Rows in the order of `HEADER`, one after another. A client does not change when the book grows."""
    drawn_from = figures or read_figures()
    managers = organisation(clients).managers
    for number in range(clients):
        yield _client(number, Random(f"{seed}:{number}"), drawn_from, managers, today)  # noqa: S311 - invented people


def _client(
    number: int, chance: Random, figures: Figures, managers: dict[str, list[str]], today: date
) -> tuple[str, ...]:
    ordinal, position = divmod(number, len(SLOTS))
    slot = SLOTS[position]
    places = slot.branch.places
    place = ordinal % len(places) if slot.place is None else slot.place
    centre = centre_code(slot.branch, place)
    sex = "female" if chance.random() < figures.women else "male"
    birth = identities.birth_date(ordinal, places[place].area, int(figures.age.at(chance.random())), today)
    since = today - timedelta(days=int(figures.months_with_bank.at(chance.random()) * 30.44))
    deposits = _months(figures, chance)
    consents = chance.random() < figures.contact
    wished = chance.choice(_INTERVALS) if chance.random() < 0.4 else ""
    phone = identities.mobile(number)
    return (
        f"VC{number + 1:08d}",
        identities.name(chance, sex),
        sex,
        birth.isoformat(),
        "resident_id",
        identities.resident_number(ordinal, places[place].area, birth, sex),
        phone,
        f"010{60_000_000 + number % 10_000_000:08d}" if chance.random() < 0.25 else "",
        f"client{number + 1}@example.com" if chance.random() < 0.5 else "",
        since.isoformat(),
        centre,
        managers[centre][ordinal // len(places) % len(managers[centre])],
        "yes" if consents else "no",
        "yes" if consents and chance.random() < 0.8 else "no",
        wished,
        *(_yuan(amount) for amount in deposits),
        _yuan(_assets(figures, chance, deposits[-1])),
        _yuan(round(figures.card_spend.at(chance.random()) * 100)),
        *_loan(figures, chance),
    )


def _months(figures: Figures, chance: Random) -> list[int]:
    """Twelve monthly averages in cents whose mean is the yearly one: each month's surplus is missing in another."""
    average = round(figures.deposit.at(chance.random()) * 100)
    swings = [round(average * figures.month_noise * (2 * chance.random() - 1)) for _ in range(MONTHS // 2)]
    months = [average + swing for swing in swings] + [average - swing for swing in swings]
    chance.shuffle(months)
    return months


def _assets(figures: Figures, chance: Random, deposits: int) -> int:
    kind = chance.random()
    if kind < figures.private_banking:
        return round((8_200_000 + 21_800_000 * chance.random() ** 3) * 100)
    if kind < figures.private_banking + figures.wealth:
        return round((2_100_000 + 5_400_000 * chance.random() ** 2) * 100)
    return round(deposits * figures.assets_multiple.at(chance.random()))


def _loan(figures: Figures, chance: Random) -> tuple[str, str, str]:
    """Outstanding, longest overdue and open overdue; empty for a client without a loan."""
    if chance.random() >= figures.has_loan:
        return "", "", ""
    outstanding = _yuan(round(figures.loan.at(chance.random()) * 100))
    if chance.random() >= figures.loan_in_arrears:
        return outstanding, "0", "0"
    late = chance.choice(_DAYS_LATE)
    return outstanding, str(late), str(late if chance.random() < 0.6 else 0)


def _yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    if file.suffix != ".gz":
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out
        return
    # Without a time in its head the same book is the same file.
    with file.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()
