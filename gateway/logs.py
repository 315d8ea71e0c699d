"""Logs for engineers: one JSON object a line on stderr, or readable lines for interactive tools.

Audit is another thing (the inquiry's): nothing here may be needed later. What comes from outside can neither
start a new line nor move a terminal's cursor; secrets are masked; what an alert says is shown at debug level
only.
The packages below the gateway use stdlib logging, which runs through the same steps.
"""

import codecs
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, SecretBytes, SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.log_floods import OneLineHandler, Tenths

MAX_CHARACTERS = 2_000  # of one value; the rest is counted, not shown
MAX_TRACE_CHARACTERS = 20_000
_MAX_ITEMS = 50  # of a list or mapping in a record
_MAX_DEPTH = 4
_SECRET_KEY = re.compile(r"(?:^|_)(?:password|passwd|secret|token|pin|puk|authorization|(?:api|master)_key)$")
_SECRET_TEXT = re.compile(r"\bbavn_[A-Za-z0-9_-]{20,}|(?<=\bBearer )[A-Za-z0-9._~+/=-]{8,}")
# What an alert or an answer says, and what went over the wire: never above debug.
_SPEECH = frozenset(
    {"text", "headline", "radio_text", "long_text", "sms_text", "body", "words", "raw", "answer"}
)
codecs.lookup("unicode_escape")  # read from a file at its first use, when there may be no descriptor left
_FIRST = ("timestamp", "level", "logger", "event")
# Libraries that tell too much at info, and whose debug lines hold whole messages and passwords.
_CHATTY = ("aiosmtplib", "aiohttp", "aiohttp.access", "aiohttp.server", "asyncio", "sqlalchemy", "alembic")


def configure(
    level: str = "info", *, stream: TextIO | None = None, secrets: Iterable[str] = (), human: bool = False
) -> None:
    """Sets up structlog and stdlib logging for the whole process; the last call holds.

    `secrets` are values that must never be shown (Config.secrets); `human` gives lines for people, not JSON.
    """
    stream = stream or sys.stderr
    shared = _shared_steps(secrets)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = OneLineHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(stream, human=human),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # What others can make these two say must not fill the disk.
    logging.getLogger("asyncio").filters[:] = [Tenths()]
    logging.getLogger("aiohttp.server").filters[:] = [_short_about_strangers, Tenths()]


def escaped(text: str, limit: int = MAX_CHARACTERS, *, keep: str = "") -> str:
    r"""The text with each control, format and line-separating character escaped (\n, \x1b, \u202e), capped.

    Everything that is not printable (Unicode categories C and Z, but for the space); `keep` names what may stay.
    A backslash stays as it is.
    """
    shown = text[:limit]
    if not shown.isprintable():
        shown = "".join(c if c in keep or c.isprintable() else _escape(c) for c in shown)
    left_out = len(text) - limit
    return f"{shown}… (+{left_out} characters)" if left_out > 0 else shown


def _short_about_strangers(record: logging.LogRecord) -> bool:
    """A stranger's broken HTTP is one short warning: it needs no token, so its tracebacks could fill the disk."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        # The class alone: the error's text quotes what came, and the record's own text says from where.
        record.msg = f"{record.getMessage()}: no proper HTTP ({type(error).__name__})"
        record.args = ()
        record.exc_info = record.exc_text = None
    return True


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def _shared_steps(secrets: Iterable[str]) -> list[Processor]:
    """What every record passes, ours and the libraries'."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # without local variables: they hold texts and passwords
        _Cleaner(secrets),
    ]


def _renderer(stream: TextIO, *, human: bool) -> Processor:
    if human:
        plain = structlog.dev.plain_traceback
        return structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=plain, sort_keys=False
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _as_text(value: Any) -> str:
    """The value's own text; the type's name if it has none, since a repr may hold what an alert says."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, BaseModel) or not any("__str__" in vars(cls) for cls in type(value).__mro__[:-1]):
        return f"<{type(value).__name__}>"
    return str(value)


class _Cleaner:
    """The step that makes a record safe to write: escaped, masked, capped, and silent about what was said."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first, so that a secret that holds another is masked whole; short ones would mask anything.
        words = sorted((re.escape(secret) for secret in secrets if len(secret) >= 4), key=len, reverse=True)
        self._known = re.compile("|".join(words)) if words else None

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        open_talk = event.get("level") == "debug"
        # The four that every line has come first, so that a person finds them at the same place.
        event = {**{key: event[key] for key in _FIRST if key in event}, **event}
        internal = {key: value for key, value in event.items() if key.startswith("_")}  # structlog's own
        outer = {key: value for key, value in event.items() if not key.startswith("_")}
        clean = {self._text(k): self._value(k, v, open_talk=open_talk, depth=0) for k, v in outer.items()}
        return {**internal, **clean}

    def _value(self, key: str, value: Any, *, open_talk: bool, depth: int) -> Any:
        if _SECRET_KEY.search(key.lower()) or isinstance(value, SecretStr | SecretBytes):
            return "***"
        if key in _SPEECH and not open_talk:
            return f"({len(value)} characters)" if isinstance(value, str | bytes) else "(not shown)"
        if key in {"exception", "stack"}:
            return escaped(self._mask(str(value)), MAX_TRACE_CHARACTERS, keep="\n")
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._several(value, open_talk=open_talk, depth=depth + 1)
        return self._text(_as_text(value))

    def _several(self, value: Any, *, open_talk: bool, depth: int) -> Any:
        """A mapping or a list, cleaned item by item; what is too deep or long is left out."""
        if depth > _MAX_DEPTH:
            return "(too deep)"
        if isinstance(value, Mapping):
            items = list(value.items())[:_MAX_ITEMS]
            return {
                self._text(str(name)): self._value(str(name), inner, open_talk=open_talk, depth=depth)
                for name, inner in items
            }
        return [self._value("", item, open_talk=open_talk, depth=depth) for item in list(value)[:_MAX_ITEMS]]

    def _text(self, text: str) -> str:
        return escaped(self._mask(text))

    def _mask(self, text: str) -> str:
        masked = _SECRET_TEXT.sub("***", text)
        return self._known.sub("***", masked) if self._known is not None else masked
