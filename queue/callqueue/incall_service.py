"""The part of the queue's front door about calls in progress: hold, keys, transfers, supervisors."""

from __future__ import annotations

from datetime import datetime

from callqueue import incall, recording, seats, supervising, transfers
from callqueue.incall_model import InCall, RecordingView, SuperviseMode, Target, TransferResult
from callqueue.work import Records


class InCalls:
    """What :class:`callqueue.service.CallQueue` offers for them; each method as it says of all of its own."""

    records: Records

    def supervisor_for(self, supervision: int, agent: int) -> supervising.Entry | None:
        """Where a supervisor's leg goes; None: they may not (any more)."""
        with self.records.reading() as conn:
            return supervising.entry(conn, supervision, agent)

    def supervisor_joined(self, supervision: int, leg: str, *, now: datetime | None = None) -> None:
        """A supervisor's leg is in the conference."""
        self.records.write(now, supervising.joined, supervision, leg)

    def outside_placed(self, ticket: int, leg: str, *, now: datetime | None = None) -> None:
        """The carrier rings the number of a transfer."""
        self.records.write(now, transfers.placed, ticket, leg)

    def outside_answered(self, ticket: int, leg: str, *, now: datetime | None = None) -> int | None:
        """The number of a transfer picked up: the ticket whose conference it joins, None when too late."""
        return self.records.write(now, transfers.answered, ticket, leg)

    def outside_joined(self, ticket: int, leg: str, conference_sid: str = "", *, now: datetime | None = None) -> bool:
        """The number's leg is in the conference. False: not wanted (any more), it is hung up."""
        return self.records.write(now, transfers.outside_joined, ticket, leg, conference_sid)

    def keys(self, id: int) -> str:
        """The keys to play, by the id the telephone was given; '' when they are gone."""
        with self.records.reading() as conn:
            return seats.digits(conn, id)

    # During the call. Each is True (or has a ticket) when it is so afterwards, also when it was so before.

    def hold(self, ticket: int, agent: int, on: bool, *, now: datetime | None = None) -> bool:
        """Music for the caller, or the conversation again."""
        return self.records.write(now, seats.hold, ticket, agent, on)

    def mute(self, ticket: int, agent: int, on: bool, *, now: datetime | None = None) -> bool:
        """The agent's microphone off, or on."""
        return self.records.write(now, seats.mute, ticket, agent, on)

    def press(self, ticket: int, agent: int, digits: str, *, now: datetime | None = None) -> bool:
        """Keys (0-9 * #) towards the added number, else the caller; played at most once."""
        return self.records.write(now, seats.press, ticket, agent, digits)

    def transfer(
        self, ticket: int, agent: int, target: Target, *, warm: bool, now: datetime | None = None
    ) -> TransferResult:
        """Give the caller away, or (``warm``) have the target asked first while the caller hears music."""
        try:
            return self.records.write(now, transfers.transfer, ticket, agent, target, warm)
        except transfers.NotNow:
            return TransferResult(refused="not_yours")

    def hand_over(self, ticket: int, agent: int, *, now: datetime | None = None) -> bool:
        """End a consultation by giving the caller to the one who was asked; this agent wraps up."""
        try:
            return self.records.write(now, transfers.hand_over, ticket, agent)
        except transfers.NotNow:
            return False

    def take_back(self, ticket: int, agent: int, *, now: datetime | None = None) -> bool:
        """End a consultation, or stop waiting for one; the caller hears this agent again."""
        return self.records.write(now, transfers.take_back, ticket, agent)

    def supervise(
        self, ticket: int, agent: int, mode: SuperviseMode | str, *, now: datetime | None = None
    ) -> int | None:
        """Into somebody's call (``listen``, ``whisper``, ``barge``), another mode, or out (``leave``). Returns the
        supervision, with which their phone joins (event ``supervision``); None: no such call, or they are in one."""
        return self.records.write(now, supervising.supervise, ticket, agent, SuperviseMode(mode))

    def take_over(self, ticket: int, agent: int, *, now: datetime | None = None) -> int | None:
        """A supervisor in the call becomes its agent; who had it wraps up. Returns the new ticket, None if not in."""
        try:
            return self.records.write(now, supervising.take_over, ticket, agent)
        except transfers.NotNow:
            return None

    def in_call(self, agent: int) -> InCall:
        """What goes on in the agent's call, for its buttons; also a call that they supervise."""
        with self.records.reading() as conn:
            return incall.view(conn, agent, self.records.rules)

    # Recordings.

    def notice_due(self, ticket: int) -> bool:
        """Whether the customer must hear, before they are connected, that they are recorded."""
        with self.records.reading() as conn:
            return recording.notice_due(conn, ticket, self.records.rules.record)

    def refuse_recording(self, ticket: int, *, now: datetime | None = None) -> None:
        """The customer does not want to be recorded."""
        self.records.write(now, recording.refuse, ticket)

    def pause_recording(self, ticket: int, agent: int, on: bool, *, now: datetime | None = None) -> bool:
        """Pause the recording while card data is spoken, or go on; a pause that is not ended goes on by itself
        (``Rules.pause_seconds``, counted from the last time it was asked for). False: it is not recorded."""
        return self.records.write(now, recording.pause, ticket, agent, on)

    def recording_ended(self, id: int, sid: str, seconds: int, *, now: datetime | None = None) -> None:
        """The carrier has the sound."""
        self.records.write(now, recording.ended, id, sid, seconds)

    def recordings(self, before: datetime | None = None, limit: int = 50) -> list[RecordingView]:
        """Recorded conversations, newest first."""
        with self.records.reading() as conn:
            return recording.kept(conn, before, limit)

    def recording(self, id: int) -> RecordingView | None:
        """One recorded conversation."""
        with self.records.reading() as conn:
            return recording.one(conn, id)
