"""Asking the application: signed, with Twilio's time limits, connection overrides, retries, and chaos on request."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode

import httpx

from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.signing import signature

log = logging.getLogger(__name__)

EVENT_TRIES = 8
"""An event is tried this often, over about twenty seconds: it must survive a restart of the application."""


class WebhookFailed(Exception):
    """No usable reply. ``code`` is Twilio's error number: 11200 HTTP failure, 11205 no connection, 11206 timeout."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """Twilio's connection overrides, from the fragment ``#rc=3&rp=all&ct=2000&rt=5000&tt=15000``; times in seconds."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0

    @classmethod
    def of(cls, fragment: str) -> Overrides:
        """Values out of range are brought into it; what is not a number keeps its default."""
        given = dict(parse_qsl(fragment))

        def within(name: str, low: int, high: int, default: int) -> int:
            try:
                return min(high, max(low, int(given[name])))
            except (KeyError, ValueError):
                return default

        policy = frozenset(part.strip() for part in given.get("rp", "ct").split(","))
        return cls(
            retries=within("rc", 0, 5, 1),
            policy=policy,
            connect=within("ct", 100, 10_000, 5_000) / 1000,
            read=within("rt", 100, 15_000, 15_000) / 1000,
            total=within("tt", 100, 15_000, 15_000) / 1000,
        )

    def pause_before(self, retry: int) -> float:
        """Seconds before retry 1, 2 …: growing, two per retry on average, so that five outlast a restart."""
        return 2 * (2 * retry - 1) / self.retries

    def allows(self, failure: str) -> bool:
        return "all" in self.policy or failure in self.policy


class Webhooks:
    """The HTTP client of the carrier; one for all calls."""

    def __init__(self, token: str) -> None:
        self._token = token
        # No kept connections: a server that restarts closes them, and Twilio would not show that as a failure.
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=True,
            trust_env=False,
        )
        self._background: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs beside the call, and is kept alive until done."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def close(self) -> None:
        for task in list(self._background):
            task.cancel()
        await self._client.aclose()

    async def ask(self, url: str, method: str, form: Mapping[str, str], chaos: Chaos, index: int) -> Reply:
        """What to do next in a call. Raises :class:`WebhookFailed` after the retries that the address allows."""
        disturbance = chaos.webhook(index)
        token = uuid.uuid4().hex
        if disturbance.late is not None:
            self.spawn(self._late(url, method, dict(form), token, disturbance.late))
        if not disturbance.doubled:
            return await self._retrying(url, method, form, token)
        copies = [self.spawn(self._retrying(url, method, form, token)) for _ in range(2)]
        waiting: set[asyncio.Task[Any]] = set(copies)
        failure: BaseException | None = None
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                failure = task.exception()
                if failure is None:
                    for other in waiting:  # its reply is ignored, and so is its failure
                        other.add_done_callback(lambda late: late.cancelled() or late.exception())
                    reply: Reply = task.result()
                    return reply
        assert failure is not None
        raise failure

    async def tell(self, url: str, method: str, form: Mapping[str, str]) -> bool:
        """An event, whose reply does not matter. Tried again while the application is down; whether it was taken."""
        token = uuid.uuid4().hex
        for attempt in range(EVENT_TRIES):
            try:
                await self._once(url, method, form, token, Overrides.of(urldefrag(url).fragment))
            except WebhookFailed as failure:
                if failure.code == 11200 and "HTTP 4" in str(failure):
                    log.warning("An event was refused: %s", failure)
                    return False
                if attempt == EVENT_TRIES - 1:
                    log.warning("An event could not be told: %s", failure)
            else:
                return True
            await asyncio.sleep(min(5.0, 0.25 * 2**attempt))
        return False

    async def _late(self, url: str, method: str, form: Mapping[str, str], token: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self._retrying(url, method, form, token)
        except WebhookFailed as failure:
            log.info("A late copy failed, as it may: %s", failure)

    async def _retrying(self, url: str, method: str, form: Mapping[str, str], token: str) -> Reply:
        overrides = Overrides.of(urldefrag(url).fragment)
        clock = asyncio.get_running_loop().time
        deadline = clock() + overrides.total
        retry = 0
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._once(url, method, form, token, overrides)
            except TimeoutError as error:
                raise WebhookFailed(11206, f"no reply within {overrides.total:g} s") from error
            except _Failure as failure:
                retry += 1
                pause = overrides.pause_before(retry) if retry <= overrides.retries else 0.0
                if retry > overrides.retries or not overrides.allows(failure.kind) or clock() + pause > deadline:
                    raise
                await asyncio.sleep(pause)

    async def _once(self, url: str, method: str, form: Mapping[str, str], token: str, overrides: Overrides) -> Reply:
        address = urldefrag(url).url
        method = method.upper()
        fields = dict(form)
        if method == "GET":
            address += ("&" if "?" in address else "?") + urlencode(fields)
            fields = {}
        headers = {
            "X-Twilio-Signature": signature(self._token, address, fields),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        times = httpx.Timeout(overrides.read, connect=overrides.connect)
        try:
            answer = await self._client.request(method, address, data=fields or None, headers=headers, timeout=times)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _Failure("ct", 11205, f"no connection: {type(error).__name__}") from error
        except httpx.TimeoutException as error:
            raise _Failure("rt", 11206, f"no reply within {overrides.read:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Failure("rt", 11200, f"{type(error).__name__}") from error
        if answer.status_code >= 400:
            raise _Failure(f"{answer.status_code // 100}xx", 11200, f"HTTP {answer.status_code}")
        return Reply(answer.content, answer.headers.get("content-type", ""))


class _Failure(WebhookFailed):
    """A failure with its name in Twilio's retry policy: ``ct``, ``rt``, ``4xx`` or ``5xx``."""

    def __init__(self, kind: str, code: int, message: str) -> None:
        super().__init__(code, message)
        self.kind = kind


class Events:
    """The events of one call or conference: told one after the other, or out of order when chaos says so."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._last: asyncio.Task[Any] | None = None
        self._told = 0

    def tell(self, url: str, method: str, form: Mapping[str, str], chaos: Chaos | None = None) -> None:
        """Returns at once; the event follows those before it."""
        chaos = chaos or Chaos()
        index, self._told = self._told, self._told + 1
        before, delay = self._last, chaos.event_delay(index)
        if delay is None:
            self._last = self._webhooks.spawn(self._after(before, url, method, dict(form)))
        else:
            self._webhooks.spawn(self._later(delay, url, method, dict(form)))
        if chaos.webhook(index).doubled:
            self._webhooks.spawn(self._webhooks.tell(url, method, dict(form)))

    async def _after(self, before: asyncio.Task[Any] | None, url: str, method: str, form: dict[str, str]) -> None:
        if before is not None:
            await asyncio.wait({before})
        await self._webhooks.tell(url, method, form)

    async def _later(self, delay: float, url: str, method: str, form: dict[str, str]) -> None:
        await asyncio.sleep(delay)
        await self._webhooks.tell(url, method, form)
