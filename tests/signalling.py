"""Twilio's side of a browser phone, on this machine: its signalling, and somebody at the other end of the call.

The Voice SDK connects to ``wss://<host>/signal`` and speaks JSON ``{type, payload, version}`` (its ``pstream.ts``):
``listen`` with the token, ``register``, ``invite`` with an SDP and parameters, ``hangup``, ``dtmf``; it hears
``connected``, ``ready``, ``ringing``, ``answer``, ``hangup``, ``error``. An invite asks the TwiML app's address, signed
as Twilio signs; a reply with a conference is answered, and the conference's events are told. The media goes to
:data:`PEER`, a page of the same server in the same browser, which sends a tone and measures what it hears.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import jwt
import trustme
from twiml import sign
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

PEER = """<!doctype html><title>peer</title><script>
const calls = {};
let socket;
function connect() {
  socket = new WebSocket(`wss://${location.host}/peer`);
  socket.onmessage = answer;
  socket.onclose = () => setTimeout(connect, 100);
}
async function answer(message) {
  const { call, sdp } = JSON.parse(message.data);
  const pc = (calls[call] ??= begin());
  await pc.setRemoteDescription({ type: "offer", sdp });
  await pc.setLocalDescription(await pc.createAnswer());
  while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  socket.send(JSON.stringify({ call, sdp: pc.localDescription.sdp }));
}
connect();
function begin() {
  const pc = new RTCPeerConnection();
  const context = new AudioContext();
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  pc.addTrack(out.stream.getAudioTracks()[0], out.stream);
  pc.ontrack = ({ streams }) => {
    const player = new Audio();
    player.srcObject = streams[0];
    player.play();
  };
  return pc;
}
window.heard = async () => {
  let bytes = 0, energy = 0;
  for (const pc of Object.values(calls)) {
    for (const one of (await pc.getStats()).values()) {
      if (one.type === "inbound-rtp") { bytes += one.bytesReceived; energy += one.totalAudioEnergy; }
    }
  }
  return { bytes, energy };
};
</script>"""

HEARTBEAT_SECONDS = 3.0
"""The SDK takes a line silent for 15 s for a dead one."""


@dataclass
class Leg:
    """A browser's call. ``sid`` is ours, the SDK's own name for it ends with the answer."""

    sid: str
    identity: str
    params: dict[str, str]
    line: ServerConnection
    conference: str = ""
    label: str = ""
    events: str = ""
    sequence: int = 0
    ending: bool = False
    over: bool = False


@dataclass
class Signalling:
    """``secret``: of the API key. ``web``: where the webhooks go, which the application knows as ``public``. ``ttl``:
    what it says of each next token's life, seconds; then 900. ``reject_tokens``: so many next ones are not taken.
    ``fail_invites``: so many next calls fail."""

    secret: str
    web: str
    public: str
    port: int = 0
    ttl: list[int] = field(default_factory=list)
    listens: list[dict[str, Any]] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    digits: list[str] = field(default_factory=list)
    rejoined: int = 0
    faults: list[str] = field(default_factory=list)
    reject_tokens: int = 0
    fail_invites: int = 0
    _server: Server | None = None
    _peer: ServerConnection | None = None
    _threads: list[threading.Thread] = field(default_factory=list)
    _answers: dict[str, str] = field(default_factory=dict)
    _answered: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(self._tls)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

        self.voice_url, self.status_url = f"{self.public}/twilio/agent", f"{self.public}/twilio/status"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def peer_is_there(self) -> bool:
        return self._peer is not None

    @property
    def live(self) -> list[Leg]:
        return [leg for leg in self.legs if not leg.over]

    def start(self) -> None:
        self._server = serve(
            self._serve, "127.0.0.1", self.port, ssl=self._tls, process_request=self._page, ping_interval=None
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        threading.Thread(target=self._beat, args=(self._server,), daemon=True).start()

    def stop(self) -> None:
        """As a killed process: nobody says goodbye, and nobody listens."""
        server, self._server = self._server, None
        if server is not None:
            open_lines = server.connections
            server.shutdown()
            for line in open_lines:
                with contextlib.suppress(OSError):
                    line.socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()

    def hang_up(self, leg: Leg) -> None:
        """The carrier ends the leg, as its REST API or the end of the conference does."""
        self._say(leg.line, "hangup", callsid=leg.sid)
        self._ended(leg)

    def _page(self, line: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade"):
            return None
        body = PEER.encode()
        headers = Headers({"Content-Type": "text/html", "Content-Length": str(len(body))})
        return Response(HTTPStatus.OK.value, HTTPStatus.OK.phrase, headers, body)

    def _beat(self, server: Server) -> None:
        while self._server is server:
            for line in server.connections - {self._peer}:
                with contextlib.suppress(ConnectionClosed):
                    line.send("\n")
            time.sleep(HEARTBEAT_SECONDS)

    def _serve(self, line: ServerConnection) -> None:
        peer = line.request is not None and line.request.path == "/peer"
        if peer:
            self._peer = line
        with contextlib.suppress(ConnectionClosed):
            for text in line:
                if text == "\n":
                    continue
                message = json.loads(text)
                if peer:
                    with self._answered:
                        self._answers[message["call"]] = message["sdp"]
                        self._answered.notify_all()
                else:
                    self._take(line, message["type"], message.get("payload") or {})

    def _take(self, line: ServerConnection, kind: str, payload: dict[str, Any]) -> None:
        if kind == "listen":
            self._listen(line, payload["token"])
        elif kind == "register":
            self._say(line, "ready")
        elif kind == "invite" and payload.get("reconnect"):
            self._rejoin(line, payload["reconnect"])
        elif kind == "invite":
            self._aside(self._invite, line, payload)
        elif kind == "dtmf":
            self.digits.append(payload["dtmf"])
        elif kind == "hangup":
            for leg in self.live:
                if payload["callsid"] == leg.sid:
                    self._aside(self._ended, leg)

    def _aside(self, work: Callable[..., None], *arguments: Any) -> None:
        """Away from the line, which is to be read on meanwhile."""
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self, line: ServerConnection, token: str) -> None:
        """A token is good for who signed it with the key's secret, and until its end."""
        try:
            claims = jwt.decode(token, self.secret, algorithms=["HS256"], options={"require": ["exp", "nbf"]})
            if self.reject_tokens:
                self.reject_tokens -= 1
                raise jwt.ExpiredSignatureError
        except jwt.InvalidTokenError as error:
            self._say(line, "error", error={"code": 20104, "message": type(error).__name__})
            return
        self.listens.append(claims)
        ttl = self.ttl.pop(0) if self.ttl else 900
        known = {"identity": claims["grants"]["identity"], "ttl": ttl}
        self._say(line, "connected", token=known, region="US_EAST_VIRGINIA", home="us1", gateway="test")

    def _invite(self, line: ServerConnection, payload: dict[str, Any]) -> None:
        if self.fail_invites:
            self.fail_invites -= 1
            self._say(line, "hangup", error={"code": 31005, "message": "gateway"})
            return
        try:
            params = dict(parse_qsl(payload["twilio"].get("params", "")))
            leg = Leg(f"CA{uuid4().hex}", self.listens[-1]["grants"]["identity"], params, line)
            self._say(line, "ringing", callsid=leg.sid)
            reply = self._post(self.voice_url, leg, CallStatus="ringing", Direction="inbound", To="", **params)
            room = ElementTree.fromstring(reply).find("./Dial/Conference")
            if room is None:
                self._say(line, "hangup", callsid=leg.sid)
                return
            sdp = self._ask_peer(leg.sid, payload["sdp"])
            leg.conference, leg.label = str(room.text), room.get("participantLabel", "")
            leg.events = room.get("statusCallback", "")
            self.legs.append(leg)
            self._say(line, "answer", callsid=leg.sid, sdp=sdp, reconnect=f"again-{leg.sid}")
            self._tell(leg, "participant-join")
        except (httpx.HTTPError, ElementTree.ParseError, TimeoutError, AssertionError) as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            self._say(line, "hangup", error={"code": 31005, "message": "gateway"})

    def _rejoin(self, line: ServerConnection, token: str) -> None:
        """A call whose signalling was away goes on; its media never stopped."""
        for leg in self.live:
            if token == f"again-{leg.sid}":
                leg.line = line
                self.rejoined += 1
                self._say(line, "answer", callsid=leg.sid, reconnect=token)
                return
        self._say(line, "hangup")

    def _ended(self, leg: Leg) -> None:
        if leg.ending:
            return
        leg.ending = True
        self._tell(leg, "participant-leave")
        self._post(self.status_url, leg, CallStatus="completed", CallDuration="1")
        leg.over = True

    def _tell(self, leg: Leg, event: str) -> None:
        leg.sequence += 1
        about = {"StatusCallbackEvent": event, "ConferenceSid": f"CF{leg.sid[2:]}", "ParticipantLabel": leg.label}
        self._post(leg.events, leg, SequenceNumber=str(leg.sequence), FriendlyName=leg.conference, **about)

    def _ask_peer(self, call: str, sdp: str) -> str:
        assert self._peer is not None, "no peer: open its page first"
        self._peer.send(json.dumps({"call": call, "sdp": sdp}))
        with self._answered:
            if not self._answered.wait_for(lambda: call in self._answers, 10):
                raise TimeoutError("the peer did not answer")
            return self._answers[call]

    def _post(self, url: str, leg: Leg, **form: str) -> str:
        address = url.partition("#")[0]
        fields = {"CallSid": leg.sid, "From": f"client:{leg.identity}", **form}
        headers = {"X-Twilio-Signature": sign(address, fields)}
        answer = httpx.post(self.web + address.removeprefix(self.public), data=fields, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.text

    def _say(self, line: ServerConnection, kind: str, **payload: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            line.send(json.dumps({"type": kind, "version": "1.6", "payload": payload}))
