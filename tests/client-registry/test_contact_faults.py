"""Phones, e-mail addresses and postcodes: the precise reason and the expected form, in both languages (CR-56, CR-57, CR-77)."""

import pytest
from chassis.refusals import Invalid
from client_registry.domain.clients import checked_sex
from client_registry.domain.contact_faults import fault_of_email, fault_of_phone, fault_of_postcode
from client_registry.domain.contact_ways import Way, kept_form, normalize, ordered, searched_form
from client_registry.domain.identity_documents import IdentityType


@pytest.mark.requirement("CR-57", "CR-77")
@pytest.mark.parametrize(
    ("number", "mobile", "code"),
    [
        ("138", True, "mobile.too-short"), ("138123456", True, "mobile.too-short"),
        ("138123456789", True, "mobile.too-long"), ("14012345678", True, "mobile.prefix-not-assigned"),
        ("12312345678", True, "mobile.prefix-not-assigned"), ("010-66001234", True, "mobile.landline"),
        ("66001234", True, "mobile.landline"), ("13812345678x1", True, "mobile.extension"),
        ("66001234", False, "phone.area-code-missing"), ("0119-66001234", False, "phone.area-code-unknown"),
        ("86-10-66001234", False, "phone.area-code-unknown"), ("0312-23456", False, "phone.too-short"),
        ("010-6600123", False, "phone.too-short"), ("6600", False, "phone.too-short"),
        ("010-660012345", False, "phone.too-long"), ("010-66001234 ext 12345678", False, "phone.extension"),
        ("010-66001234转", False, "phone.extension"), ("abc", False, "phone.characters"), ("+", False, "phone.characters"),
        ("+999 12345", False, "phone.country-unknown"), ("+852 234", False, "phone.abroad-too-short"),
        ("+853 2871 23456789", False, "phone.abroad-too-long"), ("+852 1000 0000", False, "phone.abroad"),
        ("00852 234", True, "phone.abroad-too-short"),
    ],
)  # fmt: skip
def test_why_a_number_cannot_be_one(number: str, mobile: bool, code: str) -> None:
    fault = fault_of_phone(number, mobile=mobile)
    assert fault is not None and fault[0] == code


@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("138 1234 5678", True), ("+86 13812345678", True), ("0086 13812345678", True), ("１３８１２３４５６７８", True),
        ("19912345678", True), ("+852 9123 4567", True), ("+853 6612 3456", True), ("+886 912 345 678", True),
        ("+1 415 555 2671", True), ("010-66001234", False), ("(010) 6600 1234", False), ("0755-82345678", False),
        ("0312-2345678", False), ("010-66001234-801", False), ("010-66001234转801", False), ("+86 10 66001234", False),
        ("+852 2345 6789", False), ("+886 2 2345 6789", False), ("4008100000", False), ("13812345678", False),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them_are_taken(number: str, mobile: bool) -> None:
    assert fault_of_phone(number, mobile=mobile) is None
    assert kept_form(Way.MOBILE if mobile else Way.HOME_PHONE, number) is not None


@pytest.mark.requirement("CR-57")
def test_a_reason_names_the_expected_form_in_both_languages() -> None:
    _, text = fault_of_phone("+852 234", mobile=False) or ("", None)
    assert text is not None and "Hong Kong" in text.en and "香港" in text.zh and "+852" in text.zh
    with pytest.raises(Invalid) as refused:
        ordered([(Way.MOBILE, "13812345678"), (Way.HOME_PHONE, "66001234"), (Way.EMAIL, "王@example.com")])
    assert [(each.pointer, each.code) for each in refused.value.errors] == [
        ("/contacts/1/value", "phone.area-code-missing"), ("/contacts/2/value", "email.characters"),
    ]  # fmt: skip


def test_an_extension_is_kept_and_a_caller_without_it_is_found() -> None:
    kept = kept_form(Way.OFFICE_PHONE, "010-66001234-801")
    assert kept == "+861066001234;ext=801" == kept_form(Way.OFFICE_PHONE, kept)
    assert searched_form(kept) == "+861066001234" == normalize(Way.OFFICE_PHONE, "010-66001234 转 801")
    assert kept_form(Way.OFFICE_PHONE, "010-66001234") == "+861066001234"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("wang.example.com", "email.at-sign"), ("a@b@example.com", "email.at-sign"), ("wang@", "email.domain"),
        ("wang@example", "email.domain"), ("wang@-example.com", "email.domain"), ("wang@example.c", "email.domain"),
        (".wang@example.com", "email.local"), ("wa..ng@example.com", "email.local"), ("@example.com", "email.local"),
        ("wang xm@example.com", "email.characters"), ("wang＠example.com", "email.characters"),
        ("Wang.XM+vip@mail.example.com", None),
    ],
)  # fmt: skip
def test_why_an_address_cannot_be_one(address: str, code: str | None) -> None:
    fault = fault_of_email(address)
    assert (None if fault is None else fault[0]) == code


@pytest.mark.requirement("CR-56", "CR-77")
@pytest.mark.parametrize(
    ("postcode", "code"),
    [
        ("100033", None), ("999077", None), ("010010", None), ("10003", "postcode.length"), ("1000333", "postcode.length"),
        ("10003O", "postcode.digits"), ("１０００３３", "postcode.digits"), ("000000", "postcode.region"),
        ("900000", "postcode.region"),
    ],
)  # fmt: skip
def test_why_a_postcode_cannot_be_one(postcode: str, code: str | None) -> None:
    fault = fault_of_postcode(postcode)
    assert (None if fault is None else fault[0]) == code


@pytest.mark.requirement("CR-54", "CR-77")
def test_a_stated_sex_must_be_that_of_the_identity_number() -> None:
    man, woman = "110101198001010010", "11010119800101002X"
    assert checked_sex(IdentityType.RESIDENT_ID, man, "male") == "male"
    assert checked_sex(IdentityType.HOUSEHOLD_BOOK, woman, "female") == "female"
    assert checked_sex(IdentityType.RESIDENT_ID, woman, None) is None
    assert checked_sex(IdentityType.PASSPORT, "E12345678", "female") == "female"
    with pytest.raises(Invalid) as refused:
        checked_sex(IdentityType.RESIDENT_ID, man, "female")
    assert [(each.pointer, each.code) for each in refused.value.errors] == [("/sex", "sex.differs")]
