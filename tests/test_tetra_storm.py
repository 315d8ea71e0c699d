"""A TETRA radio with several faults at once, a hundred and fifty times, and one that talks nonsense."""

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.at.grammar import LONGEST_LINE
from hardware.codecs.sds import text_transfers
from hardware.emulators.journal import Journal
from hardware.emulators.tetra_radio import KNOWN_FAULTS, TetraEmulator
from hardware.tetra_events import Received
from hardware.tetra_state import State
from tests.test_tetra_faults import arrived, hand_over
from tests.tetra import PEER, Bench, Heard, driver, in_state, ready, send_text, until
from tests.virtual_time import run_virtually

COMBINATIONS = 150


def stormy(seed: int) -> TetraEmulator:
    """A radio with two to six faults, each at a rate of its own."""
    dice = random.Random(seed)
    radio = TetraEmulator(journal=Journal(kept=1_000_000), seed=seed)
    for name in dice.sample(sorted(KNOWN_FAULTS), dice.randint(2, 6)):
        radio.faults.arm(name, {"rate": dice.choice([0.02, 0.05, 0.15]), "seconds": dice.choice([3, 20, 60])})
    radio.network.resends = 1000
    return radio


def calm(radio: TetraEmulator) -> None:
    for name in KNOWN_FAULTS:
        radio.faults.arm(name, {"times": 0})
    radio.network.latency_s = 0.5


async def weather(radio: TetraEmulator, dice: random.Random) -> None:
    """What people and the land do meanwhile: they talk, drive into a cellar, turn knobs, switch it off and on."""
    while True:
        await asyncio.sleep(dice.uniform(5, 120))
        match dice.choice(["call", "cellar", "knob", "switch", "slow"]):
            case "call":
                radio.start_call(PEER, seconds=dice.uniform(1, 60), group=dice.random() < 0.5)
            case "cellar":
                radio.cover(False)
                radio.later(dice.uniform(1, 90), lambda: radio.cover(True))
            case "knob":
                radio.choose_mode(dice.choice([0, 1, 2]))
            case "switch":
                radio.reboot("its user")
            case "slow":
                radio.network.latency_s = dice.choice([0.1, 2, 9, 30])


async def evening(seed: int) -> None:
    """Sends and receives in the storm; then it ends, and everything has to be as it was said."""
    messages = text_transfers(
        "Hent sandsække ved pumpestationen og kør dem til havnen. " * 5, 0, max_bits=668
    )
    async with Bench(stormy(seed)) as bench, driver(bench) as radio, Heard(radio, settles=True) as heard:
        meanwhile = asyncio.create_task(weather(bench.radio, random.Random(-seed - 1)))
        said: dict[int, str] = {}
        for message in messages:
            bench.radio.network.receive(PEER, f"ind {message.reference}", report=True)
            said[message.reference] = await hand_over(radio, message)
        meanwhile.cancel()
        calm(bench.radio)
        await in_state(radio, State.READY)
        for message in messages:
            if said[message.reference] == "never":  # it said each time that nothing had left
                said[message.reference] = await hand_over(radio, message)
        await until(lambda: not bench.radio.network.unreported, limit_s=7200)
        judge(said, arrived(bench.radio))
        assert {each.user_data[4:] for each in heard.of(Received)} >= {b"ind %d" % ref for ref in said}


def judge(said: dict[int, str], there: Counter[int]) -> None:
    for reference, word in said.items():
        assert word in {"sent", "maybe"}, f"message {reference}: {word}"
        assert there[reference] <= 1, f"message {reference} left {there[reference]} times: {word}"
        assert there[reference] == 1 or word == "maybe", f"message {reference} was lost: {word}"


@pytest.mark.parametrize("tens", range(COMBINATIONS // 10))
def test_what_the_driver_says_is_true_in_any_storm(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        run_virtually(asyncio.wait_for(evening(seed), 6 * 3600))


LINES = [
    b"\r\n+CTSDSR: 12,2345678,0,1234567,0,32\r\n821000C9\r\n", b"\r\n+CMGS: 0,4,201\r\n",
    b"\r\n+CTSDSR: 13,2345678,0,1234567,0,16\r\n7EC9\r\n", b"\r\n+CREG: 1,1234,2380001\r\n",
    b"\r\n+CTXG: 1,3,0,0,0,2345678\r\n", b"\r\n+CTCR: 1,13\r\n", b"\r\n+CTOM: 0\r\n", b"\r\n> ",
    b"\r\nOK\r\n", b"\r\n+CME ERROR: 35\r\n", b"\r\nRDY\r\n", b"\x00\xff\x1a\x1b",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A line as a radio says it, with one octet lost, changed or doubled; or octets of no meaning."""
    line = bytearray(draw(st.sampled_from(LINES)))
    place = draw(st.integers(0, len(line) - 1))
    line[place : place + 1] = draw(st.binary(max_size=2))
    return bytes(line)


@settings(max_examples=60, deadline=None)
@given(st.lists(mutated() | st.sampled_from(LINES) | st.binary(max_size=60), max_size=25))
def test_nonsense_from_a_radio_stops_nothing(chunks: list[bytes]) -> None:
    async def work() -> None:
        async with Bench() as bench, ready(bench) as radio:
            assert bench.port is not None
            for chunk in chunks:
                bench.port.write(chunk)
                await asyncio.sleep(0.01)
            bench.port.write(b"\r\n")
            await asyncio.sleep(320)  # a ghost of a call is over by then
            await in_state(radio, State.READY)
            await send_text(radio, reference=250)

    run_virtually(work())


def test_an_endless_line_and_an_endless_stream_take_no_memory() -> None:
    async def work() -> None:
        async with Bench() as bench, ready(bench) as radio:
            chat = radio._supervisor.chat
            assert chat is not None
            assert bench.port is not None
            for _ in range(200):
                bench.port.write(b"7" * 4096)
                bench.port.write(b"\r\n+CTSDSR: 12,2345678,0,1234567,0,80\r\n020152F864206772F864\r\n" * 50)
                await asyncio.sleep(0)
            assert len(chat._dte._lexer._buffer) <= LONGEST_LINE + 4096
            assert len(chat._unasked) <= 256
            assert len(radio._events._waiting) <= 501

    run_virtually(work())
