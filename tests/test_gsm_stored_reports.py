"""A status report that a GSM modem stores and tells by +CDSI is fetched at once, not with the next look around."""

from hardware.gsm_events import Reported
from tests.gsm import Bench, Heard, at_rest, driver
from tests.test_gsm_driver import sent


async def test_a_report_that_is_told_is_fetched_at_once() -> None:
    async with Bench() as bench:
        bench.modem.faults.arm("cnmi-refused", {"times": 99})
        async with driver(bench, poll_s=3600) as modem, Heard(modem) as heard:
            await at_rest(bench, modem)
            looks = len(bench.commands("+CMGL"))
            await sent(modem)
            report = await heard.first(Reported)
            assert (len(bench.commands("+CMGL")), len(bench.commands("+CMGR"))) == (looks, 1)
            await report.settle()
            assert bench.modem.device.storage["SR"] == {}
