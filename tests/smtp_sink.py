"""The demonstration's mail server with a script: at each step it can refuse, hang up or fall silent."""

import asyncio
from enum import Enum, auto

from channels.email import EmailChannel
from channels.email_config import EmailConfig
from gateway.demo_mail import Hangup, MailSink

SENDER = "krisestab@eksempelkommune.invalid"


class Does(Enum):
    HANG_UP = auto()
    MUTE = auto()


class ScriptedSink(MailSink):
    """`script` says by step what happens the next time: a reply, or `Does`; then the step is as usual again."""

    def __init__(
        self, script: dict[str, str | Does] | None = None, *, offers: tuple[str, ...] | None = None
    ) -> None:
        super().__init__()
        self.script = script or {}
        self.heard: list[str] = []
        self.connections = 0
        self.muted = asyncio.Event()  # set when a scripted silence has begun
        if offers is not None:
            self.offers = offers

    async def answer(self, step: str, line: str) -> str:
        self.heard.append(line or step)
        self.connections += step == "connect"
        told = self.script.pop(step, None)
        if told is Does.HANG_UP:
            raise Hangup
        if told is Does.MUTE:
            self.muted.set()
            await asyncio.Event().wait()
        return told if isinstance(told, str) else await super().answer(step, line)

    @property
    def open_sessions(self) -> int:
        return len(self._sessions)

    def all_heard(self, verb: str) -> list[str]:
        return [line for line in self.heard if line.startswith(verb)]


def mail_channel(port: int, **options: object) -> EmailChannel:
    """A channel to 127.0.0.1 whose limits are short enough for a test to wait for."""
    known: dict[str, object] = {
        "bearer": "email",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "sender": SENDER,
        "sender_name": "Eksempelby Kommune",
        "connect_s": 0.3,
        "command_s": 0.2,
        "content_s": 0.2,
        "reconnect_s": 0.05,
        "reconnect_max_s": 0.1,
    }
    return EmailChannel("mail", EmailConfig(**(known | options)))  # type: ignore[arg-type]
