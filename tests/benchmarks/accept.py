"""Benchmark 1, durable accept: authenticated 1 kB alerts over 20 keep-alive HTTP connections, against Postfix's intake.

Both answer only after fsync and cannot deliver: their relay is away. Both are warm, and loaded by a program in C:
ApacheBench and smtp-source. The peer is Postfix as it comes, a connection for each mail; it tries to deliver meanwhile
and holds new mail back for that. Beside it stands Postfix at its best: over kept connections, and told to do nothing
but take mail in.
"""

import tempfile
from pathlib import Path

from tests.benchmarks.hub import HubProcess
from tests.benchmarks.load import body
from tests.benchmarks.rounds import ab_load, postfix_load, report, say, spread
from tests.peers import free_port
from tests.postfix import PostfixServer

COUNT, CONNECTIONS, ROUNDS, WARM_UP = 5000, 20, 5, 2000
ONLY_TAKING = {"defer_transports": "smtp", "in_flow_delay": "0"}


def _postfix(folder: Path, *, kept: bool = False, **extra: str) -> float:
    """Messages a second."""
    relay = f"[127.0.0.1]:{free_port()}"
    with PostfixServer(folder, free_port(), relayhost=relay, extra=extra) as postfix:
        postfix_load(postfix.port, count=WARM_UP, sessions=CONNECTIONS, kept=kept)
        return postfix_load(postfix.port, count=COUNT, sessions=CONNECTIONS, kept=kept)


def main() -> None:
    ours, theirs, best, p99 = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bavn-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        alert = folder / "alert.json"
        alert.write_bytes(body(0, "routine"))
        for number in range(ROUNDS):
            theirs.append(_postfix(folder / f"postfix{number}"))
            with HubProcess(folder / f"hub{number}", mail_port=free_port()) as hub:
                load = {"connections": CONNECTIONS, "alert": alert}
                ab_load(hub.port, hub.token, count=WARM_UP, **load)
                found = ab_load(hub.port, hub.token, count=COUNT, **load)
            ours.append(found["per_s"])
            p99.append(found["p99_ms"])
            best.append(_postfix(folder / f"best{number}", kept=True, **ONLY_TAKING))
            say(
                f"round {number + 1}: hub {ours[-1]:.0f}/s (p99 {p99[-1]:.1f} ms), Postfix {theirs[-1]:.0f}/s, "
                f"at its best {best[-1]:.0f}/s"
            )
    report(
        "1 durable accept",
        hub_per_s=spread(ours),
        postfix_per_s=spread(theirs),
        ratio=spread([a / b for a, b in zip(ours, theirs, strict=True)]),
        postfix_at_its_best_per_s=spread(best),
        ratio_to_its_best=spread([a / b for a, b in zip(ours, best, strict=True)]),
        p99_ms=spread(p99),
        must="ratio >= 5 and p99 <= 15 ms",
    )
