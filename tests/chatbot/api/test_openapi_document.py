"""What the OpenAPI document says, beside what requests hold it to (tests/contracts)."""

import time
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from chatbot.api.needs import Need
from tests.chatbot.api.every_route import EVERY_ROUTE, is_widgets


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_every_operation_has_a_name_a_tag_and_words(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names) == len(EVERY_ROUTE)
    assert all("__" not in name and "api_v1" not in name for name in names)
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for operation in found.values() for tag in operation["tags"]} == described
    assert all(operation["description"] for operation in found.values())
    assert "servers" not in document


def test_every_operation_says_who_may_call_it(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http", "apiKey"}
    for route, operation in operations(document).items():
        security = [name for entry in operation["security"] for name in entry]
        assert set(security) <= set(schemes)
        need = EVERY_ROUTE[route].need
        if is_widgets(route):
            assert security in ([], ["widget"]), route
        elif need is Need.NOTHING:
            assert security == [], route
        else:
            assert set(security) >= {"bearer", "key", "session"}, route
            assert ({} in operation["security"]) is (need is Need.VISITOR)


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        assert "default" not in operation["responses"]
        for status, response in operation["responses"].items():
            if status >= "400":
                kind = "application/json" if " /v1/" in route else "application/problem+json"
                assert list(response["content"]) == [kind], (route, status)


def test_every_body_and_the_main_answers_have_an_example_that_fits(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for example in schema.get("examples", []):
            whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            faults = list(jsonschema_rs.validator_for(whole).iter_errors(example))
            assert not faults, (name, faults)
    for route, operation in operations(document).items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            reference = content["schema"].get("$ref", "").rpartition("/")[2]
            assert schemas.get(reference, {}).get("examples") or content.get("example"), route


def test_it_is_quick_to_get(client: TestClient) -> None:
    client.get("/openapi.json")
    started = time.perf_counter()
    for _ in range(10):
        assert client.get("/openapi.json").status_code == 200
    assert time.perf_counter() - started < 2
