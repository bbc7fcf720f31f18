"""The plain thing beside ours: a Flask view that returns a constant, under the same server and flags."""

from __future__ import annotations

from flask import Flask, Response

app = Flask(__name__)
REPLY = b'<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'


@app.post("/bare")
def bare() -> Response:
    return Response(REPLY, content_type="text/xml")
