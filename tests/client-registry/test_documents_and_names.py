"""Rules without a database: documents, names, contact ways, bands, the lock of recognition."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from client_registry.domain.contact_ways import Way, contact_id, normalize, ordered
from client_registry.domain.identity_documents import IdentityType, index_form, is_valid, last_four
from client_registry.domain.identity_documents import normalize as normalize_number
from client_registry.domain.levels import AssetBand, CardLevel, ServiceTier, asset_band, card_rank, tier_rank
from client_registry.domain.names import search_tokens
from client_registry.domain.recognition import Failures


@pytest.mark.requirement("CR-55")
@pytest.mark.parametrize(
    ("kind", "number", "valid"),
    [
        (IdentityType.RESIDENT_ID, "11010519491231002X", True),
        (IdentityType.RESIDENT_ID, "11010519491231002x", True),
        (IdentityType.RESIDENT_ID, "110105194912310021", False),
        (IdentityType.RESIDENT_ID, "110105194913310021", False),
        (IdentityType.HOUSEHOLD_BOOK, "11010519491231002X", True),
        (IdentityType.PASSPORT, "E12345678", True),
        (IdentityType.PASSPORT, "E12", False),
        (IdentityType.HMT_PERMIT, "H1234567890", True),
        (IdentityType.HMT_PERMIT, "X12345678", False),
        (IdentityType.MILITARY_OFFICER, "军字第1234567号", True),
        (IdentityType.UNIFIED_SOCIAL_CREDIT, "91110000600037341L", True),
        (IdentityType.UNIFIED_SOCIAL_CREDIT, "911100006000373410", False),
    ],
)
def test_a_document_number_is_checked_by_its_own_rule(kind, number, valid) -> None:
    assert is_valid(kind, normalize_number(number)) is valid


def test_numbers_compare_without_width_case_and_spaces_but_not_across_kinds() -> None:
    wide = index_form(IdentityType.PASSPORT, "ｅ１２３ ４５６-７８")
    assert wide == index_form(IdentityType.PASSPORT, "E12345678")
    assert wide != index_form(IdentityType.HMT_PERMIT, "E12345678")
    assert last_four("11010519491231002x") == "002X"


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("张三", ("张三",)), ("张 三", ("张三",)), ("John  SMITH", ("john", "smith")), ("买买提·阿布都", ("买买提阿布都",)),
     ("ＡＢＣ", ("abc",)), ("  ", ())],
)  # fmt: skip
def test_names_are_found_by_their_words(name, tokens) -> None:
    assert search_tokens(name) == tokens


@pytest.mark.parametrize(
    ("way", "given", "kept"),
    [
        (Way.MOBILE, "138 1234 5678", "+8613812345678"),
        (Way.MOBILE, "008613812345678", "+8613812345678"),
        (Way.HOME_PHONE, "(010) 6600-1234", "+861066001234"),
        (Way.OFFICE_PHONE, "+1 212 555 0100", "+12125550100"),
        (Way.EMAIL, " A.B@Example.COM ", "a.b@example.com"),
        (Way.EMAIL, "nobody", None),
        (Way.FAX, "12", None),
    ],
)
def test_contact_ways_are_kept_in_one_form(way, given, kept) -> None:
    assert normalize(way, given) == kept


@pytest.mark.requirement("CR-57", "CR-58")
def test_contact_ways_keep_the_clients_order() -> None:
    ways = ordered([(Way.EMAIL, "a@b.cn"), (Way.MOBILE, "13812345678")])
    assert [(way.way, way.priority) for way in ways] == [(Way.EMAIL, 1), (Way.MOBILE, 2)]


async def test_the_table_names_a_contact_as_the_rule_does(bank, call, person, registration) -> None:
    await call(person("1001"), "POST", "/v1/clients", body=registration())
    rows = await bank.rows("SELECT id, client_id, way FROM client_contacts")
    assert rows and all(row["id"] == contact_id(UUID(str(row["client_id"])), Way(row["way"])) for row in rows)


@pytest.mark.requirement("CR-25")
def test_bands_include_their_lower_bound() -> None:
    amounts = ("8000000", "7999999.99", "2000000", "1999999.99", "0")
    bands = [asset_band(Decimal(amount)) for amount in amounts]
    assert bands == [AssetBand.GE_8M, AssetBand.M2_8M, AssetBand.M2_8M, AssetBand.BELOW, AssetBand.BELOW]


@pytest.mark.requirement("CR-2")
def test_the_ladders_have_their_order() -> None:
    assert [card_rank(level) for level in (CardLevel.NONE, CardLevel.BRANCH, CardLevel.HEAD_OFFICE)] == [0, 1, 2]
    assert tier_rank(ServiceTier.PRIVATE_BANKING) > tier_rank(ServiceTier.WEALTH) > tier_rank(ServiceTier.MASS)


def test_failures_older_than_the_lock_are_forgotten() -> None:
    now = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    found = Failures(failed=0, last_at=None, locked_until=None)
    for _ in range(4):
        found = found.another(now)
    assert (found.failed, found.left, found.is_locked(now)) == (4, 1, False)
    assert found.another(now + timedelta(minutes=15)).failed == 1
    locked = found.another(now + timedelta(minutes=14))
    assert locked.is_locked(now + timedelta(minutes=28)) and not locked.is_locked(now + timedelta(minutes=29))
