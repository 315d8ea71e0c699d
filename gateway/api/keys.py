"""What the handlers find in the application."""

from collections.abc import Iterable

from aiohttp import web

from gateway.config import Config
from gateway.hub import Hub
from gateway.operator import Operator
from gateway.tokens import Token

HUB = web.AppKey("hub", Hub)
OPERATOR = web.AppKey("operator", Operator)
CONFIG = web.AppKey("config", Config)
TOKENS: web.AppKey[Iterable[Token]] = web.AppKey("tokens")
