"""Why an identity number cannot be one: wrong check digit, impossible date, no such region, wrong shape."""

import pytest
from client_registry.domain.identity_documents import IdentityType, normalize
from client_registry.domain.identity_faults import fault_of


@pytest.mark.requirement("CR-55", "CR-77")
@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("resident_id", "11010519491231002X", None),
        ("resident_id", "110105194912310021", "identity.check-digit"),
        ("resident_id", "110105194913310021", "identity.date"),
        ("resident_id", "110105202302290021", "identity.date"),
        ("resident_id", "990105194912310021", "identity.region"),
        ("resident_id", "1101051949123100", "identity.shape"),
        ("resident_id", "11010519491231002", "identity.shape"),
        ("household_book", "110105194912310021", "identity.check-digit"),
        ("household_book", "11010519491231002x", None),
        ("passport", "E12345678", None),
        ("passport", "E12", "identity.shape"),
        ("military_officer", "军字第1234567号", None),
        ("military_officer", "军字第12号", "identity.shape"),
        ("hmt_permit", "H1234567890", None),
        ("hmt_permit", "X12345678", "identity.shape"),
        ("hmt_permit", "12345678", None),
        ("hmt_permit", "810000199408230021", None),
        ("hmt_permit", "810000199408230022", "identity.check-digit"),
        ("hmt_permit", "810000199413230021", "identity.date"),
        ("foreign_permanent_resident", "CAN110102010101", None),
        ("foreign_permanent_resident", "CAN11010201010", "identity.shape"),
        ("unified_social_credit", "91110000600037341L", None),
        ("unified_social_credit", "911100006000373410", "identity.check-digit"),
        ("unified_social_credit", "9111000060003734", "identity.shape"),
        ("unified_social_credit", "91110000600037341I", "identity.shape"),
    ],
)
def test_the_reason_is_precise(kind: str, number: str, code: str | None) -> None:
    fault = fault_of(IdentityType(kind), normalize(number))
    assert (fault and fault[0]) == code


async def test_the_reason_reaches_the_clerk_in_both_languages_without_the_number(call, person, registration) -> None:
    number = "110105194912310021"
    form = registration(identity={"type": "resident_id", "number": number})
    for language, words in (("en", "The check digit does not fit"), ("zh-CN", "校验位不符")):
        refused = await call(person("1001"), "POST", "/v1/clients", body=form, language=language)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["pointer"], error["code"]) == (
            422,
            "/identity/number",
            "identity.check-digit",
        )
        assert words in refused.text and number not in refused.text


@pytest.mark.requirement("XC-21")
@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"confirm_identity_number": None}, "double-entry.missing"),
        ({"confirm_identity_number": "11010519491231002X"}, "double-entry.differs"),
        ({"confirm_mobile": None}, "double-entry.missing"),
        ({"confirm_mobile": "13812345679"}, "double-entry.differs"),
    ],
)
async def test_what_the_policy_names_is_entered_twice_when_a_file_is_opened(
    bank, call, person, registration, second, code
) -> None:
    refused = await call(person("1001"), "POST", "/v1/clients", body=registration(**second))
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["pointer"], error["code"]) == (422, f"/{next(iter(second))}", code)
    assert await bank.rows("SELECT 1 FROM clients") == []
