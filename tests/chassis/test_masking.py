"""Masks show what helps a person to recognise a record and nothing that identifies or recognises a client."""

import pytest
from chassis.masking import mask_card_number, mask_email, mask_identity_number, mask_name, mask_phone
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("李四", "李*"),
        ("欧阳娜娜", "欧阳**"),
        ("诸葛亮", "诸葛*"),
        ("欧阳", "欧*"),
        ("王", "*"),
        ("", ""),
        ("John Smith", "J*** S***"),
    ],
)
def test_a_name_keeps_only_its_surname_or_initials(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138******78"),
        ("+86 138-1234-5678", "+86138******78"),
        ("010-66596688", "010******88"),
        ("95566", "****6"),
        ("", ""),
    ],
)
def test_a_phone_number_keeps_its_network_and_two_digits(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@given(st.text("0123456789X", min_size=6, max_size=18))
def test_the_mask_of_an_identity_number_never_shows_the_recognition_factor(number: str) -> None:
    shown = mask_identity_number(number)
    assert len(shown) == len(number)
    assert shown[-4:-1] == "***"


def test_a_card_number_keeps_four_digits_and_a_short_one_none() -> None:
    assert mask_card_number("6222 0212 3456 7890") == "************7890"
    assert mask_card_number("1234567") == "*******"


def test_an_address_keeps_its_domain() -> None:
    assert mask_email("wang.xm@example.com") == "w***@example.com"
    assert mask_email("not an address") == "***"


@given(st.text(min_size=3, max_size=30))
def test_no_mask_gives_the_value_back(value: str) -> None:
    plain = value.strip()
    for mask in (mask_name, mask_phone, mask_identity_number, mask_card_number, mask_email):
        if len(plain) > 2 and "*" not in plain and not plain.isspace():
            assert mask(value) != plain
