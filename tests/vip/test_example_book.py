"""The example book: the same for the same seed, true to its figures, invented people with valid numbers."""

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from client_registry.domain import identity_documents
from client_registry.domain.contact_ways import normalize_phone
from client_registry.domain.identity_documents import IdentityType
from client_registry.domain.imports.profile_reading import read_profile
from vip.example.book import HEADER, SLOTS, book, write_book
from vip.example.figures import Distribution, read_figures
from vip.example.organisation import organisation
from vip.places import project_root

TODAY = date(2026, 11, 22)
MANY = 20_000


@pytest.fixture(scope="module")
def clients() -> list[dict[str, str]]:
    rows = book(clients=MANY, seed=1, today=TODAY)
    return [dict(zip(HEADER, row, strict=True)) for row in rows]


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.csv.gz" for name in ("one", "two", "other")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        write_book(file, clients=200, seed=seed, today=TODAY)
    one, two, other = (file.read_bytes() for file in files)
    assert one == two
    assert one != other
    assert len(list(csv.reader(gzip.decompress(one).decode().splitlines()))) == 201


def test_a_client_does_not_change_when_the_book_grows() -> None:
    small = list(book(clients=100, seed=1, today=TODAY))
    large = list(book(clients=MANY, seed=1, today=TODAY))[:100]
    manager = HEADER.index("manager")
    assert [row[:manager] + row[manager + 1 :] for row in small] == [
        row[:manager] + row[manager + 1 :] for row in large
    ]


def test_numbers_are_valid_and_nobody_shares_one(clients: list[dict[str, str]]) -> None:
    for column in ("client_no", "identity_number", "mobile"):
        assert len({client[column] for client in clients}) == MANY
    for client in clients[::40]:
        number = client["identity_number"]
        assert identity_documents.is_valid(IdentityType.RESIDENT_ID, number)
        assert number[6:14] == client["birth_date"].replace("-", "")
        assert int(number[16]) % 2 == (client["sex"] == "male")
        assert normalize_phone(client["mobile"]) == "+86" + client["mobile"]


@pytest.mark.parametrize(
    ("what", "share"),
    [("deposit", 0.0183), ("card_spend", 0.0402), ("loan", 0.0996), ("women", 0.493), ("arrears", 0.1004)],
)
def test_shares_are_those_of_the_published_data(clients: list[dict[str, str]], what: str, share: float) -> None:
    loans = [client for client in clients if client["loan_outstanding"]]
    hits, of = {
        "deposit": (sum(mean(client) >= 500_000 for client in clients), MANY),
        "card_spend": (sum(float(client["card_spend"]) >= 100_000 for client in clients), MANY),
        "loan": (len(loans), MANY),
        "women": (sum(client["sex"] == "female" for client in clients), MANY),
        "arrears": (sum(client["overdue_longest"] != "0" for client in loans), len(loans)),
    }[what]
    spread = (share * (1 - share) / of) ** 0.5
    assert abs(hits / of - share) < 4 * spread


def mean(client: dict[str, str]) -> float:
    return sum(float(client[f"deposit_{month:02d}"]) for month in range(1, 13)) / 12


def test_every_branch_has_clients_and_every_client_a_centre_and_one_of_its_managers(
    clients: list[dict[str, str]],
) -> None:
    managers = organisation(MANY).managers
    homes = Counter(client["home_unit"] for client in clients)
    assert set(homes) == set(managers)
    assert all(client["manager"] in managers[client["home_unit"]] for client in clients)
    assert homes["BJ-01-W1"] == -(-MANY // len(SLOTS))


def test_the_profile_of_the_book_reads_every_column_it_has() -> None:
    file = project_root() / "examples" / "mappings" / "example-book.toml"
    assert read_profile(file.read_text(encoding="utf-8")).columns_used() == set(HEADER)


def test_every_figure_names_its_source() -> None:
    assert read_figures().has_loan == pytest.approx(0.0996)


@pytest.mark.parametrize(
    "text",
    [
        "[deposit]\npoints = [['0', '1'], ['1', '2']]",
        "[deposit]\nsource = 's'\npoints = [['0.1', '1'], ['1', '2']]",
        "[deposit]\nsource = 's'\npoints = [['0', '1'], ['0.5', '2'], ['0.5', '3'], ['1', '4']]",
    ],
)
def test_figures_without_source_or_with_broken_quantiles_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "figures.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="deposit"):
        read_figures(file)


def test_a_distribution_is_straight_between_its_points() -> None:
    drawn = Distribution((0.0, 0.5, 1.0), (0.0, 10.0, 30.0))
    assert [drawn.at(share) for share in (0.0, 0.25, 0.5, 0.75)] == [0.0, 5.0, 10.0, 20.0]
