"""The carrier's REST API through Twilio's SDK, for the jobs; never used inside a webhook."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import requests
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from callqueue.ports import CarrierRefused, CarrierUnknown, Seat
from ivr.carriers.twilio.urls import Urls
from ivr.counting import CARRIER_ERRORS
from ivr.settings import Settings
from ivr.settings import settings as process_settings

TWILIO = "https://api.twilio.com"
CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
"""The SDK has no limits of its own."""
SOON_SECONDS = 4.0
"""Waited for the answer to what may be asked again (all but a new call or recording): others wait behind it."""
RING_SECONDS = 30
LIVE = frozenset({"queued", "initiated", "ringing", "in-progress"})
CLOCKS_APART = timedelta(seconds=10)

T = TypeVar("T")


class BaseAddressClient(HttpClient):  # type: ignore[misc]
    """The SDK's HTTP client with another base address (the SDK builds its own from region and edge) and time limits.
    No redirects: they would carry the credentials elsewhere."""

    def __init__(self, base: str, read: float | None = None) -> None:
        self._read = read
        super().__init__(logging.getLogger("twilio.http_client"), False, None)
        self._base = base or TWILIO
        self._session = requests.Session()

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, form-encoded. Raises ``requests.RequestException``."""
        answer = self._session.request(
            method.upper(),
            url.replace(TWILIO, self._base, 1),
            params=cast(Any, params),
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or (CONNECT_SECONDS, self._read or READ_SECONDS),
            allow_redirects=False,
        )
        return Response(answer.status_code, answer.text, answer.headers)


def rest_client(settings: Settings, read: float | None = None) -> Client:
    """The SDK's client for these settings. ``read``: seconds an answer is waited for, else :data:`READ_SECONDS`."""
    http = BaseAddressClient(settings.carrier_api_url, read)
    return Client(settings.account_sid, settings.auth_token, http_client=http)


class TwilioTelephone:
    """Implements :class:`callqueue.ports.Telephone`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or process_settings()
        self._urls = Urls(self._settings.web_url)
        self._placing = rest_client(self._settings)
        self._client = rest_client(self._settings, SOON_SECONDS)

    def connect_waiting(self, call: str, queue_sid: str, ticket: int) -> None:
        member = self._client.queues(queue_sid).members(call)
        asked(lambda: member.update(url=self._urls.connect(ticket), method="POST"))

    def call_customer(self, number: str, callback: int, attempt: int) -> str:
        # Machine detection holds the first words back for seconds; the built-in carrier has no machines.
        detect = {} if self._settings.demo else {"machine_detection": "Enable", "machine_detection_timeout": 5}
        return self._call(
            number,
            self._urls.callback(callback, attempt),
            self._urls.status(callback=callback, attempt=attempt),
            RING_SECONDS,
            **detect,
        )

    def call_agent(self, number: str, ticket: int, agent: int, offer: int) -> str:
        return self._call(
            number,
            self._urls.agent_phone(offer, agent),
            self._urls.status(offer=offer, agent=agent),
            self._settings.ring_seconds,
        )

    def return_to_line(self, call: str, ticket: int, dropped: bool = True) -> None:
        leg = self._client.calls(call)
        asked(lambda: leg.update(url=self._urls.requeue(ticket, dropped), method="POST"))

    def hang_up(self, call: str) -> None:
        leg = self._client.calls(call)
        try:
            asked(lambda: leg.update(status="completed"))
        except CarrierRefused as error:
            if error.again:
                raise
            # A leg that is over, or that the carrier never had, is as good as hung up.

    def is_live(self, call: str) -> bool:
        leg = self._client.calls(call)
        try:
            return str(asked(leg.fetch).status) in LIVE
        except CarrierRefused as error:
            if error.again or "HTTP 404" not in str(error):
                raise
            return False

    def seat(self, conference: str, call: str, seat: Seat) -> None:
        participant = self._client.conferences(conference).participants(call)
        wanted: dict[str, Any] = {}
        if seat.hold is not None:
            wanted["hold"] = seat.hold
            if seat.hold:
                wanted |= {"hold_url": self._urls.music(), "hold_method": "GET"}
        if seat.muted is not None:
            wanted["muted"] = seat.muted
        if seat.coach is not None:
            wanted["coaching"] = bool(seat.coach)
            if seat.coach:
                wanted["call_sid_to_coach"] = seat.coach
        asked(lambda: participant.update(**wanted))

    def call_outside(self, number: str, ticket: int) -> str:
        return self._call(number, self._urls.outside(ticket), self._urls.status(outside=ticket), RING_SECONDS)

    def call_supervisor(self, number: str, supervision: int, agent: int) -> str:
        return self._call(
            number,
            self._urls.supervisor_phone(supervision, agent),
            self._urls.status(supervision=supervision),
            RING_SECONDS,
        )

    def play_keys(self, conference: str, call: str, keys: int) -> None:
        participant = self._client.conferences(conference).participants(call)
        asked(lambda: participant.update(announce_url=self._urls.keys(keys), announce_method="POST"))

    def start_recording(self, call: str, recording: int) -> str:
        leg = self._placing.calls(call)
        made = asked(
            lambda: leg.recordings.create(
                recording_channels="mono",
                recording_track="both",
                recording_status_callback=self._urls.recorded(recording),
                recording_status_callback_method="POST",
                recording_status_callback_event=["completed", "absent"],
            )
        )
        return str(made.sid)

    def find_recording(self, call: str) -> str | None:
        leg = self._client.calls(call)
        found = asked(lambda: leg.recordings.list(limit=20))
        going_on = [one for one in found if one.status in ("in-progress", "paused", "processing")]
        return str(going_on[0].sid) if going_on else None

    def pause_recording(self, call: str, sid: str, paused: bool) -> None:
        sound = self._client.calls(call).recordings(sid)
        if paused:
            asked(lambda: sound.update(status="paused", pause_behavior="silence"))
        else:
            asked(lambda: sound.update(status="in-progress"))

    def find_callback_call(self, number: str, callback: int, attempt: int, since: datetime) -> str | None:
        """The carrier keeps no note of the attempt; but a number has one open callback and attempts are minutes apart,
        so a call of ours to it since then is that attempt's."""
        found = asked(lambda: self._client.calls.list(to=number, start_time_after=since - CLOCKS_APART, limit=50))
        ours = [
            call
            for call in found
            if (call.direction or "").startswith("outbound")
            and (call.date_created is None or call.date_created >= since - CLOCKS_APART)
        ]
        return str(ours[-1].sid) if ours else None

    def _call(self, number: str, url: str, status: str, ring: int, **more: Any) -> str:
        made = asked(
            lambda: self._placing.calls.create(
                to=number,
                from_=self._settings.phone_number,
                url=url,
                method="POST",
                status_callback=status,
                status_callback_method="POST",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=ring,
                **more,
            )
        )
        return str(made.sid)


def asked(request: Callable[[], T]) -> T:
    """Make one request, once. Raises ``CarrierRefused`` (4xx, or never sent: nothing was done) and ``CarrierUnknown``
    (5xx or no answer: it may have been done)."""
    try:
        return _asked(request)
    except CarrierRefused as error:
        never_sent = isinstance(error.__cause__, requests.RequestException)
        CARRIER_ERRORS.labels("unreachable" if never_sent else "throttled" if error.again else "refused").inc()
        raise
    except CarrierUnknown:
        CARRIER_ERRORS.labels("unknown").inc()
        raise


def _asked(request: Callable[[], T]) -> T:
    try:
        return request()
    except TwilioException as error:
        status = _status(error)
        what = f"HTTP {status}, code {getattr(error, 'code', None)}: the carrier refused"
        if 400 <= status < 500:
            raise CarrierRefused(what, again=status == 429) from error
        raise CarrierUnknown(what) from error
    except requests.ConnectTimeout as error:
        raise CarrierRefused("the carrier cannot be reached", again=True) from error
    except requests.RequestException as error:
        if _never_sent(error):
            raise CarrierRefused("the carrier cannot be reached", again=True) from error
        raise CarrierUnknown(f"no answer from the carrier ({type(error).__name__})") from error


def _status(error: TwilioException) -> int:
    """The HTTP status, wherever the SDK puts it: lists carry the response itself; 0 when there is none."""
    response = error.args[1] if len(error.args) > 1 else None
    return int(getattr(error, "status", 0) or getattr(response, "status_code", 0))


def _never_sent(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
