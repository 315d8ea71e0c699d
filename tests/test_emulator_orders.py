"""What every emulator is told from outside: the orders of its control socket, and its file of faults."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hardware.emulators import gsm_control, iridium_control, tetra_control
from hardware.emulators.control import Verb, answer
from hardware.emulators.faults import NAMES, Faults, UnknownFault
from hardware.emulators.gsm_modem import KNOWN_FAULTS, GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.tetra_radio import TetraEmulator
from tests.gsm import emulator, journal


def _nothing() -> None:
    pass


VERBS: dict[str, Callable[[], Mapping[str, Verb]]] = {
    "gsm": lambda: gsm_control.verbs(GsmEmulator(), plug=_nothing, unplug=_nothing),
    "iridium": lambda: iridium_control.verbs(IridiumEmulator(), plug=_nothing, unplug=_nothing),
    "tetra": lambda: tetra_control.verbs(TetraEmulator(), plug=_nothing, unplug=_nothing),
}


def told(modem: str, line: bytes) -> dict[str, Any]:
    return answer(line, VERBS[modem]())


@pytest.mark.parametrize("modem", VERBS)
@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b'{"do": "speed", "factor": [1]}', "'factor'"),
        (b'{"do": "speed", "factor": {}}', "'factor'"),
        (b'{"do": "speed", "faktor": 2}', "'faktor' is no key of 'speed', which reads 'factor'"),
        (b'{"do": "reboot", "now": true}', "'now' is no key of 'reboot', which reads nothing else"),
        (b'{"do": "fault", "name": "mute", "tims": 1}', "'tims'"),
        (b'{"do": "fault", "name": {}}', "'name'"),
        (b'{"do": "coverage", "value": null}', "'value'"),
        (b"[" * 60_000, "an order is an object"),
        (b'{"do": []}', "an order is an object"),
    ],
)
def test_an_order_that_cannot_be_followed_is_answered(modem: str, line: bytes, named: str) -> None:
    answered = told(modem, line)
    assert not answered["ok"]
    assert named in answered["error"]


@pytest.mark.parametrize("modem", ["gsm", "tetra"])
@pytest.mark.parametrize("value", [{}, [1], True, 1.5, "1", None, -1])
def test_a_report_is_of_a_reference(modem: str, value: Any) -> None:
    assert "'ref'" in told(modem, json.dumps({"do": "report", "ref": value}).encode())["error"]
    assert (
        "'status'" in told(modem, json.dumps({"do": "report", "ref": 1, "status": False}).encode())["error"]
    )


@pytest.mark.parametrize("value", ["abc\r\nOK", "+", "1" * 21, "\N{ARABIC-INDIC DIGIT ONE}", 7])
def test_a_number_of_the_network_is_a_number(value: Any) -> None:
    for order in (
        {"do": "smsc", "value": value},
        {"do": "callee", "to": value, "does": "busy"},
        {"do": "refuse", "to": value},
    ):
        assert not told("gsm", json.dumps(order).encode())["ok"]
    assert told("gsm", b'{"do": "smsc", "value": ""}') == {"ok": True}


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"do": "signal", "value": 40}, "'value'"),
        ({"do": "signal", "value": 12.5}, "'value'"),
        ({"do": "ussd", "code": "*100#", "text": "x" * 81}, "'text'"),
        ({"do": "ussd", "code": "*100#", "text": "\ud800"}, "half a character"),
        ({"do": "ring", "from": "abc"}, "'from'"),
        ({"do": "ring", "times": 0}, "'times'"),
    ],
)
def test_an_order_of_the_gsm_modem_that_cannot_be_is_refused(order: dict[str, Any], named: str) -> None:
    assert named in told("gsm", json.dumps(order).encode())["error"]


async def test_somebody_calls_and_hangs_up(tmp_path: Path) -> None:
    async with emulator(tmp_path) as control:
        for order in ({"do": "signal", "value": 12}, {"do": "ussd", "code": "*100#", "text": "10 kr"}):
            assert (await control.do(**order))["ok"]
        assert (await control.do("ring", **{"from": "+4500000009"}))["ok"]
        assert "has a call" in (await control.do("ring"))["error"]
        assert (await control.do("hang-up"))["ok"]
    assert [line["state"] for line in journal(tmp_path, "call")] == ["ringing", "ended"]


async def test_orders_do_what_the_world_does(tmp_path: Path) -> None:
    async with emulator(tmp_path) as control:
        assert await control.do("faults") == {
            "ok": True,
            "faults": [name for name in NAMES if name in KNOWN_FAULTS],
        }
        assert await control.do("receive", **{"from": "+4500000002", "text": "æ" * 200}) == {
            "ok": True,
            "parts": 2,
        }
        assert await control.do("coverage", value=False) == {"ok": True}
        for do, fields in (
            ("coverage", {}),
            ("fault", {"name": "x"}),
            ("report", {"ref": 9}),
            ("dance", {}),
            ("latency", {"seconds": -1}),
        ):
            answer = await control.do(do, **fields)
            assert (answer["ok"], bool(answer["error"])) == (False, True)
    assert [line["value"] for line in journal(tmp_path, "coverage")] == [False]
    assert journal(tmp_path, "received")[0]["text"] == "æ" * 200
    assert not (tmp_path / "modem").is_symlink()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[mute]\nrate = 7", "rate 7 is not from 0 to 1"),
        ("[mute]\nrate = -0.1", "rate -0.1 is not from 0 to 1"),
        ("[mute]\nrate = nan", "rate nan is not from 0 to 1"),
        ('[mute]\nrate = "0.1"', "rate '0.1' is not from 0 to 1"),
        ("[mute]\ntimes = true", "times True is no count"),
        ("mute = 1", "mute is no table: write .mute."),
        ("[mute", "faults: Expected"),
        ("[late-cmgs]\nrat = 0.5", "late-cmgs: 'rat' is not one of rate, seconds, times"),
        ('[late-cmgs]\nseconds = "ten"', "late-cmgs: seconds 'ten' is not from -1"),
        ("[late-cmgs]\nseconds = true", "late-cmgs: seconds True is not from -1"),
        ("[late-cmgs]\nseconds = nan", "late-cmgs: seconds nan is not from -1"),
    ],
)
def test_a_fault_file_that_arms_nothing_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "faults").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        Faults(KNOWN_FAULTS, seed=0).load(tmp_path / "faults")


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(KNOWN_FAULTS, seed=seed)
        faults.arm("mute", {"rate": 0.3})
        return [faults.strikes("mute") is not None for _ in range(200)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert 30 < sum(drawn(7)) < 90


def test_faults_come_from_a_file_and_unknown_ones_are_named(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text("[late-cmgs]\ntimes = 2\nseconds = 70\n")
    faults = Faults(KNOWN_FAULTS, seed=0)
    faults.load(file)
    strikes = [faults.strikes("late-cmgs") for _ in range(3)]
    assert [fault and fault.number("seconds", 0) for fault in strikes] == [70, 70, None]
    with pytest.raises(UnknownFault, match=r"mo-kept.*late-cmgs"):
        faults.arm("mo-kept", {})


def test_a_stale_control_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / "control"))

    async def scenario() -> None:
        async with emulator(tmp_path) as control:
            assert (await control.do("faults"))["ok"]

    asyncio.run(scenario())
