"""The portal works without any network but ours, runs no script of the page itself, and speaks both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from chassis.texts import Language
from gateway.documents import merged
from openapi_spec_validator import OpenAPIV31SpecValidator

from .conftest import JSON, PATHS, House, a_house, operation


async def test_the_page_loads_nothing_from_elsewhere_and_carries_no_script(house: House) -> None:
    page = await house.ask("GET", "/docs", by=None)
    assert page.status == 200
    policy = page.headers.getall("Content-Security-Policy")
    assert len(policy) == 1
    assert "script-src 'self'" in policy[0]
    assert "unsafe" not in policy[0]
    text = page.body.decode()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\bon\w+=|style=|https?://", text)
    for asset in re.findall(r'(?:src|href)="([^"]+)"', text):
        found = await house.ask("GET", asset, by=None)
        assert found.status == 200, asset
        assert len(found.body) > 100


async def test_the_selector_knows_every_service(house: House) -> None:
    choices = (await house.ask("GET", "/docs/services.json", by=None)).json()
    assert [choice["name"] for choice in choices] == ["gateway", *PATHS]


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [("", "", "zh-CN"), ("", "en", "en"), ("?language=en", "zh-CN", "en"), ("?language=zh-CN", "en", "zh-CN")],
)
async def test_the_document_comes_in_the_language_asked_for(
    house: House, query: str, header: str, language: str
) -> None:
    answer = await house.ask("GET", f"/openapi.json{query}", by=None, headers={"Accept-Language": header})
    assert answer.json()["info"]["x-language"] == answer.headers["Content-Language"] == language


async def test_one_services_document_is_its_contract(house: House) -> None:
    answer = await house.ask("GET", "/openapi.json?service=card-service", by=None)
    assert answer.json()["info"]["title"] == "card-service"


async def test_in_production_the_portal_wants_a_token(contracts: Path, tmp_path: Path) -> None:
    async with a_house(contracts, tmp_path, open_docs=False) as house:
        for path in ("/docs", "/openapi.json", "/docs/swagger-ui-bundle.js"):
            assert (await house.ask("GET", path, by=None)).status == 401
            assert (await house.ask("GET", path)).status == 200


def with_schemas(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {}, "paths": paths, "components": {"schemas": schemas}}


def returning(operation_id: str, name: str, *roles: str) -> dict[str, Any]:
    found = operation(operation_id, *roles)
    found["responses"]["200"]["content"][JSON]["schema"] = {"$ref": f"#/components/schemas/{name}"}
    return found


PROBLEM = {"type": "object", "properties": {"code": {"type": "string"}}}


def test_schemas_of_one_name_and_two_meanings_stay_apart_and_equal_ones_stand_once() -> None:
    cards = with_schemas(
        {"/v1/cards": {"get": returning("listCards", "View", "auditor")}},
        View={"type": "object", "properties": {"problem": {"$ref": "#/components/schemas/Problem"}}},
        Problem=PROBLEM,
    )
    cases = with_schemas(
        {"/v1/complaints": {"get": returning("listCases", "View", "auditor")}}, View={"type": "string"}, Problem=PROBLEM
    )
    document = merged({"card-service": cards, "complaint-service": cases}, Language.EN)
    assert sorted(document["components"]["schemas"]) == ["CardServiceView", "ComplaintServiceView", "Problem"]
    answer = document["paths"]["/v1/cards"]["get"]["responses"]["200"]["content"][JSON]["schema"]
    assert answer == {"$ref": "#/components/schemas/CardServiceView"}
    view = document["components"]["schemas"]["CardServiceView"]
    assert view["properties"]["problem"] == {"$ref": "#/components/schemas/Problem"}


def test_a_schema_that_leans_on_two_meanings_is_kept_apart_too() -> None:
    lean = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
    cards = with_schemas({}, Page=lean, Item={"type": "string"})
    cases = with_schemas({}, Page=lean, Item={"type": "integer"})
    document = merged({"card-service": cards, "complaint-service": cases}, Language.EN)
    assert document["components"]["schemas"]["CardServicePage"]["items"]["$ref"].endswith("CardServiceItem")


def test_the_merged_document_describes_what_the_gateway_puts_together(contracts: Path) -> None:
    documents = {name: json.loads((contracts / "openapi" / f"{name}.json").read_text()) for name in PATHS}
    document = merged(documents, Language.ZH)
    assert not list(OpenAPIV31SpecValidator({**document, "info": {**document["info"], "title": "t"}}).iter_errors())
    paths = document["paths"]
    assert paths["/v1/caller-cards"]["post"]["x-roles"] == ["call_centre_agent"]
    assert paths["/v1/caller-cards"]["post"]["x-service"] == "gateway"
    body = paths["/v1/caller-cards"]["post"]["requestBody"]["content"][JSON]["schema"]
    assert body["allOf"][1]["required"] == ["lookup_id"]
    assert set(paths["/v1/clients/{client_id}/overview"]["get"]["x-roles"]) == {"counter_teller", "client"}
    work_items = paths["/v1/work-items"]["get"]["responses"]["200"]["content"][JSON]["schema"]
    assert "missing" in work_items["allOf"][1]["properties"]
    assert "/v1/data-feeds" not in paths
