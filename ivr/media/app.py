"""The media process: takes the carrier's streams on PORT+3, each with an address that we made and a signature of the
carrier's, and ends those that do not behave as streams."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import unquote

from redis.exceptions import RedisError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from flows.language import FlowErrors
from ivr import ready
from ivr.calls.ears import Ears, stream_of
from ivr.calls.flow import FlowGone
from ivr.calls.loop import CallLoop
from ivr.carriers.twilio import signature
from ivr.media import frames
from ivr.media.frames import BadFrame, Connected, Start, Stop
from ivr.media.line import Gone, Line
from ivr.media.prompts import Prompts
from ivr.media.talk import Talk
from ivr.rendering import Rendering
from ivr.settings import Settings
from voice.endpoint import Judge, SileroJudge
from voice.recognition import Recogniser, RecognitionFailed
from voice.synthesis import SpeechFailed

log = logging.getLogger(__name__)

START_SECONDS = 5.0
"""Until the stream's first two messages."""
NOTHING_SECONDS = 30.0
"""A stream in which nothing comes for so long has died."""
A_SECOND = 60
AT_ONCE = 600
"""Messages that a stream may send: the carrier sends 50 a second; what a stalled network held back comes at once."""
BEAT_SECONDS = 1.0
RENDER_SECONDS = 5.0
"""How often it is looked whether another flow is live, whose prompts are to be made."""
DRAIN_SECONDS = 8.0
"""How long a question may go on once the process is to end; then it is asked again by the next."""

_CODES = {"bad": 1008, "failed": 1011, "left": 1000}


class Media:
    """The streams of one process. ``recognisers`` by language; ``loop`` takes turns as webhooks do."""

    def __init__(
        self,
        settings: Settings,
        loop: CallLoop,
        recognisers: Mapping[str, Recogniser],
        judge: Callable[[], Judge] = SileroJudge,
        prompts: Prompts | None = None,
        nothing: float = NOTHING_SECONDS,
    ) -> None:
        self.settings = settings
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.streams: dict[tuple[str, str], asyncio.Task[None]] = {}
        """By call and stream: a call that comes back may find its stream before not buried yet."""
        self.most = settings.most_streams
        self.leaving = asyncio.Event()
        self._loop, self._recognisers, self._judge, self._nothing = loop, recognisers, judge, nothing
        self._ears = Ears(loop.store.redis)
        self._rendering = Rendering(settings)
        self._prompts = prompts or Prompts(settings.prompts_folder, self._rendering.manner)
        self._turns = ThreadPoolExecutor(settings.web_threads, "turn")
        self._hearing = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "hearing")
        self._connected = True
        self._server: Server | None = None

    @property
    def languages(self) -> list[str]:
        """What is heard here, as :func:`ivr.calls.ears.needed` names it."""
        free = [f"{language}:free" for language, one in self._recognisers.items() if one.free]
        return [*self._recognisers, *free]

    # -- life --------------------------------------------------------------------------------------------------

    async def open(self, host: str, port: int) -> None:
        """Listen, and tell that we do."""
        inherited = os.environ.get(ready.LISTEN_FD)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = await serve(
            self._stream,
            sock=socket.socket(fileno=os.dup(int(inherited)))
            if inherited
            else socket.create_server((host, port), family=family, backlog=512),
            process_request=self._asked,
            compression=None,
            max_size=frames.MOST_BYTES,
            max_queue=64,
            open_timeout=START_SECONDS,
            server_header=None,
            logger=logging.getLogger("ivr.media.socket"),
        )
        await self._beat()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; then every stream is left for another process."""
        tasks = [asyncio.create_task(self._beats()), asyncio.create_task(self._renders())]
        await stop.wait()
        for task in tasks:
            task.cancel()
        await self.close()

    async def close(self) -> None:
        """No new streams; those there are left at their next turn, or soon."""
        self.leaving.set()
        with contextlib.suppress(RedisError):
            await self._blocking(self._ears.gone, self.name)
        if self._server is not None:
            self._server.close(close_connections=False)
        if self.streams:
            await asyncio.wait(self.streams.values(), timeout=DRAIN_SECONDS)
        for task in list(self.streams.values()):
            task.cancel()
        if self.streams:
            await asyncio.wait(self.streams.values(), timeout=2)
        if self._server is not None:
            await self._server.wait_closed()
        self._turns.shutdown(wait=False)
        self._hearing.shutdown(wait=False)
        self._prompts.close()
        self._rendering.close()

    async def _renders(self) -> None:
        """The live flow's prompts are made before their calls, also when another is published."""
        while True:
            try:
                await self._blocking(self._render)
            except (RedisError, OSError, FlowErrors, FlowGone) as error:
                log.warning("prompts are not made before their calls (%s)", type(error).__name__)
            await asyncio.sleep(RENDER_SECONDS)

    def _render(self) -> None:
        flows = self._loop.flows
        flow = flows.live(flows.board())
        self._rendering.look(flow, flows.text(flow.revision))

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._beat()

    async def _beat(self) -> None:
        if not self._recognisers:
            return
        try:
            await self._blocking(
                self._ears.here, self.name, self.languages, self.most, {call for call, _ in self.streams}
            )
            self._connected = True
        except (RedisError, OSError) as error:
            if self._connected:
                log.warning("Redis is away (%s): no new streams until it is back", type(error).__name__)
            self._connected = False

    # -- who may come in ---------------------------------------------------------------------------------------

    async def _asked(self, connection: ServerConnection, request: Request) -> Response | None:
        """Before the handshake, so before any sound: whether this is a stream that we asked the carrier for."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            body = f'{{"ok": true, "streams": {len(self.streams)}, "most": {self.most}}}\n'
            return _answer(HTTPStatus.OK, body, "application/json")
        parts = path.split("/")
        if len(parts) != 4 or parts[1] != "media":
            return _answer(HTTPStatus.NOT_FOUND, "streams are at /media/<call>/<token>\n")
        call = unquote(parts[2])
        stream = stream_of(self.settings.signing_key, call, parts[3])
        if not stream or not self._signed(path, request.headers):
            log.warning("403 for a stream: its %s does not fit", "signature" if stream else "token")
            return _answer(HTTPStatus.FORBIDDEN, "no valid signature and token\n")
        if self.leaving.is_set() or len(self.streams) >= self.most:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "no place\n")
        try:
            fresh = await self._blocking(self._ears.opened, call, stream)
        except (RedisError, OSError):
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "Redis is away\n")
        if not fresh:
            return _answer(HTTPStatus.CONFLICT, "this address was used\n")
        connection.call, connection.stream = call, stream  # type: ignore[attr-defined]
        return None

    def _signed(self, path: str, headers: Headers) -> bool:
        """The carrier signs the address as it was told, and is not agreed with itself on its scheme."""
        given = headers.get(signature.HEADER, "")
        base = self.settings.stream_url
        known = {base, base.replace("ws", "http", 1), self.settings.web_url}
        forms = [address + path + slash for address in known for slash in ("", "/")]
        return any(signature.valid(self.settings.auth_token, form, {}, given) for form in forms)

    # -- a stream ----------------------------------------------------------------------------------------------

    async def _stream(self, connection: ServerConnection) -> None:
        call: str = connection.call  # type: ignore[attr-defined]
        stream: str = connection.stream  # type: ignore[attr-defined]
        task = asyncio.current_task()
        assert task is not None
        self.streams[call, stream] = task
        how, why = "failed", "broken"
        try:
            how, why = await self._serve(connection, call, stream)
        except asyncio.CancelledError:
            # The process ends, and the question did not: the next process asks it again.
            task.uncancel()
            how, why = "left", "moved"
            with contextlib.suppress(RedisError):
                await self._blocking(self._loop.store.leave_stream, call, stream, "moved", -1)
        except Exception:
            log.exception("the stream of call %s broke", call)
        finally:
            log.info("the stream of call %s is over: %s", call, why)
            with contextlib.suppress(RedisError):
                await self._blocking(self._ears.left, call)
            del self.streams[call, stream]
            await connection.close(_CODES[how], why[:120])

    async def _serve(self, connection: ServerConnection, call: str, stream: str) -> tuple[str, str]:
        """The stream to its end: how it ended, and why."""

        async def send(message: str) -> None:
            with contextlib.suppress(ConnectionClosed):
                await connection.send(message)

        try:
            async with asyncio.timeout(START_SECONDS):
                start = await _started(connection, call)
        except TimeoutError:
            return "bad", f"no start within {START_SECONDS:.0f} s"
        except BadFrame as error:
            return "bad", str(error)
        except ConnectionClosed:
            return "left", "closed before its start"
        line = Line(start.stream, send)
        talk = Talk(
            call, line, self._loop, lambda why, said: self._loop.store.leave_stream(call, stream, why, said),
            self._recognisers, self._judge, self._prompts, self._turns, self._hearing, self.leaving,
            captions=self.settings.demo,
        )  # fmt: skip
        talking = asyncio.create_task(talk.run())
        reading = asyncio.create_task(_read(connection, line, self._nothing))
        try:
            await asyncio.wait({talking, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                how, why = reading.result()
                line.end(why)
                return how, why
            return "left", talking.result()
        except Gone as gone:
            return "bad", str(gone)
        except (RecognitionFailed, SpeechFailed, RedisError, OSError) as error:
            log.warning("the stream of call %s cannot go on: %s", call, error)
            return "failed", type(error).__name__
        finally:
            for one in (talking, reading):
                one.cancel()
            await asyncio.gather(talking, reading, return_exceptions=True)

    async def _blocking(self, work: Callable[..., object], *arguments: object) -> object:
        return await asyncio.get_running_loop().run_in_executor(self._turns, work, *arguments)


async def _started(connection: ServerConnection, call: str) -> Start:
    """The first message names the protocol, the second the stream. Raises :class:`BadFrame`."""
    while True:
        match frames.parse(await connection.recv()):
            case Connected() | None:
                continue
            case Start(_, of) as start if of == call:
                return start
            case Start():
                raise BadFrame("the stream is of another call than its address")
            case _:
                raise BadFrame("a frame before the start")


async def _read(connection: ServerConnection, line: Line, nothing: float) -> tuple[str, str]:
    """Until the stream ends or must be ended: how, and why."""
    loop = asyncio.get_running_loop()
    allowed, at = float(AT_ONCE), loop.time()
    while True:
        try:
            async with asyncio.timeout(nothing):
                message = await connection.recv()
            match frames.parse(message):
                case Stop():
                    return "left", "stopped by the carrier"
                case None | Connected() | Start():
                    pass
                case heard:
                    line.take(heard)
        except TimeoutError:
            return "bad", f"nothing came for {nothing:.0f} s"
        except ConnectionClosed:
            return "left", "closed by the carrier"
        except (BadFrame, Gone) as error:
            return "bad", str(error)
        now = loop.time()
        allowed = min(float(AT_ONCE), allowed + (now - at) * A_SECOND) - 1
        at = now
        if allowed < 0:
            return "bad", "a flood: more came than a call has sound"


def _answer(status: HTTPStatus, body: str, kind: str = "text/plain") -> Response:
    data = body.encode()
    return Response(
        status.value, status.phrase, Headers({"Content-Type": kind, "Content-Length": str(len(data))}), data
    )


async def run(settings: Settings, loop: CallLoop, recognisers: Mapping[str, Recogniser]) -> None:
    """Serve on PORT+3 until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    media = Media(settings, loop, recognisers)
    await media.open(settings.host, settings.port + 3)
    ready.tell()
    await media.run(stop)
