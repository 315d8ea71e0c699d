"""openapi.json is true: every route is in it and nothing else, and what a running hub answers is what it says.

The schemas are held strictly here: a key that the hub sends and the description does not know is an error.
"""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from gateway.api import alerts, channels, events, health, inbox, openapi
from messages.alert import AlertRequest
from tests.running import HubProcess, hub_in

DOCUMENT = json.loads((Path(openapi.__file__).parent / "openapi.json").read_text(encoding="utf-8"))
PARTS = (alerts, channels, events, health, inbox, openapi)
_CHOICE = re.compile(r"\(\?P<\w+>([a-z-]+(?:\|[a-z-]+)+)\)")


def served() -> set[tuple[str, str]]:
    """(method, path) of every route; a path that names its choices stands once for each."""
    app = web.Application()
    for part in PARTS:
        app.add_routes(part.routes)
    return {
        (route.method.lower(), path)
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
        for path in _paths(route.resource)
    }


def _paths(resource: web.AbstractResource) -> Iterator[str]:
    pattern = resource.get_info().get("pattern")
    choice = _CHOICE.search(pattern.pattern) if pattern is not None else None
    if choice is None:
        yield resource.canonical
        return
    for word in choice[1].split("|"):
        yield re.sub(r"\{(?:follow|word)\}", word, resource.canonical)


def described() -> set[tuple[str, str]]:
    return {(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods}


def strict(schema: Any) -> Any:
    """The same schema, in which an object may hold only what is described; parts of allOf are judged together."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: strict(value) for key, value in schema.items()}
    if "allOf" in inner or (inner.get("type") == "object" and "properties" in inner):
        inner.setdefault("unevaluatedProperties", False)
    return inner


SCHEMAS = strict(DOCUMENT["components"]["schemas"])
# Judged as a part of others, which say what else may be there.
for name in ("AlertHead",):
    SCHEMAS[name].pop("unevaluatedProperties")
for name in ("Alert", "AlertSummary"):
    for part in SCHEMAS[name]["allOf"]:
        part.pop("unevaluatedProperties", None)


def faults(schema: dict[str, Any], value: object) -> list[str]:
    whole = {**strict(schema), "components": {"schemas": SCHEMAS}}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


def ask(hub: HubProcess, method: str, path: str, body: Any = None) -> tuple[int, Any, str]:
    """Status, body and content type, over the Unix socket as the command line asks."""
    from gateway.cli.hub_client import _UnixConnection

    connection = _UnixConnection(str(hub.folder / "var" / "bavn.sock"))
    octets = None if body is None else json.dumps(body).encode()
    connection.request(method, path, octets, {"Content-Type": "application/json"})
    response = connection.getresponse()
    content = response.read()
    kind = response.headers.get_content_type()
    connection.close()
    return response.status, json.loads(content) if "json" in kind else content.decode(), kind


def schema_of(method: str, path: str, *, status: int, kind: str) -> dict[str, Any]:
    response = DOCUMENT["paths"][path][method]["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema: dict[str, Any] = response["content"][kind]["schema"]
    return schema


def test_every_route_is_described_and_every_description_is_served() -> None:
    assert described() == served()


def test_it_is_openapi_3_1_whose_references_all_resolve() -> None:
    text = json.dumps(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        place: Any = DOCUMENT
        for step in reference.split("/"):
            place = place[step]
    names = [op["operationId"] for methods in DOCUMENT["paths"].values() for op in methods.values()]
    assert len(names) == len(set(names))
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_json_to_send_has_exactly_the_fields_that_are_read() -> None:
    schema = DOCUMENT["components"]["schemas"]["NewAlert"]
    fields = AlertRequest.model_fields
    assert set(schema["properties"]) == set(fields)
    assert set(schema["required"]) == {name for name, field in fields.items() if field.is_required()}


@pytest.mark.parametrize("scope", ["send", "read", "operate"])
def test_the_scope_that_is_described_is_the_one_that_is_asked_for(scope: str) -> None:
    from aiohttp.test_utils import make_mocked_request

    from gateway.api.auth import OPEN_PATHS, _needed

    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if operation.get("x-scope") == scope:
                assert _needed(make_mocked_request(method.upper(), path)) == scope
            assert (operation["security"] == []) == (path in OPEN_PATHS)


NEW = {
    "to": ["krisestab"],
    "precedence": "priority",
    "want": "submitted",
    "headline": "Prøve",
    "answers": {"1": "ja"},
}


def test_what_a_hub_answers_is_what_the_description_says(hub: HubProcess) -> None:
    """One walk through a whole life: sent, answered, seen, listed, corrected, stopped, ended; each answer judged."""
    status, accepted, _ = ask(hub, "POST", "/api/v1/alerts", NEW)
    assert status == 202
    one, name = "/api/v1/alerts/{id}", "/api/v1/channels/{name}"
    alert = f"/api/v1/alerts/{accepted['id']}"
    spoken = {"recipient": "souschef", "text": "1", "via": "voice"}
    steps: list[tuple[str, str, str, Any]] = [
        ("post", "/api/v1/alerts", "/api/v1/alerts", {**NEW, "to": ["fjernlager"], "precedence": "flash"}),
        (
            "post",
            "/api/v1/preview",
            "/api/v1/preview",
            {"headline": "Prøve", "text": "Mere", "answers": {"1": "ja"}},
        ),
        ("post", "/api/v1/preview", "/api/v1/preview", {**NEW, "to": ["fjernlager"], "long_text": "Langt"}),
        ("post", "/api/v1/preview", "/api/v1/preview", {"text": "uden overskrift"}),
        ("post", f"{one}/answers", f"{alert}/answers", spoken),
        ("get", one, alert, None),
        ("post", f"{one}/update", f"{alert}/update", {"headline": "Mere"}),
        ("post", f"{one}/correct", f"{alert}/correct", {"headline": "Anden rettelse"}),
        ("post", f"{one}/stop", f"{alert}/stop", None),
        ("get", one, alert, None),
        ("get", "/api/v1/alerts", "/api/v1/alerts?open=1&limit=3", None),
        ("get", "/api/v1/alerts", "/api/v1/alerts", None),
        ("get", "/api/v1/alerts", "/api/v1/alerts?limit=many", None),
        ("post", "/api/v1/alerts", "/api/v1/alerts", {**NEW, "to": ["nobody"]}),
        ("get", one, f"/api/v1/alerts/{quote('#??')}", None),
        ("get", "/api/v1/channels", "/api/v1/channels", None),
        ("post", f"{name}/disable", "/api/v1/channels/second/disable", {"reason": "SIM"}),
        ("post", f"{name}/enable", "/api/v1/channels/second/enable", None),
        ("post", f"{name}/test", "/api/v1/channels/second/test", None),
        ("get", f"{name}/log", "/api/v1/channels/second/log", None),
        ("post", f"{name}/test", "/api/v1/channels/third/test", None),
        ("get", "/healthz", "/healthz", None),
        ("get", "/readyz", "/readyz", None),
        ("get", "/metrics", "/metrics", None),
        ("get", "/api/v1/openapi.json", "/api/v1/openapi.json", None),
    ]
    found = [
        (path, *judged(hub, method, described=path, path=asked, body=body))
        for method, path, asked, body in steps
    ]
    assert [each for each in found if each[2]] == []


def judged(hub: HubProcess, method: str, *, described: str, path: str, body: Any) -> tuple[int, list[str]]:
    status, value, kind = ask(hub, method.upper(), path, body)
    return status, faults(schema_of(method, described, status=status, kind=kind), value)


def test_over_tcp_a_stranger_gets_the_problem_that_is_described(hub: HubProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=10)
    connection.request("GET", "/api/v1/alerts", headers={"Authorization": "Bearer bavn_wrong"})
    response = connection.getresponse()
    value = json.loads(response.read())
    connection.close()
    assert response.status == 401
    assert (
        faults(
            schema_of("get", "/api/v1/alerts", status=401, kind=response.headers.get_content_type()), value
        )
        == []
    )
