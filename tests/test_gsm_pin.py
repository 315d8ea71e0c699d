"""A PIN that was refused is not given again, whoever starts the program anew: three wrong ones lock the card."""

import json
from pathlib import Path
from typing import Any

import pytest

from channels.sms_modem import SmsModemChannel, SmsModemConfig
from gateway.app import maker
from gateway.config import load
from gateway.init import InitResult
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.gsm import GsmModem
from hardware.gsm_state import State
from hardware.pin_memory import Pin, PinMemory
from tests.gsm import Bench, until
from tests.virtual_time import run_virtually

KEY = b"k" * 32


class SilentCard(GsmEmulator):
    """As most modems: it does not say how many tries are left."""

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__()
        self.device.pin, self.device.unlocked = "1234", False
        self.hangs = hangs

    async def perform(self, called: Any) -> Any:
        if called.command.name == "+CPINR":
            return "ERROR"
        if self.hangs and called.line.startswith("AT+CPIN="):
            self.hang()
        return await super().perform(called)


def start(path: Path, *pins: str, card: GsmEmulator | None = None) -> tuple[int, list[str]]:
    """Starts of the program, each with its PIN: how often one was given, and why it went no further."""

    async def scenario() -> tuple[int, list[str]]:
        async with Bench(card or SilentCard()) as bench:
            reasons = []
            for pin in pins:
                pins_known = PinMemory(path, key=KEY)
                async with GsmModem(bench.opener, pin=pin, pins=pins_known) as modem:
                    await until(lambda modem=modem: modem.state in ENDS, limit_s=900)  # type: ignore[misc]
                    reasons.append(modem.reason if modem.state is State.LOCKED else "")
                bench.modem.reboot("power")
            given = [line for line in bench.commands("+CPIN") if line.startswith("AT+CPIN=")]
            return len(given), reasons

    given, reasons = run_virtually(scenario())
    return given, reasons


ENDS = frozenset({State.LOCKED, State.READY})


def test_a_wrong_pin_is_given_once_however_often_the_program_is_started(tmp_path: Path) -> None:
    given, reasons = start(tmp_path / "a" / "pin", "9999", "9999", "9999", "9999")
    assert given == 1
    assert "refused this PIN before" in reasons[-1]
    assert f"remove {tmp_path / 'a' / 'pin'}" in reasons[-1]


def test_another_pin_in_the_configuration_is_given_and_a_right_one_at_every_start(tmp_path: Path) -> None:
    given, reasons = start(tmp_path / "pin", "9999", "1234", "1234", "1234")
    assert (given, [bool(reason) for reason in reasons]) == (4, [True, False, False, False])


def test_a_refused_pin_is_not_given_again_after_another_one_was(tmp_path: Path) -> None:
    given, reasons = start(tmp_path / "pin", "1111", "2222", "1111", "2222")
    assert given == 2
    assert all("refused this PIN before" in reason for reason in reasons[2:])


def test_after_two_refused_pins_no_third_one_is_given_not_even_the_right_one(tmp_path: Path) -> None:
    given, reasons = start(tmp_path / "pin", "1111", "2222", "3333", "1234")
    assert given == 2
    remedy = f"enter the right PIN in a phone, then remove {tmp_path / 'pin'}"
    assert all("refused 2 PINs" in reason and remedy in reason for reason in reasons[2:])
    assert remedy in reasons[1]


def test_a_right_pin_gives_the_card_back_its_tries(tmp_path: Path) -> None:
    given, reasons = start(tmp_path / "pin", "1234", "1111", "1234", "2222", "1234", "3333")
    assert (given, [bool(reason) for reason in reasons]) == (6, [False, True, False, True, False, True])


def test_a_pin_that_was_given_and_never_answered_counts_as_refused(tmp_path: Path) -> None:
    PinMemory(tmp_path / "pin", key=KEY).keep("1111", Pin.GIVEN)
    given, reasons = start(tmp_path / "pin", "2222", "1234")
    assert (given, "refused 2 PINs" in reasons[1]) == (1, True)


def test_a_file_with_one_pin_alone_is_read(tmp_path: Path) -> None:
    memory = PinMemory(tmp_path / "pin", key=KEY)
    memory.keep("9999", Pin.REFUSED)
    kept = json.loads((tmp_path / "pin").read_text())
    [(digest, state)] = kept["pins"].items()
    (tmp_path / "pin").write_text(json.dumps({"state": state, "salt": kept["salt"], "digest": digest}))
    assert start(tmp_path / "pin", "9999")[0] == 0


def test_a_pin_of_which_only_is_known_that_it_was_given_stays_where_it_is(tmp_path: Path) -> None:
    PinMemory(tmp_path / "pin", key=KEY).keep("1234", Pin.GIVEN)
    given, reasons = start(tmp_path / "pin", "1234")
    assert (given, "was given before" in reasons[0]) == (0, True)


def test_it_goes_again_where_the_card_says_that_no_try_was_lost(tmp_path: Path) -> None:
    PinMemory(tmp_path / "pin", key=KEY).keep("1234", Pin.GIVEN)
    telling = GsmEmulator()
    telling.device.pin, telling.device.unlocked = "1234", False
    assert start(tmp_path / "pin", "1234", card=telling) == (1, [""])
    assert PinMemory(tmp_path / "pin", key=KEY).recall("1234") is Pin.RIGHT


def test_a_pin_that_the_modem_never_answered_is_remembered_as_given(tmp_path: Path) -> None:
    hanging = SilentCard(hangs=True)

    async def scenario() -> None:
        async with (
            Bench(hanging) as bench,
            GsmModem(bench.opener, pin="9999", pins=PinMemory(tmp_path / "pin", key=KEY)) as modem,
        ):
            await until(lambda: modem.state is State.RECOVERING, limit_s=300)

    run_virtually(scenario())
    assert PinMemory(tmp_path / "pin", key=KEY).recall("9999") is Pin.GIVEN


@pytest.mark.parametrize("trouble", ["a file for a folder", "damaged"])
def test_a_pin_is_not_given_where_that_cannot_be_remembered(tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "folder" / "pin"
    if trouble == "damaged":
        path.parent.mkdir()
        path.write_text("{}")
    else:
        path.parent.write_text("")
    given, reasons = start(path, "1234")
    assert (given, reasons[0].startswith("the PIN is not given")) == (0, True)


def test_the_file_is_the_owners_alone_and_shows_no_pin(tmp_path: Path) -> None:
    memory = PinMemory(tmp_path / "sms-a" / "pin.json", key=KEY)
    memory.keep("1234", Pin.REFUSED)
    assert memory.path is not None
    assert memory.path.stat().st_mode & 0o777 == 0o600
    assert "1234" not in memory.path.read_text()
    assert list(json.loads(memory.path.read_text())["pins"].values()) == ["REFUSED"]
    assert [path.name for path in memory.path.parent.iterdir()] == ["pin.json"]


@pytest.mark.parametrize(("pin", "key"), [("1235", KEY), ("1234", b"another")])
def test_another_pin_or_another_key_is_not_the_one_that_was_refused(
    tmp_path: Path, pin: str, key: bytes
) -> None:
    PinMemory(tmp_path / "pin", key=KEY).keep("1234", Pin.REFUSED)
    assert PinMemory(tmp_path / "pin", key=key).recall(pin) is Pin.UNTRIED
    assert PinMemory(tmp_path / "pin", key=KEY).recall("1234") is Pin.REFUSED


def test_the_channel_remembers_it_where_the_gateway_says(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        async with Bench(SilentCard()) as bench:
            for _ in range(3):
                table = {"bearer": "sms-modem", "port": "in memory", "pin": "9999"}
                channel = SmsModemChannel("sms-a", SmsModemConfig.model_validate(table), opener=bench.opener)
                channel.keep_in(tmp_path / "sms-a", key=KEY)
                async with channel:
                    await until(lambda channel=channel: channel._modem.state is State.LOCKED, limit_s=60)  # type: ignore[misc]
                    reason = channel._standing().reason
            return [*(line for line in bench.commands("+CPIN") if "=" in line), reason]

    *given, reason = run_virtually(scenario())
    assert given == ['AT+CPIN="9999"']
    assert reason.startswith("the SIM wants a person")
    assert str(tmp_path / "sms-a" / "pin.json") in reason


def test_the_hub_gives_each_channel_a_place_and_a_key_of_its_own(installation: InitResult) -> None:
    file = installation.folder / "bavn.toml"
    table = 'bearer = "sms-modem"\npin = "1234"\nport = "socket://127.0.0.1:{}"\n'
    tables = "".join(f"\n[channels.sms-{n}]\n{table.format(n)}" for n in (1, 2))
    file.write_text(file.read_text() + tables)
    config = load(file, environ={})
    kept = []
    for name in ("sms-1", "sms-2"):
        channel = maker(name, config, key=KEY)()
        assert isinstance(channel, SmsModemChannel)
        channel._pins.keep("1234", Pin.REFUSED)
        kept.append(channel._pins)
    assert [memory.path for memory in kept] == [
        config.data_dir / f"channels/sms-{n}/pin.json" for n in (1, 2)
    ]
    assert kept[0]._key != kept[1]._key != KEY
