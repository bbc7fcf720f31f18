"""The carrier's records as the REST API shows them: Twilio's JSON, complete enough for the official SDK."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from ivr.carriers.local.call import Call
from ivr.carriers.local.conferences import Conference, Participant
from ivr.carriers.local.model import API_VERSION, IncomingNumber, Recording
from ivr.carriers.local.queues import Member, Queue
from ivr.carriers.local.recorder import Recorder

Json = dict[str, Any]


def moment(when: datetime | None) -> str | None:
    """RFC 2822, as Twilio writes it."""
    return format_datetime(when) if when else None


def base(account: str) -> str:
    return f"/{API_VERSION}/Accounts/{account}"


def account(sid: str) -> Json:
    path = base(sid)
    parts = ("calls", "conferences", "incoming_phone_numbers", "queues", "recordings")
    return {
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "Built-in carrier",
        "status": "active",
        "type": "Full",
        "auth_token": "",
        "date_created": None,
        "date_updated": None,
        "uri": f"{path}.json",
        "subresource_uris": {part: f"{path}/{''.join(w.title() for w in part.split('_'))}.json" for part in parts},
    }


def call(one: Call, account_sid: str) -> Json:
    path = f"{base(account_sid)}/Calls/{one.sid}"
    changed = one.ended or one.started or one.created
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "parent_call_sid": one.parent.sid if one.parent else None,
        "to": one.to,
        "to_formatted": one.to,
        "from": one.from_,
        "from_formatted": one.from_,
        "phone_number_sid": "",
        "status": str(one.status),
        "start_time": moment(one.started),
        "end_time": moment(one.ended),
        "duration": str(one.duration) if one.status.over else None,
        "price": None,
        "price_unit": "USD",
        "direction": "outbound-api" if one.direction == "outbound-api" else one.direction,
        "answered_by": one.answered_by,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "date_created": moment(one.created),
        "date_updated": moment(changed),
        "uri": f"{path}.json",
        "subresource_uris": {"recordings": f"{path}/Recordings.json", "events": f"{path}/Events.json"},
    }


def queue(one: Queue, account_sid: str) -> Json:
    path = f"{base(account_sid)}/Queues/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "friendly_name": one.name,
        "current_size": len(one.members),
        "max_size": one.max_size,
        "average_wait_time": one.average_wait,
        "date_created": moment(one.created),
        "date_updated": moment(one.created),
        "uri": f"{path}.json",
        "subresource_uris": {"members": f"{path}/Members.json"},
    }


def member(one: Member, position: int, account_sid: str) -> Json:
    return {
        "call_sid": one.call.sid,
        "date_enqueued": moment(one.enqueued),
        "position": position,
        "queue_sid": one.queue.sid,
        "wait_time": one.waited,
        "uri": f"{base(account_sid)}/Queues/{one.queue.sid}/Members/{one.call.sid}.json",
    }


def conference(one: Conference, account_sid: str) -> Json:
    path = f"{base(account_sid)}/Conferences/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "friendly_name": one.name,
        "status": one.status,
        "region": "us1",
        "reason_conference_ended": one.reason_ended,
        "call_sid_ending_conference": one.ended_by,
        "api_version": API_VERSION,
        "date_created": moment(one.created),
        "date_updated": moment(one.updated),
        "uri": f"{path}.json",
        "subresource_uris": {"participants": f"{path}/Participants.json", "recordings": f"{path}/Recordings.json"},
    }


def participant(one: Participant, in_: Conference, account_sid: str) -> Json:
    return {
        "call_sid": one.call.sid,
        "account_sid": account_sid,
        "conference_sid": in_.sid,
        "label": one.label or None,
        "call_sid_to_coach": one.coaching or None,
        "coaching": bool(one.coaching),
        "muted": one.muted,
        "hold": one.hold,
        "status": "connected",
        "queue_time": "0",
        "start_conference_on_enter": one.start_on_enter,
        "end_conference_on_exit": one.end_on_exit,
        "date_created": moment(one.created),
        "date_updated": moment(one.created),
        "uri": f"{base(account_sid)}/Conferences/{in_.sid}/Participants/{one.call.sid}.json",
    }


def number(one: IncomingNumber, account_sid: str) -> Json:
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "phone_number": one.phone_number,
        "friendly_name": one.friendly_name or one.phone_number,
        "voice_url": one.voice.url,
        "voice_method": one.voice.method,
        "voice_fallback_url": one.fallback.url if one.fallback else None,
        "voice_fallback_method": one.fallback.method if one.fallback else "POST",
        "status_callback": one.status.url if one.status else "",
        "status_callback_method": one.status.method if one.status else "POST",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_receive_mode": "voice",
        "sms_url": "",
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "address_sid": None,
        "address_requirements": "none",
        "identity_sid": None,
        "bundle_sid": None,
        "trunk_sid": None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "date_created": moment(one.created),
        "date_updated": moment(one.updated),
        "uri": f"{base(account_sid)}/IncomingPhoneNumbers/{one.sid}.json",
    }


def recording(one: Recording, account_sid: str) -> Json:
    path = f"{base(account_sid)}/Recordings/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "call_sid": one.call_sid,
        "conference_sid": None,
        "status": "completed",
        "source": "RecordVerb",
        "channels": 1,
        "duration": str(one.seconds),
        "start_time": moment(one.started),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "media_url": path,
        "api_version": API_VERSION,
        "date_created": moment(one.started),
        "date_updated": moment(one.started),
        "uri": f"{path}.json",
        "subresource_uris": {},
    }


def recorder(one: Recorder, account_sid: str) -> Json:
    """A recording in progress."""
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "call_sid": one.call.sid,
        "conference_sid": None,
        "status": one.status,
        "source": "StartCallRecordingAPI",
        "track": "both",
        "channels": 1,
        "duration": None,
        "start_time": moment(one.started),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "api_version": API_VERSION,
        "date_created": moment(one.started),
        "date_updated": moment(one.started),
        "uri": f"{base(account_sid)}/Calls/{one.call.sid}/Recordings/{one.sid}.json",
    }


def page(key: str, items: list[Json], path: str, number: int, size: int) -> Json:
    """One page of a list. ``items`` is the whole list; ``path`` the address asked, without its page."""
    start, pages = number * size, -(-len(items) // size)
    shown = items[start : start + size]

    def at(index: int) -> str:
        return f"{path}{'&' if '?' in path else '?'}PageSize={size}&Page={index}"

    return {
        key: shown,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(0, len(shown) - 1),
        "first_page_uri": at(0),
        "next_page_uri": at(number + 1) if number + 1 < pages else None,
        "previous_page_uri": at(number - 1) if number else None,
        "uri": at(number),
    }
