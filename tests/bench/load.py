"""A bounded load on loopback: so many connections for so many seconds, in a process of its own; prints its figures as JSON."""

import asyncio
import itertools
import json
import secrets
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

import aiohttp


async def drive(order: Mapping[str, Any]) -> dict[str, Any]:
    """`order`: method, urls (taken in turn), headers, body (@NUMBER@ is another one each time), connections, seconds."""
    latencies: list[float] = []
    refused: dict[int, int] = {}
    first_refusal = ""
    urls, body = order["urls"], order.get("body")
    numbers = itertools.count(secrets.randbelow(90_000_000))
    ends = time.perf_counter() + order["seconds"]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=order["connections"])) as session:

        async def one(start: int) -> None:
            nonlocal first_refusal
            turn = start
            while time.perf_counter() < ends:
                headers = dict(order["headers"])
                payload = None
                if body:
                    headers["Idempotency-Key"] = uuid.uuid4().hex
                    headers["Content-Type"] = "application/json"
                    payload = body.replace("@NUMBER@", f"{next(numbers):08d}").encode()
                began = time.perf_counter()
                async with session.request(
                    order["method"], urls[turn % len(urls)], headers=headers, data=payload
                ) as answer:
                    content = await answer.read()
                    if answer.status >= 400:
                        refused[answer.status] = refused.get(answer.status, 0) + 1
                        first_refusal = first_refusal or content.decode(errors="replace")[:500]
                latencies.append(time.perf_counter() - began)
                turn += order["connections"]

        began = time.perf_counter()
        await asyncio.gather(*(one(n) for n in range(order["connections"])))
        took = time.perf_counter() - began
    latencies.sort()
    return {
        "per_second": len(latencies) / took,
        "requests": len(latencies),
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "refused": refused,
        "first_refusal": first_refusal,
    }


if __name__ == "__main__":
    json.dump(asyncio.run(drive(json.load(sys.stdin))), sys.stdout)
