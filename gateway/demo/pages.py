"""The two pages around the story: the plan before anything is sent, and the figures at the end."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from gateway.demo.cast import ROLES
from gateway.demo.figures import Judged
from gateway.demo.installation import CHANNELS, Installation, deadline_s, ladders, reach
from gateway.demo.stage import FAILING
from gateway.demo.words import Words
from gateway.router import Rung
from messages.cap import judge

AT_ONCE = 2  # ways that FLASH starts together


def plan_page(installation: Installation, words: Words, *, cap: bytes, pace: float) -> Group:
    """Who will be tried over which ways, in which order and why: the router's own plan."""
    planned = ladders(installation.config)
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(words["column-who"], width=17, no_wrap=True)
    table.add_column(words["plan-first"], no_wrap=True, overflow="ellipsis")
    table.add_column(words["plan-then"], no_wrap=True, overflow="ellipsis")
    for role in ROLES:
        ladder = planned[role.id]
        then = _rungs(ladder[AT_ONCE:], words, reasons=False)
        table.add_row(words.name(role.id), _rungs(ladder[:AT_ONCE], words, reasons=True), then)
    return Group(
        Text(words["plan-title"], "bold"), Text(), table, Text(), *_promises(installation, words, cap, pace)
    )


def _rungs(rungs: Sequence[Rung], words: Words, *, reasons: bool) -> str:
    parts = []
    for rung in rungs:
        reason = f" ({words[f'plan-{rung.why}']})" if reasons else ""
        parts.append(f"{words[f'net-{rung.channel}']}{reason}")
    return ", ".join(dict.fromkeys(parts))


def _promises(installation: Installation, words: Words, cap: bytes, pace: float) -> list[Text]:
    config, verdict = installation.config, judge(cap)
    said = words["cap-accept"] if verdict.accepted else f"{verdict.element}: {verdict.reason}"
    with_bavn = reach(config, only=CHANNELS, without=FAILING)
    deadlines = {"s": deadline_s("next_domain_after", pace), "d": deadline_s("no_answer_deputy", pace)}
    return [
        Text(words.say("plan-cap", octets=len(cap), verdict=said)),
        Text(words.say("plan-reach", with_bavn=with_bavn, roles=len(ROLES))),
        Text(words.say("plan-short", **deadlines), "dim"),
    ]


def figures_page(judged: Judged, words: Words, *, stays: bool) -> Group:
    """What the far ends say happened."""
    missing = judged.roles - judged.reached
    style = "bold white on green" if missing == 0 else "bold white on red"
    reached = words.say(
        "figures-reached",
        reached=judged.reached,
        roles=judged.roles,
        acknowledged=judged.acknowledged,
        relieved=judged.relieved,
        missing=missing,
    )
    lines = [Text(words["figures-title"], "bold"), Text(), Text(f" {reached} ", style)]
    if judged.fastest_s is not None:
        lines.append(
            Text(
                words.say(
                    "figures-times",
                    fastest=judged.fastest_s,
                    median=judged.median_s,
                    slowest=judged.slowest_s,
                )
            )
        )
    lines.append(
        Text(
            words.say(
                "figures-doubt",
                fallbacks=judged.fallbacks,
                unknown=judged.unknown,
                duplicates=judged.duplicates,
                marked=judged.duplicates_marked,
                lost=judged.lost,
            )
        )
    )
    if judged.correction_s is not None:
        lines.append(
            Text(
                words.say(
                    "figures-correction",
                    have=judged.correction_has,
                    of=judged.correction_to,
                    s=judged.correction_s,
                )
            )
        )
    without = {"n": judged.without_bavn, "correction": judged.without_bavn_correction}
    lines.append(Text(words.say("figures-without", roles=judged.roles, **without), "bold"))
    if judged.not_reached:
        names = ", ".join(words.name(role) for role in judged.not_reached)
        lines.append(Text(words.say("not-reached", names=names), "bold red"))
    if not judged.with_bavn:
        lines.append(Text(words["all-down"]))
    lines += [Text(), *_honesty(judged, words)]
    if not stays:
        lines += [Text(), Text(words["try-it"])]
    return Group(*lines)


def _honesty(judged: Judged, words: Words) -> list[Text]:
    relieved = words.say("figures-relieved", only=judged.relieved) if judged.relieved else ""
    proof = words.say(
        "figures-honest",
        answers=judged.answers,
        only=relieved,
        records=judged.audit_records,
        flaws=judged.audit_flaws,
    )
    return [Text(proof), Text(words.say("figures-made", seed=judged.seed), "dim")]
