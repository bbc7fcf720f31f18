"""The skills of whoever takes calls, with levels, as the queue keeps them; and setting them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ivr.admin.staff import QUEUE_ROLES, By, Refused
from ivr.queueing import callqueue
from ivr.store import audit
from ivr.store.engine import engine
from ivr.store.people import Person

LONGEST = 64
LEVELS = range(1, 11)
USUAL = 5
"""The level of a skill that is given without one."""


def skills_of(person: int) -> dict[str, int]:
    """Levels by skill, in order; empty: every queue."""
    view = callqueue().agent_view(person)
    return dict(sorted(view.skills.items())) if view is not None else {}


def known() -> list[str]:
    """Every skill that somebody has or a queue asks for, in order."""
    queue = callqueue()
    asked = {skill for rules in queue.records.rules.queues.values() for skill in rules.needs}
    return sorted(asked | {skill for row in queue.agents() for skill in row.skills})


def parse(words: Iterable[str]) -> dict[str, int]:
    """``cards=7`` or ``cards`` each. Raises :class:`ivr.admin.staff.Refused` for a level that is none."""
    found = {}
    for word in words:
        name, _, level = word.partition("=")
        if cleaned := " ".join(name.lower().split())[:LONGEST]:
            found[cleaned] = _level(level.strip() or str(USUAL))
    return found


def set_skills(by: By, person: Person, skills: Mapping[str, int]) -> dict[str, int]:
    """Exactly these. Raises :class:`ivr.admin.staff.Refused` for a role that takes no calls."""
    if person.role not in QUEUE_ROLES:
        raise Refused("no_calls")
    before, wanted = skills_of(person.id), dict(sorted(skills.items()))
    if wanted == before:
        return wanted
    callqueue().register_agent(person.id, person.name, skills=wanted)
    with engine().begin() as conn:
        audit.record(conn, by.person, "person.skills", person.login, {"skills": before}, {"skills": wanted}, via=by.via)
    return wanted


def _level(text: str) -> int:
    if not text.isdecimal() or int(text) not in LEVELS:
        raise Refused("bad_level")
    return int(text)
