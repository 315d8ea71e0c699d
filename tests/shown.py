"""Alerts as `GET /alerts/{id}` gives them, and how they are drawn: for tests of what people see."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

from rich.console import Console

from gateway.catalogue import catalogue
from gateway.cli.drawing import alert_view

NOW = datetime(2026, 1, 12, 2, 31, tzinfo=UTC)


def attempt(number: int = 1, evidence: str = "submitted", **changes: Any) -> dict[str, Any]:
    usual = {
        "id": number,
        "channel": "sms-a",
        "address": "sms:+4500000001",
        "evidence": evidence,
        "receipt": "42",
        "why": "first",
        "queued_at": "2026-01-12T02:30:00Z",
        "started_at": "2026-01-12T02:30:01Z",
        "ended_at": "2026-01-12T02:30:04Z",
        "detail": "",
    }
    return {**usual, **changes}


def delivery(recipient: str, evidence: str, **changes: Any) -> dict[str, Any]:
    usual = {
        "recipient": recipient,
        "evidence": evidence,
        "ended": None,
        "answer": None,
        "answered_at": None,
        "answers": [],
        "deputy_for": None,
        "call": False,
        "round": 1,
        "next": None,
        "attempts": [],
    }
    return {**usual, **changes}


def alert(*deliveries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    usual = {
        "id": "20260112T023000Z-ABCDEFGH",
        "code": "K7",
        "status": "Exercise",
        "plane": "exercise",
        "precedence": "flash",
        "headline": "Krisestaben mødes kl. 03.45",
        "answers": {"1": "kommer"},
        "accepted_at": "2026-01-12T02:30:00Z",
        "expires_at": "2026-01-12T04:30:00Z",
        "withdrawn": None,
        "withdrawn_at": None,
        "replaces": None,
        "replaced_by": None,
        "unconfirmed_answers": [],
        "deliveries": list(deliveries),
    }
    return {**usual, **changes}


def drawn(found: dict[str, Any], language: str = "da", **options: bool) -> str:
    out = StringIO()
    Console(file=out, width=80).print(alert_view(found, catalogue(language), now=NOW, **options))
    return out.getvalue()
