"""`bavn channel NAME test` with the three modems: what each proved, in words, and what it costs, which is nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bavn_pytest import EmulatedModem

from tests.running import HubProcess, hub_in

# The satellite modem would soon look into its mailbox if its times were as short as those of the others.
CHANNELS = """
[channels.sms-a]
bearer = "sms-modem"
domains = ["net-a"]
port = "{gsm}"
time_factor = 0.05
[channels.sat]
bearer = "iridium"
domains = ["internet"]
port = "{iridium}"
time_factor = 0.5
[channels.radio]
bearer = "tetra"
domains = ["internet"]
port = "{tetra}"
time_factor = 0.05
"""
NOT_YET = ("being set up", "not opened yet", "being opened")
PROOFS = {
    "sms-a": ("modem answers (GSM emulator)", "SIM is unlocked", "registered in a network", "signal -73 dBm"),
    "sat": ("octets went round within the modem", "credits are left"),
    "radio": ("the radio answers", "registered in a network", "signal -"),
}
SENDING = {"+CMGS", "+SBDIX", "+SBDIXA"}


@pytest.fixture
def modems(
    gsm_modem: EmulatedModem, iridium_modem: EmulatedModem, tetra_radio: EmulatedModem
) -> dict[str, EmulatedModem]:
    found = {"sms-a": gsm_modem, "sat": iridium_modem, "radio": tetra_radio}
    for modem in found.values():
        modem.do("speed", factor=20)
    return found


@pytest.fixture
def hub(modems: dict[str, EmulatedModem], tmp_path: Path) -> Iterator[HubProcess]:
    (tmp_path / "hub").mkdir()
    ports = {modem.kind: modem.port for modem in modems.values()}
    with hub_in(tmp_path / "hub", more=CHANNELS.format(**ports)) as running:
        yield running


def asked(hub: HubProcess, name: str) -> tuple[int, str, str]:
    """Once the modem is set up: status, what a script reads, what a person reads."""
    for _ in range(300):
        done = hub.bavn("channel", name, "test", "--lang", "en")
        if not any(words in done.stderr for words in NOT_YET):
            break
    return done.returncode, done.stdout, done.stderr


def test_a_technician_reads_what_each_modem_proved(hub: HubProcess, modems: dict[str, EmulatedModem]) -> None:
    for name, modem in modems.items():
        code, script, person = asked(hub, name)
        assert (code, script) == (0, f"{name}\tup\n"), person
        assert [proof for proof in PROOFS[name] if proof not in person] == []
        assert len(hub.json("channel", name, "test")["proved"]) >= len(PROOFS[name])
        modem.do("unplug")
        code, _, person = asked(hub, name)
        assert (code, PROOFS[name][0] in person) == (1, False)
        assert not SENDING & {line.get("name") for line in modem.journal()}
