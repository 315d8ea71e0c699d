"""What the gateway raises. The class says what the caller may do; the message names the thing and the remedy."""

from collections.abc import Mapping


class GatewayError(Exception):
    """The root. `pointer` names the element of the request at fault (RFC 9457 problem details), '' if none.

    `code` is the key of the same reason in the catalogue (`refused.CODE`), with the fields `about`; '' if it has none.
    """

    status = 500
    title = "The gateway failed"

    def __init__(
        self, reason: str, *, pointer: str = "", code: str = "", about: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.pointer, self.code, self.about = reason, pointer, code, dict(about or {})


class Refused(GatewayError):
    """The request is wrong and will be wrong again: mend it as the message says."""

    status = 422
    title = "The request cannot be carried out"


class Conflict(GatewayError):
    """The same idempotency key with another body, or a state that the request does not fit."""

    status = 409
    title = "The request conflicts with what was accepted before"


class Ambiguous(GatewayError):
    """A name that may mean several things: the message says how to write each of them. Nothing was done."""

    status = 409
    title = "The name may mean more than one thing"


class NotFound(GatewayError):
    status = 404
    title = "There is no such thing here"


class Busy(GatewayError):
    """The store cannot take it now: try again with the same idempotency key."""

    status = 503
    title = "The hub cannot accept now"


class StoreFailure(Busy):
    """The disk did not confirm. Nothing was accepted; the store re-opens before it takes anything else.

    `words` are those of the database alone, '' if it said none: at a start there is nothing to send again.
    """

    def __init__(self, reason: str, *, words: str = "") -> None:
        super().__init__(reason)
        self.words = words


class StoreUnfit(GatewayError):
    """The store may not be opened: wrong version, wrong settings, damaged. The message says what to do."""
