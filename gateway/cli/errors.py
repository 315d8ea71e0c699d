"""Why a command ends with another status than 0. The class is the status; the text is one line for people."""

from gateway.errors import GatewayError


class CommandError(GatewayError):
    """Refused or failed: the text says why and what to do."""

    exit_status = 1


class Usage(CommandError):
    """The command was written wrongly."""

    exit_status = 2


class NotInTime(CommandError):
    """Accepted, but the evidence waited for did not come in time, or someone ended without it."""

    exit_status = 3


class NoHub(CommandError):
    """No hub is running, or none can be reached."""

    exit_status = 4


class SocketGone(NoHub):
    """A hub holds the store, and its socket is not there: it starts or stops, or somebody removed the file."""
