"""That a broker has a session of ours, over restarts of the hub: one that has forgotten it has lost answers."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


class SessionMemory:
    """A file that names the broker and the client. Without a folder it is known for as long as the process lives."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "session" if folder else None
        self._known = ""

    def recall(self) -> None:
        """What cannot be read is as good as nothing: then a session that was forgotten is not missed."""
        try:
            self._known = self._file.read_text("utf-8").strip() if self._file else ""
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("%s: which session we had cannot be read: %s", self._file, error)

    def had(self, session: str) -> bool:
        return session == self._known

    def opened(self, session: str) -> None:
        """Kept once: nothing is written when a session is opened again."""
        if session == self._known:
            return
        self._known = session
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._file.with_name("session.new")
            new.write_text(f"{session}\n", "utf-8")
            os.replace(new, self._file)
        except OSError as error:
            log.warning("%s: that we have a session cannot be kept: %s", self._file, error)
