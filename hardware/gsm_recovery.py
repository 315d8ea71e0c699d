"""The rungs of a GSM modem's recovery, done one at a time. Which one is next is the driver's decision.

Source: reports of tools that run such modems for years; CFUN=4 and 1 heals one that is registered and deaf
(home-assistant/core issue 71162), and several hear nothing again before their power was cut (gammu issue 323).
"""

import asyncio
import logging
from dataclasses import dataclass

from hardware.chat import Chat
from hardware.errors import HardwareError, NoAnswer, PortLost, Refused
from hardware.gsm_state import Rung
from hardware.port import Port, drop_dtr
from hardware.power import PowerCycle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the rungs need. The set-up that follows each of them begins with ESC and AT."""

    port: Port
    power_cycle: PowerCycle | None = None

    @property
    def without(self) -> frozenset[Rung]:
        """The rungs that cannot be tried here."""
        return frozenset() if self.power_cycle is not None else frozenset({Rung.POWER})

    async def climb(self, chat: Chat, rung: Rung) -> None:
        """Does one rung. Raises NoAnswer, Refused and PortLost."""
        timing = chat.timing
        match rung:
            case Rung.RADIO:
                await chat.command("AT+CFUN=4", timeout_s=timing.switch_s)
                await asyncio.sleep(timing.radio_s)
                await chat.command("AT+CFUN=1", timeout_s=timing.switch_s)
            case Rung.RESET:
                try:
                    await chat.command("AT+CFUN=1,1", timeout_s=timing.switch_s)
                except (NoAnswer, Refused) as error:
                    log.info("modem reset: %s", error.reason)  # many restart without an answer
                await asyncio.sleep(timing.boot_s)
            case Rung.DTR:
                await drop_dtr(self.port, timing.dtr_s)
            case Rung.POWER:
                await self._cycle_power()
                await asyncio.sleep(timing.boot_s)
            case Rung.RESYNC | Rung.REOPEN:
                pass

    async def _cycle_power(self) -> None:
        assert self.power_cycle is not None
        log.warning("modem: its power is cut and given back")
        try:
            await self.power_cycle()
        except PortLost:
            raise
        except (HardwareError, OSError) as error:  # the hook's own trouble: the next rung is tried
            log.error("modem: its power could not be switched: %s", error)
