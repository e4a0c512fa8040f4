"""Which card goes to whom: the rule against a plain reading of it, and the life of a reservation."""

import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from card_service.domain.cards import Card
from card_service.domain.issues import CardNotEligible, Eligibility, confirmed_decisions
from card_service.domain.levels import CardLevel
from card_service.domain.numbers import CardNumber
from card_service.domain.organisation import line
from card_service.domain.reservations import (
    Reservation,
    ReservationMoved,
    ReservationStatus,
    Wish,
    serve,
    wants_card,
)

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PATHS = ["/hq/bj/", "/hq/bj/a/", "/hq/bj/a/x/", "/hq/bj/a/y/", "/hq/bj/b/", "/hq/sh/", "/hq/sh/a/", "/hq/"]
LEVELS = [CardLevel.BRANCH, CardLevel.HEAD_OFFICE]


def a_card(sequence: int, level: CardLevel) -> Card:
    number = CardNumber(branch_code="BJ", level=level, sequence=sequence)
    return Card.received(uuid4(), number, into=UUID(int=1), receipt_id=uuid4())[0]


def a_wish(path: str | None = "/hq/bj/a/x/", level: CardLevel = CardLevel.HEAD_OFFICE) -> Wish:
    return Wish(
        client_id=uuid4(), level=level, home_unit_id=UUID(int=2), home_path=path, decision_id=uuid4(), cause="enrolment"
    )


def waiting(path: str | None = "/hq/bj/a/x/", level: CardLevel = CardLevel.HEAD_OFFICE) -> Reservation:
    return Reservation.waiting(uuid4(), a_wish(path, level), at=NOON)


def naive(asked: list[Reservation], stock: dict[tuple[str, CardLevel], list[Card]]) -> list[str | None]:
    """Each in turn: of the stocks whose place begins his own, the longest; there the lowest number."""
    stock = {place: list(cards) for place, cards in stock.items()}
    given: list[str | None] = []
    for reservation in asked:
        wish = reservation.wish
        near = [
            (len(path), path)
            for (path, level), cards in stock.items()
            if cards and level is wish.level and wish.home_path and wish.home_path.startswith(path)
        ]
        if not near:
            given.append(None)
            continue
        cards = stock[max(near)[1], wish.level]
        lowest = min(cards, key=lambda card: str(card.number))
        cards.remove(lowest)
        given.append(str(lowest.number))
    return given


def test_the_rule_gives_what_a_plain_reading_gives() -> None:
    dice = random.Random(10)
    for _ in range(1_500):
        sequences = dice.sample(range(1, 99_999), 24)
        stock = {
            (path, level): sorted(
                (a_card(sequences.pop(), level) for _ in range(dice.randint(0, 3))), key=lambda card: str(card.number)
            )
            for path in dice.sample(PATHS[:-1], 4)  # head office keeps no stock
            for level in LEVELS
        }
        asked = [waiting(dice.choice([*PATHS, None]), dice.choice(LEVELS)) for _ in range(dice.randint(0, 12))]
        served = serve(asked, stock, at=NOON)
        assert [it.card and str(it.card.number) for it in served] == naive(asked, stock)
        assert all((it.card is None) is (it.reservation.status is ReservationStatus.WAITING) for it in served)


def test_a_line_runs_upward_to_the_first_level_branch() -> None:
    assert line("/hq/bj/a/x/") == ("/hq/bj/a/x/", "/hq/bj/a/", "/hq/bj/")
    assert line("/hq/bj/") == ("/hq/bj/",)
    assert line("/hq/") == ("/hq/",)


@pytest.mark.parametrize(
    ("on_its_way", "in_hand", "rises_to", "wants"),
    [
        (None, None, "branch", True),
        (None, None, "head_office", True),
        ("branch", None, "head_office", True),
        ("branch", None, "branch", False),
        ("head_office", None, "branch", False),
        (None, "branch", "head_office", True),
        (None, "branch", "branch", False),
        (None, "head_office", "branch", False),
        ("branch", "branch", "head_office", True),
    ],
)
def test_a_rise_wants_a_card_above_what_is_held_or_on_its_way(on_its_way, in_hand, rises_to, wants) -> None:
    held = None
    if in_hand is not None:
        reserved = a_card(7, CardLevel(in_hand)).reserve(uuid4())
        held = reserved.issue(issue_id=uuid4(), decision_id=uuid4(), at=NOON)[0]
    open_one = None if on_its_way is None else waiting(level=CardLevel(on_its_way))
    assert wants_card(a_wish(level=CardLevel(rises_to)), open_reservation=open_one, held=held) is wants


def test_a_stopped_card_is_no_card_in_hand() -> None:
    reserved = a_card(7, CardLevel.HEAD_OFFICE).reserve(uuid4())
    held = reserved.issue(issue_id=uuid4(), decision_id=uuid4(), at=NOON)[0]
    stopped, _ = held.stop("arrears", decision_id=None, at=NOON)
    assert wants_card(a_wish(), open_reservation=None, held=stopped)


def test_an_ended_reservation_moves_no_more() -> None:
    served = waiting().served(a_card(1, CardLevel.HEAD_OFFICE), found_at="/hq/bj/", at=NOON)
    for ended in (served.issued(), served.cancelled()):
        assert not ended.is_open
        with pytest.raises(ReservationMoved):
            ended.cancelled()
    with pytest.raises(ReservationMoved):
        waiting().issued()


@pytest.mark.requirement("CS-22")
@pytest.mark.parametrize(
    "answer", [None, Eligibility(eligible=False, decision_id=uuid4()), Eligibility(eligible=True, decision_id=None)]
)
def test_anything_but_a_yes_with_its_decision_is_a_no(answer) -> None:
    reservation = waiting()
    answers = {} if answer is None else {(reservation.wish.client_id, reservation.wish.level): answer}
    with pytest.raises(CardNotEligible):
        confirmed_decisions([reservation], answers)
