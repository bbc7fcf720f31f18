"""Why the studio does not do what it was asked."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """It is not done; ``why`` is a key of the words (``refused_no_flow``), and its text says it in English. ``detail``
    has what was wrong, a line each."""

    TEXTS: Mapping[str, str] = {
        "no_flow": "there is no such flow; `hotline flows list` shows all",
        "no_revision": "there is no such revision; `hotline flows list NAME` shows all",
        "bad_name": "a flow's name has up to 48 small Latin letters, digits and _, and begins with a letter",
        "other_name": "the text is of another flow: its first field, flow, must be the name of this one",
        "too_large": "a flow is at most 1 MB, and so are its scenarios",
        "bad_text": "the text holds characters that no file may hold",
        "no_why": "say why, in up to 300 characters",
        "not_a_flow": "this is not a flow yet, and nobody may overrule that",
        "wrong": "a check or a scenario fails; mend it, or have a supervisor overrule it",
        "may_not_overrule": "only a supervisor or an admin may publish what fails",
        "same": "this is what is live already",
        "bad_share": "a share is 1 to 99 calls of a hundred",
        "live_already": "this revision is live; a candidate is another one",
        "no_candidate": "there is no candidate",
        "unpublished": "there are unpublished changes of somebody else in the draft; look at them with "
        "`hotline flows diff NAME --draft`, or replace them with --replace",
        "bad_number": "a number is written in international form, e.g. +79161234567",
        "bad_moment": "the end must be a moment to come, e.g. 2026-11-24 18:00",
        "no_texts": "an announcement needs words in at least one language, up to 750 letters each",
        "bad_language": "a language is a code such as ru or en",
        "bad_mode": "the hours are one of flow, open, closed or voicemail",
        "no_queue": "there is no such queue in the flow",
        "no_calendar": "there is no such calendar; `hotline switchboard` shows all",
        "bad_calendar": "the calendar is wrong",
        "calendar_used": "a number goes by this calendar; give it another first",
        "not_switched": "this is not switched",
    }

    def __init__(self, why: str, *detail: str) -> None:
        super().__init__("\n".join([self.TEXTS[why], *detail]))
        self.why = why
        self.detail = detail
