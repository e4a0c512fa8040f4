"""Card numbers and runs of them (CS-16 to CS-20, A18)."""

import random
import re

import pytest
from card_service.domain.levels import CardFace, CardLevel
from card_service.domain.numbers import (
    BRANCH_CODES,
    WHOLE,
    CardNumber,
    CardNumberMalformed,
    NumbersExhausted,
    Run,
    SegmentMalformed,
    free_runs,
    next_run,
)


@pytest.mark.requirement("CS-17", "CS-18", "CS-19", "CS-20")
@pytest.mark.parametrize(
    ("text", "branch", "level", "sequence", "face"),
    [
        ("BJ000001", "BJ", CardLevel.HEAD_OFFICE, 1, CardFace.GOLD),
        ("SH199999", "SH", CardLevel.BRANCH, 99_999, CardFace.SILVER),
        ("SU100042", "SU", CardLevel.BRANCH, 42, CardFace.SILVER),
        ("TG012345", "TG", CardLevel.HEAD_OFFICE, 12_345, CardFace.GOLD),
    ],
)
def test_a_number_is_read_and_written_the_same(text, branch, level, sequence, face) -> None:
    number = CardNumber.parse(text)
    assert (number.branch_code, number.level, number.sequence, number.level.face) == (branch, level, sequence, face)
    assert str(number) == text
    assert len(text) == 8


@pytest.mark.requirement("CS-17", "CS-18", "CS-19", "CS-20")
@pytest.mark.parametrize(
    "text",
    ["BJ000000", "BJ200001", "ZZ000001", "bj000001", "BJ00001", "BJ0000001", "B1000001", "BJ00000A", "", "BJ00000１"],
)
def test_what_the_measures_do_not_allow_is_no_number(text) -> None:
    with pytest.raises(CardNumberMalformed):
        CardNumber.parse(text)


@pytest.mark.requirement("CS-18")
def test_there_are_thirty_eight_first_level_branches() -> None:
    assert len(BRANCH_CODES) == 38
    assert all(re.fullmatch("[A-Z]{2}", code) for code in BRANCH_CODES)


@pytest.mark.requirement("CS-20")
def test_a_run_stays_within_the_sequence() -> None:
    for first, last in [(0, 5), (5, 4), (1, 100_000)]:
        with pytest.raises(SegmentMalformed):
            Run(first=first, last=last)


@pytest.mark.requirement("CS-20")
def test_an_exhausted_supply_says_how_much_is_left() -> None:
    taken = [Run(first=1, last=50_000), Run(first=50_004, last=99_999)]
    with pytest.raises(NumbersExhausted) as refused:
        next_run(WHOLE, taken, count=4)
    assert refused.value.params == {"wanted": 4, "longest": 3}
    assert next_run(WHOLE, taken, count=3) == Run(first=50_001, last=50_003)


def test_free_runs_equal_a_count_number_by_number() -> None:
    dice = random.Random(18)
    for _ in range(2_000):
        within = Run(first=(low := dice.randint(1, 30)), last=low + dice.randint(0, 30))
        taken = [
            Run(first=(at := dice.randint(1, 60)), last=at + dice.randint(0, 8)) for _ in range(dice.randint(0, 6))
        ]
        naive = [n for n in range(within.first, within.last + 1) if not any(r.first <= n <= r.last for r in taken)]
        ours = [n for run in free_runs(within, taken) for n in range(run.first, run.last + 1)]
        assert ours == naive
        count = dice.randint(1, 10)
        fits = [n for n in naive if all(n + k in naive for k in range(count))]
        if fits:
            assert next_run(within, taken, count=count) == Run(first=fits[0], last=fits[0] + count - 1)
        else:
            with pytest.raises(NumbersExhausted):
                next_run(within, taken, count=count)


def naive_number(text: str) -> tuple[str, str, int] | None:
    """Article 13 read character by character."""
    if len(text) != 8 or text[:2] not in BRANCH_CODES or text[2] not in "01":
        return None
    if any(character not in "0123456789" for character in text[3:]) or text[3:] == "00000":
        return None
    return text[:2], {"0": "head_office", "1": "branch"}[text[2]], int(text[3:])


@pytest.mark.requirement("CS-17", "CS-18", "CS-19", "CS-20")
def test_a_hundred_thousand_texts_are_read_as_the_article_says() -> None:
    dice = random.Random(13)
    letters = [*sorted(BRANCH_CODES), "ZZ", "bj", "B1", "JB"]
    good = 0
    for _ in range(100_000):
        text = (
            f"{dice.choice(letters)}{dice.choice('0011129')}{dice.choice((0, 1, 99_999, dice.randrange(100_000))):05d}"
        )
        if dice.random() < 0.1:
            at = dice.randrange(9)
            text = text[:at] + dice.choice("0X 。") + text[at:]
        expected = naive_number(text)
        try:
            number = CardNumber.parse(text)
        except CardNumberMalformed:
            assert expected is None, text
        else:
            good += 1
            assert (number.branch_code, number.level.value, number.sequence) == expected
            assert str(number) == text
    assert good > 30_000
