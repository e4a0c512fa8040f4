"""The life of a card, its validity and its way through the ledger."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from card_service.domain.acceptance import Outcome, accept
from card_service.domain.cards import NEXT, Card, CardStatus, IllegalMove
from card_service.domain.custody import FACTORY, at_unit, with_client
from card_service.domain.numbers import CardNumber
from card_service.domain.validity import expiry, notice_on, void_from

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
UNIT = UUID(int=1)


def a_card(number: str = "BJ000001") -> Card:
    return Card.received(uuid4(), CardNumber.parse(number), into=UNIT, receipt_id=uuid4())[0]


def an_issued_card(number: str = "BJ000001", *, at: datetime = NOON) -> Card:
    return a_card(number).reserve(uuid4()).issue(issue_id=uuid4(), decision_id=uuid4(), at=at)[0]


@pytest.mark.requirement("CS-25")
@pytest.mark.parametrize(
    ("issued", "ends"),
    [
        (date(2026, 11, 22), date(2028, 11, 22)),
        (date(2027, 2, 28), date(2029, 2, 28)),
        (date(2028, 2, 29), date(2030, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
        (date(2026, 12, 31), date(2028, 12, 31)),
    ],
)
def test_a_card_is_valid_two_years(issued, ends) -> None:
    assert expiry(issued) == ends
    assert (void_from(ends) - ends).days == 1
    assert (ends - notice_on(ends)).days == 90


@pytest.mark.requirement("CS-25")
def test_the_two_years_count_from_the_business_day_in_shanghai() -> None:
    late_evening_utc = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    assert an_issued_card(at=late_evening_utc).expires_on == date(2028, 11, 23)


def test_a_card_moves_only_along_its_table() -> None:
    issued = an_issued_card()
    for move in (issued.release, lambda: issued.reserve(uuid4())):
        with pytest.raises(IllegalMove):
            move()
    with pytest.raises(IllegalMove):
        a_card().issue(issue_id=uuid4(), decision_id=uuid4(), at=NOON)


def test_an_issued_number_never_returns_into_stock() -> None:
    reachable, todo = set(), [CardStatus.ISSUED]
    while todo:
        for following in NEXT[todo.pop()] - reachable:
            reachable.add(following)
            todo.append(following)
    assert CardStatus.IN_STOCK not in reachable
    assert NEXT[CardStatus.DESTROYED] == frozenset()
    assert set(NEXT) == set(CardStatus)


@pytest.mark.requirement("CS-12")
def test_every_movement_begins_where_the_last_one_ended() -> None:
    card, came = Card.received(uuid4(), CardNumber.parse("BJ100007"), into=UNIT, receipt_id=uuid4())
    client = uuid4()
    issued, fact, went = card.reserve(client).issue(issue_id=uuid4(), decision_id=uuid4(), at=NOON)
    assert (came.from_place, came.to_place, came.step) == (FACTORY, at_unit(UNIT), 1)
    assert (went.from_place, went.to_place, went.step) == (at_unit(UNIT), with_client(client), 2)
    assert (issued.place, issued.custody_step) == (went.to_place, went.step)
    assert (fact.card_number, fact.face.value, fact.version) == ("BJ100007", "silver", issued.version)


@pytest.mark.requirement("CS-29")
def test_a_stopped_card_says_so_once() -> None:
    stopped, fact = an_issued_card().stop("arrears", decision_id=None, at=NOON)
    assert (stopped.status, fact.cause, fact.cancelled_on) == (CardStatus.STOPPED, "arrears", date(2026, 11, 22))
    with pytest.raises(IllegalMove):
        stopped.stop("arrears", decision_id=None, at=NOON)


@pytest.mark.requirement("CS-27", "CS-35")
@pytest.mark.parametrize(
    ("number", "here", "on", "outcome"),
    [
        ("BJ000001", "SH", date(2026, 12, 1), Outcome.ACCEPTED),
        ("BJ000001", None, date(2026, 12, 1), Outcome.ACCEPTED),
        ("BJ100001", "BJ", date(2026, 12, 1), Outcome.ACCEPTED),
        ("BJ100001", "SH", date(2026, 12, 1), Outcome.OTHER_BRANCH),
        ("BJ100001", None, date(2026, 12, 1), Outcome.OTHER_BRANCH),
        ("BJ000001", "BJ", date(2028, 11, 22), Outcome.ACCEPTED),
        ("BJ000001", "BJ", date(2028, 11, 23), Outcome.EXPIRED),
    ],
)
def test_where_and_when_a_card_is_good(number, here, on, outcome) -> None:
    answer = accept(an_issued_card(number), branch_code_here=here, on=on)
    assert answer.outcome is outcome
    assert answer.valid_here is answer.ask_for_id is (outcome is Outcome.ACCEPTED)


@pytest.mark.requirement("CS-29")
def test_a_card_that_is_not_issued_opens_nothing() -> None:
    stopped, _ = an_issued_card().stop("arrears", decision_id=None, at=NOON)
    assert accept(stopped, branch_code_here="BJ", on=date(2026, 12, 1)).outcome is Outcome.STOPPED
    assert accept(a_card(), branch_code_here="BJ", on=date(2026, 12, 1)).outcome is Outcome.NOT_ISSUED
    assert accept(None, branch_code_here="BJ", on=date(2026, 12, 1)).outcome is Outcome.UNKNOWN
