"""From a claimed attempt to what a channel is shown, with the last check before the first byte."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from channels.base import Outgoing, Withdrawn
from gateway.attempt_names import attempt_name
from gateway.clock import Clock
from gateway.store.sending import Claimed
from gateway.world import WayBack, World
from messages.address import parse_address
from messages.alert import Alert, Withdrawal, from_json
from messages.render import Words

ALERTS_KEPT = 4096


class OutgoingMaker:
    """Makes Outgoings. `withdrawn` are the alerts whose withdrawal is being committed, or was since the start."""

    def __init__(self, clock: Clock, world: Callable[[], World]) -> None:
        self._clock, self._world = clock, world
        self._alerts: OrderedDict[str, Alert] = OrderedDict()
        self.withdrawn: set[str] = set()

    @contextmanager
    def withdrawing(self, identifiers: Iterable[str]) -> Iterator[None]:
        """From before the commit of a withdrawal on, nothing of these alerts may begin to leave (I6)."""
        new = set(identifiers) - self.withdrawn
        self.withdrawn |= new
        try:
            yield
        except BaseException:
            self.withdrawn -= new
            raise

    def make(self, channel: str, claimed: Claimed) -> Outgoing:
        return Outgoing(
            attempt=attempt_name(claimed.identifier, claimed.attempt_id),
            alert=claimed.identifier,
            address=parse_address(claimed.address),
            words=self._words(channel, claimed),
            precedence=claimed.precedence,
            expires_at=claimed.expires_at,
            validity=claimed.validity,
            hand_over=self._last_check(claimed),
        )

    def _last_check(self, claimed: Claimed) -> Callable[[], None]:
        """Between the commit as `sending` and the first byte time passes: a stop or the expiry may have come."""

        def check() -> None:
            if claimed.identifier in self.withdrawn:
                raise Withdrawn("withdrawn before the first byte left")
            if self._clock() >= claimed.expires_at:
                raise Withdrawn("expired before the first byte left")

        return check

    def _words(self, channel: str, claimed: Claimed) -> Words:
        back = self._world().way_back(channel, claimed.recipient, plane=claimed.plane)
        return words_of(
            self._alert(claimed),
            back,
            plane=claimed.plane,
            code=claimed.code,
            replaces_code=claimed.replaces_code,
            has_corrected=claimed.has_corrected,
            repeated=claimed.repeated,
            expires_at=claimed.expires_at,
        )

    def _alert(self, claimed: Claimed) -> Alert:
        """The alert, read once for all its recipients."""
        alert = self._alerts.get(claimed.identifier)
        if alert is None:
            alert = from_json(claimed.body)
            self.remember(claimed.identifier, alert)
        return alert

    def remember(self, name: str, alert: Alert) -> None:
        """An alert that was just accepted, by its name in the store, need not be read back to be handed over."""
        self._alerts[name] = alert
        if len(self._alerts) > ALERTS_KEPT:
            self._alerts.popitem(last=False)


def words_of(
    alert: Alert,
    back: WayBack,
    *,
    plane: str,
    code: str,
    expires_at: datetime,
    replaces_code: str = "",
    has_corrected: bool = False,
    repeated: bool = False,
) -> Words:
    """What an alert says to one recipient over one channel, before that channel's limits.

    `has_corrected`: what the recipient has was corrected, and the correction never reached them.
    """
    return Words(
        exercise=plane != "live",
        msg_type=alert.msg_type,
        withdrawal=Withdrawal.CORRECTION if has_corrected and alert.adds else alert.withdrawal,
        sender_name=alert.sender_name,
        headline=alert.headline,
        text=alert.text,
        radio_text=alert.radio_text,
        long_text=alert.long_text,
        answers=alert.answers,
        code=code,
        replaces_code=replaces_code,
        repeated=repeated,
        language=alert.language,
        sent=alert.sent,
        expires_at=expires_at,
        two_way=back.two_way,
        answer_over=back.elsewhere,
    )
