"""openapi.json says the bounds that are enforced: what a schema lets through is taken, what it refuses is refused."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from gateway.api.inbox import ONE_LINE
from messages.alert import AlertRequest
from tests.running import HubProcess
from tests.test_openapi import DOCUMENT, ask, faults, hub

__all__ = ["hub"]

GOOD: dict[str, Any] = {"to": ["vagt"], "precedence": "routine", "headline": "Prøve"}
ALIKE: list[tuple[str, object]] = [
    *(("to", [name]) for name in ("vagt", "a b", "", "x" * 200, "x" * 201, "a,b", "a<b", "a\u0001", "ø")),
    ("to", []),
    *(("headline", text) for text in ("x", "", " ", "a\x00b", "a\nb", "x" * 501)),
    *((name, text) for name in ("text", "radio_text", "number") for text in ("", "x", " ", "a\x00b")),
    *(("long_text", text) for text in ("", " ", "a\x00b")),
    *(("answers", found) for found in ({"1": "ja"}, {"123": "ja"}, {"1": ""}, {"1": " "}, {"1": "a\x00"})),
    ("urgent", ["x"]),
    *(("repeat", word) for word in ("3h", "", "3", "0h", "3 h", "1t")),
    *(("expires", word) for word in ("90m", "", "-2h", "2026-01-12T05:16:00+01:00", "2026-01-12", "999999d")),
    ("until", "1d"),
]
PATHS: dict[str, list[dict[str, Any]]] = {
    "/inbox/1/take": [{"by": "Bo"}, {"by": "a\nb"}, {"by": "a\u2028b"}, {"by": "x" * 501}, {"other": "x"}],
    "/inbox/1/is": [{"contact": ""}, {"contact": "a\tb"}, {}, {"contact": "vagt", "by": "\u202e"}],
    "/alerts/{id}/answers": [{"recipient": "a", "text": "1", "via": "voice", "more": 1}, {"recipient": "a"}],
    "/channels/second/disable": [{"resaon": "SIM"}, {"reason": "x" * 201}],
}


@pytest.mark.parametrize(("name", "value"), ALIKE, ids=[f"{n}-{v!r}"[:60] for n, v in ALIKE])
def test_the_schema_of_an_alert_lets_through_what_is_taken(name: str, value: object) -> None:
    body = {**GOOD, name: value}
    try:
        AlertRequest.model_validate(body)
        taken = True
    except ValidationError:
        taken = False
    assert (faults(DOCUMENT["components"]["schemas"]["NewAlert"], body) == []) == taken


@pytest.mark.parametrize(
    ("path", "body"), [(path, body) for path, bodies in PATHS.items() for body in bodies]
)
def test_a_body_that_the_schema_refuses_is_refused(hub: HubProcess, path: str, body: dict[str, Any]) -> None:
    described = path.replace("/1/", "/{number}/").replace("second", "{name}")
    operation = DOCUMENT["paths"][f"/api/v1{described}"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    status, _, _ = ask(hub, "POST", f"/api/v1{path.replace('{id}', 'nothing')}", body)
    assert (status == 422) == bool(faults(schema, body)), status


@pytest.mark.parametrize("field", ["InboxWord.by", "InboxWord.note", "InboxIdentity.contact"])
def test_one_line_is_the_same_in_both(field: str) -> None:
    schema, _, name = field.partition(".")
    assert DOCUMENT["components"]["schemas"][schema]["properties"][name]["pattern"] == ONE_LINE


@pytest.mark.parametrize("note", ["👩\u200d🚒 på vej", "\U0001fae9", "Bo har ringet"])
def test_a_note_may_hold_any_emoji(hub: HubProcess, note: str) -> None:
    assert ask(hub, "POST", "/api/v1/inbox/1/done", {"by": "Bo", "note": note})[0] == 404


def test_every_operation_says_what_broken_http_gets() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            wanted = {"400", "408", "413"} if method == "post" else {"400"}
            assert wanted <= set(operation["responses"]), path


def test_every_pattern_is_one_that_readers_of_the_description_know() -> None:
    text = json.dumps(DOCUMENT)
    assert "(?P" not in text
    assert "\\\\p{" not in text
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"]["NewAlert"])
