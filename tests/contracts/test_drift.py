"""The committed documents are what the code says today; whoever changes an interface sees the difference in review."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from vip.exported import documents

from .conftest import CONTRACTS


@pytest.fixture(scope="module")
def printed() -> dict[Path, str]:
    return documents()


def test_openapi_and_asyncapi_are_as_committed(printed: dict[Path, str]) -> None:
    different = [
        str(place)
        for place, text in printed.items()
        if not (CONTRACTS / place).exists() or (CONTRACTS / place).read_text(encoding="utf-8") != text
    ]
    assert not different, "run `make contracts` and review the difference"


def test_no_committed_document_belongs_to_nobody(printed: dict[Path, str]) -> None:
    committed = {
        path.relative_to(CONTRACTS) for kind in ("openapi", "asyncapi") for path in CONTRACTS.glob(f"{kind}/**/*.json")
    }
    assert committed == set(printed)


def test_every_openapi_document_is_a_valid_one(printed: dict[Path, str]) -> None:
    for place, text in printed.items():
        if place.parts[0] == "openapi":
            errors = [str(error.message)[:200] for error in OpenAPIV31SpecValidator(json.loads(text)).iter_errors()]
            assert not errors, (place, errors[:3])


def test_the_gateway_offers_exactly_what_the_services_offer_to_people(printed: dict[Path, str]) -> None:
    def operations(place: str) -> set[tuple[str, str]]:
        paths = json.loads(printed[Path(place)])["paths"]
        return {(path, method) for path, item in paths.items() for method in item if item[method].get("x-roles")}

    services = [place for place in printed if place.parent == Path("openapi") and not place.name.startswith("gateway")]
    theirs = set().union(*(operations(str(place)) for place in services if ".zh-CN" not in place.name))
    own = {("/v1/caller-cards", "post"), ("/v1/clients/{client_id}/overview", "get")}
    own.add(("/v1/clients/{client_id}/evidence-package", "get"))
    assert operations("openapi/gateway.json") == theirs | own


def test_both_languages_describe_the_same_operations(printed: dict[Path, str]) -> None:
    for place in [place for place in printed if place.name.endswith(".zh-CN.json")]:
        chinese = json.loads(printed[place])["paths"]
        english = json.loads(printed[place.with_name(place.name.replace(".zh-CN", ""))])["paths"]
        assert {path: sorted(item) for path, item in chinese.items()} == {
            path: sorted(item) for path, item in english.items()
        }
        same = [
            f"{method} {path}"
            for path, item in english.items()
            for method, described in item.items()
            if described["summary"] == chinese[path][method]["summary"]
        ]
        assert not same, f"{place}: not translated"


def test_no_published_schema_is_named_after_the_place_of_its_code(printed: dict[Path, str]) -> None:
    said = {
        f"{place}: {name}"
        for place, text in printed.items()
        if place.parts[0] == "openapi"
        for name in json.loads(text).get("components", {}).get("schemas", {})
        if "__" in name
    }
    assert not said, "give the two models or enums names of their own"
