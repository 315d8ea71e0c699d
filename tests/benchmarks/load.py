"""A load of alerts over keep-alive HTTP connections to loopback, from a process of its own; stops by itself.

usage: python -m tests.benchmarks.load PORT TOKEN COUNT CONNECTIONS PRECEDENCE
Prints one JSON object: accepted, seconds, and the latencies' median, p99 and maximum in milliseconds.
"""

import asyncio
import json
import sys
import time

TEXT = "Strømmen er væk i Bavnby by og Nordegn. Krisestaben mødes kl. 03.45 på rådhuset, lokale 1. "
OCTETS = 1024  # of one alert's JSON


def body(number: int, precedence: str) -> bytes:
    alert = {
        "to": ["vagthavende"],
        "status": "Exercise",
        "precedence": precedence,
        "headline": f"Strømsvigt {number}",
        "text": TEXT.strip(),
        "long_text": "",
        "answers": {"1": "kommer", "2": "kommer ikke"},
    }
    room = OCTETS - len(json.dumps(alert, ensure_ascii=False).encode())
    alert["long_text"] = (TEXT * 20).encode()[: max(room, 0)].decode(errors="ignore")
    return json.dumps(alert, ensure_ascii=False).encode()


async def _client(port: int, token: str, work: list[bytes], latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while work:
        data = work.pop()
        head = (
            f"POST /api/v1/alerts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {len(work)}-{time.time_ns()}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + data)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 202"):
            raise RuntimeError((answer + await reader.read(2000)).decode())
        length = next(
            int(line[15:]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(length)
        latencies.append(time.perf_counter() - began)
    writer.close()


async def main(port: int, token: str, count: int, connections: int, precedence: str) -> dict[str, float]:
    work = [body(number, precedence) for number in range(count)]
    latencies: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_client(port, token, work, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - began
    latencies.sort()
    return {
        "accepted": len(latencies),
        "seconds": seconds,
        "per_s": len(latencies) / seconds,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
        "max_ms": latencies[-1] * 1000,
    }


if __name__ == "__main__":
    _, port, token, count, connections, precedence = sys.argv
    print(json.dumps(asyncio.run(main(int(port), token, int(count), int(connections), precedence))))
