"""The story, act by act: what is done to the networks and to the hub, and what is waited for before it goes on."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from gateway.demo.cast import HEAD, LONG_LIST, PLACES, ROLES, SHORT_LIST, STAND_IN, THUMB
from gateway.demo.installation import DOMAIN_OF, MAIL, SMS_A, SMS_B
from gateway.demo.networks import DemoError
from gateway.demo.pages import plan_page
from gateway.demo.people import Kind
from gateway.demo.scene import Seen
from gateway.demo.stage import Stage
from gateway.health import SILENT_TO_DOUBT

SMS_S, REPORT_S = 0.65, 0.4  # until the network has taken an SMS, and from there to the phone
IN_FLIGHT_S = 0.15  # of SMS_S: the message has left the hub, and its receipt has not come
EXPIRES_S = 26.0
CHOOSY_S, LOOK_S = 6.0, 0.02


async def networks_fail(stage: Stage) -> None:
    """The whole night, in about forty seconds."""
    cap = await plan(stage)
    await mail_slows_down(stage)
    await call_in(stage, cap)
    await routine(stage)
    await mail_dies(stage)
    await first_answers(stage)
    await killed(stage)
    await network_a_swallows(stage)
    await stand_in(stage)
    await correction(stage)
    await mail_returns(stage)


async def everything_down(stage: Stage) -> None:
    """Every network is away before the alert: nobody can be reached, and that is said."""
    cap = await plan(stage)
    await stage.networks.all_down()
    stage.failing = frozenset(DOMAIN_OF.values())
    stage.step("act-down")
    await stage.watcher.until(
        lambda seen: all(c["state"] == "down" for c in seen.channels.values()), within_s=stage.within(5)
    )
    await stage.call_in(cap)
    await stage.rest(6.0)


async def plan(stage: Stage) -> bytes:
    for modem in stage.networks.modems.values():
        await modem.order("latency", seconds=SMS_S * stage.pace, report=REPORT_S * stage.pace)
    up = await stage.watcher.until(_all_up, within_s=stage.within(10))
    if not up:
        raise DemoError("not every way came up")
    cap = stage.cap_file()
    stage.watcher.screen.page(plan_page(stage.installation, stage.words, cap=cap, pace=stage.pace))
    await stage.rest(5.0)
    stage.watcher.begin()
    return cap


def _all_up(seen: Seen) -> bool:
    return bool(seen.channels) and all(channel["state"] == "up" for channel in seen.channels.values())


async def mail_slows_down(stage: Stage) -> None:
    """A mail server that is dying answers nothing for a while first."""
    stage.networks.mail.mute()
    stage.step("act-0", roles=len(ROLES))
    await stage.rest(1.0)


async def call_in(stage: Stage, cap: bytes) -> None:
    stage.step("act-1", precedence=stage.words["flash"])
    await stage.call_in(cap)
    await stage.rest(0.8)


async def routine(stage: Stage) -> None:
    """Two ROUTINE messages to many: one can wait, one is about a meeting that will soon be over."""
    over = datetime.now(UTC) + timedelta(seconds=EXPIRES_S * stage.pace)
    words = stage.words
    long = {"to": [LONG_LIST], "headline": words["routine-long"]}
    short = {
        "to": [SHORT_LIST],
        "headline": words["routine-short"],
        "expires": over.isoformat(timespec="seconds"),
    }
    for name, body in (("routine", long), ("routine-short", short)):
        await stage.send(name, {**body, "precedence": "routine", "status": "Exercise"})
    waiting = sum(len(stage.accepted[name]) for name in ("routine", "routine-short"))
    stage.step("act-2", n=waiting)
    await stage.rest(1.0)


async def mail_dies(stage: Stage) -> None:
    stage.step("act-3")
    await stage.networks.mail.refuse()
    lost = await stage.watcher.until(_lost_their_mail, within_s=stage.within(5))
    if not lost:
        raise DemoError("nobody noticed that the mail server died")
    stage.tell("mail-lost", n=len(_without_mail(stage.watcher.seen)))
    await stage.rest(1.0)


def _lost_their_mail(seen: Seen) -> bool:
    return seen.channels[MAIL]["state"] == "down" and bool(_without_mail(seen))


def _without_mail(seen: Seen) -> list[str]:
    """The roles whose mail was turned down: they have their other way, and the next ones of their plan."""
    return [
        who
        for name, who, attempt in seen.attempts()
        if name == "call-in" and attempt["channel"] == MAIL and attempt["evidence"] == "refused"
    ]


async def first_answers(stage: Stage) -> None:
    stage.step("act-4")
    await stage.watcher.until(_thumb_is_seen, within_s=stage.within(6))


def _thumb_is_seen(seen: Seen) -> bool:
    delivery = seen.delivery(THUMB)
    return delivery is not None and delivery["evidence"] == "read"


async def killed(stage: Stage) -> None:
    """SIGKILL between the last byte of a message and its receipt."""
    await _message_in_flight(stage)
    stage.step("act-5")
    stage.watcher.hub_up = False
    stage.watcher.quiet = True  # the channels' starting again is no news
    pid = await stage.hub.kill()
    stage.tell("killed", pid=pid)
    await stage.watcher.look()
    await stage.rest(1.2)
    seconds = await stage.hub.start()
    stage.watcher.hub_up = True
    await stage.watcher.look()
    seen = stage.watcher.seen
    doubtful = sum(a["evidence"] == "unknown" for _, _, a in seen.attempts())
    people = len(seen.alerts["call-in"]["deliveries"])
    if doubtful == 0 or people != len(stage.accepted["call-in"]):
        raise DemoError("the hub did not come back with what it had been killed with")
    stage.tell("back", s=seconds, n=people, unknown=doubtful)
    await stage.watcher.until(_modems_up, within_s=stage.within(10))
    stage.save_picture()
    stage.watcher.quiet = False
    if not await stage.watcher.until(_all_but_the_head, within_s=stage.within(15)):
        raise DemoError("not everybody's answer came through: " + ", ".join(stage.watcher.seen.missing()))


def _all_but_the_head(seen: Seen) -> bool:
    """On a slow machine the stand-in may have stepped in already: then nobody is missing."""
    return set(seen.missing()) <= {HEAD}


def _modems_up(seen: Seen) -> bool:
    return all(seen.channels[name]["state"] == "up" for name in (SMS_A, SMS_B))


async def _message_in_flight(stage: Stage) -> None:
    """Waits until network B takes a call-in that its recipient has over no other way, at worst any message."""
    modem, begun = stage.networks.modems[SMS_B], time.monotonic()
    async with asyncio.timeout(stage.within(10)):
        while True:
            choosy = time.monotonic() - begun < CHOOSY_S * stage.pace
            if modem.hands_over() and (not choosy or await _only_hope(stage)):
                await stage.rest(IN_FLIGHT_S)
                if modem.hands_over():
                    return
            await asyncio.sleep(LOOK_S)


async def _only_hope(stage: Stage) -> bool:
    """Somebody's only message so far is the one that is on its way over network B."""
    shown = await stage.hub.alert(stage.watcher.alerts["call-in"])
    under_way = [d for d in shown["deliveries"] if d["evidence"] == "sending"]
    return any(a["channel"] == SMS_B and a["evidence"] == "sending" for d in under_way for a in d["attempts"])


async def network_a_swallows(stage: Stage) -> None:
    """The status round goes one way at a time, network A first; A takes it, and no phone has it."""
    await stage.networks.modems[SMS_A].order("deliver", value=False)
    stage.step("act-6", n=len(PLACES))
    words = stage.words
    answers = {key: words[f"status-{key}"] for key in "123"}
    await stage.send(
        "status",
        {
            "to": list(PLACES),
            "headline": words["status-round"],
            "precedence": "immediate",
            "status": "Exercise",
            "answers": answers,
        },
    )
    doubted = await stage.watcher.until(
        lambda seen: seen.channels[SMS_A]["state"] == "degraded", within_s=stage.within(15)
    )
    if not doubted:
        raise DemoError("nobody noticed that network A delivers nothing")
    stage.tell("degraded", n=SILENT_TO_DOUBT)
    heard = await stage.watcher.until(_status_known, within_s=stage.within(15))
    if not heard:
        raise DemoError("the status round did not come through over network B")


def _status_known(seen: Seen) -> bool:
    return all(d["evidence"] == "acknowledged" for d in seen.alerts["status"]["deliveries"])


async def stand_in(stage: Stage) -> None:
    stage.step("act-7")
    await stage.watcher.until(lambda seen: seen.relieved(HEAD), within_s=stage.within(20))
    await stage.watcher.until(lambda seen: not seen.missing(), within_s=stage.within(10))
    relieved = stage.watcher.seen.delivery(STAND_IN)
    if relieved is not None and relieved["answer"]:
        answer = stage.watcher.seen.alerts["call-in"]["answers"].get(relieved["answer"], relieved["answer"])
        stage.tell("deputy-in", answer=answer)
    await stage.rest(1.0)


async def correction(stage: Stage) -> None:
    stage.step("act-8")
    words, identifier = stage.words, stage.watcher.alerts["call-in"]
    waiting = stage.watcher.seen.waiting_routine()
    stage.corrected_t = time.time()
    body = {"headline": words["correction"], "answers": {"1": words["correction-1"]}}
    answer = await stage.send("correction", body, path=f"/api/v1/alerts/{identifier}/correct")
    to = stage.accepted["correction"]
    async with asyncio.timeout(stage.within(20)):
        while len(stage.have(Kind.CORRECTION)) < len(to):  # noqa: ASYNC110  # journals of others
            await asyncio.sleep(LOOK_S)
    seconds = time.time() - stage.corrected_t
    stage.tell(
        "corrected",
        code=answer["code"],
        n=len(to),
        have=len(stage.have(Kind.CORRECTION)),
        s=seconds,
        waiting=waiting,
    )


async def mail_returns(stage: Stage) -> None:
    stage.step("act-9")
    await stage.networks.mail.restore()
    done = await stage.watcher.until(_routine_ended, within_s=stage.within(25))
    if not done:
        raise DemoError("the routine messages did not end")
    ends = [
        d["ended"]
        for name in ("routine", "routine-short")
        for d in stage.watcher.seen.alerts[name]["deliveries"]
    ]
    stage.tell("drained", sent=ends.count("reached"), expired=ends.count("expired"))
    await stage.rest(2.0)


def _routine_ended(seen: Seen) -> bool:
    alerts = [seen.alerts[name] for name in ("routine", "routine-short")]
    return all(d["ended"] for alert in alerts for d in alert["deliveries"])
