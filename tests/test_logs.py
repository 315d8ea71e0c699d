"""Logs: one record a line whatever is in it, no secrets, and nothing of what an alert says above debug."""

import asyncio
import io
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from aiohttp import http_exceptions, web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.logs import MAX_CHARACTERS, configure, escaped

CASES = json.loads((Path(__file__).parent / "data" / "log_injection.json").read_text(encoding="utf-8"))
Write = Callable[..., list[str]]


def lines_of(
    write: Callable[[], None], level: str = "info", *, human: bool = False, secrets: tuple[str, ...] = ()
) -> list[str]:
    """What the log holds after `write`, split where a reader of the file would split it."""
    stream = io.StringIO()
    configure(level, stream=stream, human=human, secrets=secrets)
    write()
    return stream.getvalue().splitlines()


def record_of(
    write: Callable[[], None], level: str = "info", *, secrets: tuple[str, ...] = ()
) -> dict[str, object]:
    (line,) = lines_of(write, level, secrets=secrets)
    record = json.loads(line)
    assert isinstance(record, dict)
    return record


def log() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("gateway.test")
    return logger


@pytest.mark.parametrize("human", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_hostile_name_is_one_harmless_line(case: dict[str, str], human: bool) -> None:
    value = case["value"]
    ours = lines_of(lambda: log().info("accepted", name=value, **{"k" + value: 1}), human=human)
    theirs = lines_of(lambda: logging.getLogger("channels.email").warning("from %s", value), human=human)
    assert (len(ours), len(theirs)) == (1, 1)
    assert all(sign.isprintable() for sign in ours[0] + theirs[0])
    assert len(ours[0]) < 2 * MAX_CHARACTERS + 500


@given(st.text(alphabet=st.characters(), max_size=200))
def test_no_text_at_all_makes_two_lines_or_moves_the_cursor(value: str) -> None:
    (line,) = lines_of(lambda: log().warning(value, name=value, many=[value, {value: value}]))
    assert line.isprintable()
    json.loads(line)


def test_what_is_escaped_can_still_be_read() -> None:
    assert escaped("Bjørneby\n2026 INFO") == r"Bjørneby\n2026 INFO"
    assert escaped("\x1b[2J\u202e\u200b\udcff") == r"\x1b[2J\u202e\u200b\udcff"
    assert escaped("x" * 12, 10) == "x" * 10 + "… (+2 characters)"


def test_a_record_begins_with_time_level_logger_and_event() -> None:
    record = record_of(lambda: log().info("submitted", channel="sms-a", parts=2))
    assert list(record)[:4] == ["timestamp", "level", "logger", "event"]
    rest = {"level": "info", "logger": "gateway.test", "event": "submitted", "channel": "sms-a", "parts": 2}
    assert {key: record[key] for key in record if key != "timestamp"} == rest
    assert str(record["timestamp"]).endswith("Z")


def test_the_packages_below_are_heard_in_the_same_form() -> None:
    record = record_of(
        lambda: logging.getLogger("channels.sms_modem").warning("port %s is away", "/dev/ttyUSB0")
    )
    assert record["event"] == "port /dev/ttyUSB0 is away"
    assert (record["level"], record["logger"]) == ("warning", "channels.sms_modem")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "hemmelig-kode"),
        ("sim_pin", "hemmelig-kode"),
        ("Authorization", "hemmelig-kode"),
        ("config", SecretStr("hemmelig-kode")),
        ("nested", {"list": [{"token": "hemmelig-kode"}]}),
        ("deep", {"a": {"b": {"c": {"d": {"password": "hemmelig-kode"}}}}}),
        ("answer_of_server", "535 hemmelig-kode is wrong"),
        ("header", "Bearer hemmelig-kode"),
        ("blob", b"AUTH hemmelig-kode"),
    ],
)
def test_a_secret_is_masked_wherever_it_stands(field: str, value: object) -> None:
    known = ("hemmelig-kode",) if field in {"answer_of_server", "blob"} else ()
    for level in ("info", "debug"):
        lines = lines_of(lambda: log().info("connecting", **{field: value}), level, secrets=known)
        assert len(lines) == 1
        assert "hemmelig" not in lines[0]


def test_an_api_token_is_masked_in_any_text() -> None:
    record = record_of(lambda: log().info("got bavn_" + "a1_-" * 11 + " from a script"))
    assert record["event"] == "got *** from a script"


def raise_with(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log().exception("failed")
        logging.getLogger("channels.email").exception("failed")


def test_a_traceback_is_on_one_line_masked_and_without_local_variables() -> None:
    lines = lines_of(lambda: raise_with("hemmelig-kode\x1b[2J"), secrets=("hemmelig-kode",))
    assert len(lines) == 2
    for line in lines:
        assert "Traceback" in json.loads(line)["exception"]
        assert r"ValueError: ***\x1b[2J" in json.loads(line)["exception"]
        assert "hemmelig" not in line


@pytest.mark.parametrize("field", ["text", "headline", "radio_text", "long_text", "body", "raw", "answer"])
def test_what_an_alert_says_is_shown_at_debug_only(field: str) -> None:
    above = lines_of(lambda: log().warning("refused", **{field: "Evakuer Bjørneby"}), "debug")
    assert json.loads(above[0])[field] == "(16 characters)"
    below = lines_of(lambda: log().debug("refused", **{field: "Evakuer Bjørneby"}), "debug")
    assert json.loads(below[0])[field] == "Evakuer Bjørneby"


@dataclass(frozen=True)
class Said:
    what: str


def test_an_object_is_named_not_dumped() -> None:
    assert record_of(lambda: log().info("handed over", outgoing=Said("Evakuer")))["outgoing"] == "<Said>"
    assert record_of(lambda: log().info("read", path=Path("/var")))["path"] == "/var"


@pytest.mark.parametrize(
    "name", ["aiosmtplib", "aiohttp.access", "asyncio", "sqlalchemy.engine", "alembic.runtime"]
)
def test_a_library_that_tells_everything_is_kept_quiet_even_at_debug(name: str) -> None:
    assert lines_of(lambda: logging.getLogger(name).info("sent: Evakuer Bjørneby"), "debug") == []
    assert len(lines_of(lambda: logging.getLogger(name).warning("the far end is away"), "debug")) == 1


def test_below_the_level_nothing_is_written() -> None:
    assert lines_of(lambda: log().info("chatter"), "warning") == []


def test_setting_up_twice_writes_once() -> None:
    lines_of(lambda: None)
    assert len(lines_of(lambda: log().info("once"))) == 1


def test_lines_for_people_carry_no_colour_codes_into_a_file() -> None:
    (line,) = lines_of(lambda: log().info("accepted", alert="K7"), human=True)
    assert "accepted" in line
    assert "alert=K7" in line
    assert "\x1b" not in line


async def answer_to(octets: bytes) -> None:
    """Sends `octets` to a server that reads every body, and waits until it hangs up."""

    async def read(request: web.BaseRequest) -> web.Response:
        return web.Response(body=await request.read())

    runner = web.ServerRunner(web.Server(read))
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    writer.write_eof()
    await reader.read()
    writer.close()
    await runner.cleanup()


POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
BROKEN = {
    "chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "length": POST + b"Content-Length: -5\r\n\r\n",
    "long header": POST + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("octets", BROKEN.values(), ids=BROKEN)
def test_broken_http_of_a_stranger_is_one_short_warning(octets: bytes) -> None:
    lines = lines_of(lambda: asyncio.run(answer_to(octets)))
    assert len(lines) == 1
    record = json.loads(lines[0])
    assert (record["level"], record["logger"]) == ("warning", "aiohttp.server")
    assert "exception" not in record
    assert "no proper HTTP (" in record["event"]
    assert len(lines[0]) < 300


def fail_in_a_handler(error: Exception) -> None:
    try:
        raise error
    except Exception as caught:  # as aiohttp.server does
        logging.getLogger("aiohttp.server").exception(
            "Error handling request from %s", "::1", exc_info=caught
        )


def test_only_the_protocol_is_told_shortly_and_a_fault_of_ours_in_full() -> None:
    configure()  # twice, as a reload would
    short = record_of(lambda: fail_in_a_handler(http_exceptions.TransferEncodingError("hemmelig")))
    assert short["event"] == "Error handling request from ::1: no proper HTTP (TransferEncodingError)"
    ours = record_of(lambda: fail_in_a_handler(KeyError("a fault of ours")))
    assert ours["level"] == "error"
    assert "Traceback" in str(ours["exception"])
