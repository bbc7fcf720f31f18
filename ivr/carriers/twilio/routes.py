"""The Twilio edge as one blueprint: turns, the wait lane, agents' legs, events, and the music."""

from __future__ import annotations

from flask import Blueprint

from ivr.carriers.twilio import agents, audio, company, events, guard, turns, waits

blueprint = Blueprint("twilio", __name__)
blueprint.before_request(guard.begin)
blueprint.before_request(guard.check_signature)
blueprint.after_request(guard.count)
blueprint.register_error_handler(Exception, guard.on_error)

for path, view in (
    ("/twilio/voice", turns.voice),
    ("/twilio/turn/<call>/<int:n>", turns.turn),
    ("/twilio/stream/<call>/<stream>", turns.stream_over),
    ("/twilio/fallback", turns.fallback),
    ("/twilio/wait/<call>/<int:n>", waits.wait),
    ("/twilio/connect/<int:ticket>", waits.connect),
    ("/twilio/requeue/<int:ticket>", waits.requeue),
    ("/twilio/agent", agents.browser),
    ("/twilio/agent/phone/<int:offer>", agents.phone),
    ("/twilio/supervisor/phone/<int:supervision>", company.supervisor_phone),
    ("/twilio/outside/<int:ticket>", company.outside),
    ("/twilio/keys/<int:id>", company.keys),
    ("/twilio/consent/<int:ticket>", waits.consent),
    ("/twilio/recorded/<int:recording>", events.recorded),
    ("/twilio/callback/<int:callback>/<int:attempt>", agents.callback),
    ("/twilio/status", events.status),
    ("/twilio/conference", events.conference),
    ("/twilio/recording/<call>/<int:n>", events.recording),
):
    blueprint.add_url_rule(path, view_func=view, methods=["POST"])
blueprint.add_url_rule("/audio/music.wav", view_func=audio.music, methods=["GET"])
