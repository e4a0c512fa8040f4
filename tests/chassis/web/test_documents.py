"""One source, one OpenAPI document a language; what the frame adds to each operation."""

from collections.abc import Callable
from typing import Any

import pytest
from chassis.assembly import Service, create_app, openapi
from chassis.call import Call
from chassis.operation_docs import operation
from chassis.policy import allow
from chassis.routing import router
from chassis.texts import Language
from openapi_spec_validator import OpenAPIV31SpecValidator

Make = Callable[..., Service]


@pytest.fixture(scope="module", params=list(Language))
def document(request: pytest.FixtureRequest, sample: Make) -> dict[str, Any]:
    return openapi(sample(), request.param)


def of(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def test_a_document_is_valid_openapi(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_each_language_has_its_own_words(sample: Make) -> None:
    english, chinese = openapi(sample(), Language.EN), openapi(sample(), Language.ZH)
    assert of(english, "post", "/v1/things")["summary"] == "Put a thing on a shelf"
    assert of(chinese, "post", "/v1/things")["summary"] == "物品上架"
    label = "NewThing", "label"
    assert english["components"]["schemas"][label[0]]["properties"][label[1]]["description"] == "Label on the thing"
    assert chinese["components"]["schemas"][label[0]]["properties"][label[1]]["description"] == "物品标签"
    assert (english["info"]["title"], chinese["info"]["title"]) == ("Things", "物品")


def test_documents_differ_only_in_words(sample: Make) -> None:
    def bones(node: Any) -> Any:
        if isinstance(node, dict):
            words = {"summary", "description", "title", "x-language"}
            return {name: bones(value) for name, value in node.items() if name not in words or isinstance(value, dict)}
        return [bones(value) for value in node] if isinstance(node, list) else node

    assert bones(openapi(sample(), Language.EN)) == bones(openapi(sample(), Language.ZH))


def test_an_operation_names_its_roles_its_audience_and_its_headers(document: dict[str, Any]) -> None:
    post = of(document, "post", "/v1/things")
    assert (post["operationId"], post["x-roles"], post["x-nationwide"]) == ("shelveThing", ["keeper"], False)
    assert post["tags"] == ["branch"]
    assert post["security"] == [{"bearer": []}]
    assert post["requestBody"]["content"]["application/json"]["example"] == {"label": "globe"}
    wanted = {parameter["name"]: parameter["required"] for parameter in post["parameters"]}
    assert wanted == {"Accept-Language": False, "Idempotency-Key": True}
    patch = of(document, "patch", "/v1/things/{thing_id}")
    assert {"If-Match", "Accept-Language", "thing_id"} == {parameter["name"] for parameter in patch["parameters"]}
    assert of(document, "get", "/v1/everywhere/{thing_id}")["x-nationwide"] is True
    assert "Idempotency-Key" not in {one["name"] for one in of(document, "post", "/v1/questions")["parameters"]}


def test_every_operation_declares_its_problems(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            assert {"400", "401", "403", "429", "500", "503"} <= set(described["responses"]), f"{method} {path}"
            for status, answer in described["responses"].items():
                if not status.startswith("2"):
                    assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"
    assert {"412", "428"} <= set(of(document, "patch", "/v1/things/{thing_id}")["responses"])


def test_frameworks_words_and_our_own_marks_do_not_leak(document: dict[str, Any]) -> None:
    written = str(document)
    for word in ("HTTPValidationError", "x-declared", "'x-en'", "'x-zh'", "request_of_the_frame", "CallContext"):
        assert word not in written


def test_internal_operations_stand_in_a_document_of_their_own(sample: Make) -> None:
    public, internal = openapi(sample(), Language.EN), openapi(sample(), Language.EN, internal=True)
    assert not any(path.startswith("/internal/") for path in public["paths"])
    assert set(internal["paths"]) == {"/internal/things/{thing_id}"}
    assert internal["paths"]["/internal/things/{thing_id}"]["get"]["x-systems"] == ["friend"]


def test_operations_and_work_items_come_with_the_frame(document: dict[str, Any]) -> None:
    assert {"/v1/operations/{operation_id}", "/v1/work-items"} <= set(document["paths"])


def test_two_operations_of_one_name_are_refused(sample: Make) -> None:
    doubled = router()
    for path in ("/v1/one", "/v1/two"):

        @doubled.get(path, **operation("same", allow=allow("keeper"), en="Same", zh="同名", audience=["ops"]))
        async def same(call: Call) -> dict[str, str]:
            return {}

    with pytest.raises(ValueError, match="same"):
        create_app(sample(routers=(doubled,)))


def test_an_internal_path_on_a_public_router_is_refused() -> None:
    api = router()
    with pytest.raises(ValueError, match="internal"):

        @api.get("/internal/x", **operation("x", allow=allow("keeper"), en="X", zh="某", audience=["ops"]))
        async def x(call: Call) -> dict[str, str]:
            return {}


def test_an_endpoint_that_changes_something_takes_its_call() -> None:
    api = router()
    with pytest.raises(TypeError, match="call: Call"):

        @api.post("/v1/x", **operation("x", allow=allow("keeper"), en="X", zh="某", audience=["ops"]))
        async def x() -> dict[str, str]:
            return {}
