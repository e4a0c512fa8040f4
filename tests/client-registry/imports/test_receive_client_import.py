"""Uploads: refused at the door where profile or files cannot be used, the same upload twice is one."""

import gzip
from typing import Any

import pytest


async def test_a_broken_profile_is_refused_at_once_with_every_fault(registry: Any, small_book: Any) -> None:
    profile = small_book.profile.replace('name = "name"', 'nmae = "name"').replace('"dep"', '"dep ** 2"')
    answer = await registry.upload(small_book.csv(), profile=profile)
    assert answer.status_code == 422
    assert answer.json()["code"] == "import.profile-broken"
    found = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
    assert found["/client/nmae"] == "profile.unknown-key"
    assert found["/client/name"] == "profile.missing"
    assert found["/figures/deposit/each"] == "profile.expression-broken"
    assert await registry.rows("SELECT count(*) FROM client_imports") == [(0,)]


async def test_a_file_the_profile_asks_for_must_be_there(registry: Any, small_book: Any) -> None:
    answer = await registry.upload(small_book.csv(), name="book.txt")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "import.file-missing")


async def test_a_missing_column_fails_the_import_and_names_what_there_is(registry: Any, small_book: Any) -> None:
    profile = small_book.profile.replace('"dep"', '"deposit"')
    import_id, operation = await registry.take_in(small_book.csv(), profile=profile)
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "import.files-do-not-fit")
    [finding] = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert (finding["file"], finding["column"], finding["code"]) == ("book", "deposit", "import.column-missing")
    assert "owed" in finding["reason"]
    assert (await registry.get(f"/v1/client-imports/{import_id}")).json()["status"] == "refused"
    assert await registry.rows("SELECT count(*) FROM client_import_chunks") == [(0,)]


async def test_a_damaged_file_is_refused_and_forgotten(registry: Any, small_book: Any) -> None:
    content = gzip.compress(small_book.csv() * 200)[:-30]
    import_id, operation = await registry.take_in(content, name="book.csv.gz")
    assert operation["problem"]["code"] == "import.files-do-not-fit"
    [finding] = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert finding["code"] == "import.file-damaged"
    assert await registry.rows("SELECT count(*) FROM client_import_chunks") == [(0,)]


async def test_a_workbook_is_imported_and_a_rounded_identity_number_refused(registry: Any, small_book: Any) -> None:
    profile = small_book.profile.replace('"*.csv*"', '"*.xlsx"')
    import_id, _ = await registry.take_in(small_book.workbook(), profile=profile, name="book.xlsx")
    assert (await registry.get(f"/v1/client-imports/{import_id}")).json()["clients_created"] == 3
    rounded = small_book.workbook(numbers=True)
    import_id, _ = await registry.take_in(rounded, profile=profile, name="book.xlsx")
    [finding] = (await registry.get(f"/v1/client-imports/{import_id}/report")).json()["items"]
    assert (finding["sheet"], finding["row"], finding["column"], finding["code"]) == (
        "客户",
        2,
        "id",
        "import.number-rounded",
    )


@pytest.mark.parametrize("as_of", ["2026-11", "2026-13", "soon", "2027-01"])
async def test_only_a_closed_month_is_an_as_of(registry: Any, small_book: Any, as_of: str) -> None:
    answer = await registry.upload(small_book.csv(), as_of=as_of)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "import.as-of")


async def test_the_same_upload_with_the_same_key_is_one_import(registry: Any, small_book: Any) -> None:
    first = await registry.upload(small_book.csv(), key="once")
    again = await registry.upload(small_book.csv(), key="once")
    assert first.json() == again.json()
    assert await registry.rows("SELECT count(*) FROM client_imports") == [(1,)]


async def test_a_manager_may_not_import(registry: Any, small_book: Any) -> None:
    answer = await registry.upload(small_book.csv(), by=small_book.manager)
    assert answer.status_code == 403
