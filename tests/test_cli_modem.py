"""`bavn channel NAME test` with modems: what it proved, in words, and what it costs, which is nothing."""

from pathlib import Path

from bavn_pytest import EmulatedModem

from tests.running import HubProcess, hub_in

CHANNEL = """
[channels.sms-a]
bearer = "sms-modem"
domains = ["net-a"]
port = "{port}"
time_factor = 0.05
"""


def asked(hub: HubProcess, *more: str) -> tuple[int, str, str]:
    """Once the modem is set up: status, what a script reads, what a person reads."""
    for _ in range(100):
        done = hub.bavn("channel", "sms-a", "test", *more)
        if not any(word in done.stderr for word in ("being set up", "not opened yet")):
            break
    return done.returncode, done.stdout, done.stderr


def test_a_technician_reads_what_the_modem_proved(gsm_modem: EmulatedModem, tmp_path: Path) -> None:
    gsm_modem.do("speed", factor=20)
    with hub_in(tmp_path, more=CHANNEL.format(port=gsm_modem.port)) as hub:
        code, script, person = asked(hub)
        assert (code, script) == (0, "sms-a\tup\n")
        for proof in ("the modem answers (GSM emulator)", "SIM is unlocked", "registered", "signal -73 dBm"):
            assert proof in person
        assert len(hub.json("channel", "sms-a", "test")["proved"]) == 4
        gsm_modem.do("unplug")
        code, _, person = asked(hub)
        assert (code, "the modem answers" in person) == (1, False)
    assert [line for line in gsm_modem.journal() if line["event"] == "sent"] == []
