"""The skills of whoever takes calls, as the queue keeps them, and setting them."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.admin.staff import QUEUE_ROLES, By, Refused
from ivr.queueing import callqueue
from ivr.store import audit
from ivr.store.engine import engine
from ivr.store.people import Person

LONGEST = 64


def skills_of(person: int) -> list[str]:
    """In order; empty: every queue."""
    view = callqueue().agent_view(person)
    return sorted(view.skills) if view is not None else []


def known() -> list[str]:
    """Every skill that somebody has, in order."""
    return sorted({skill for row in callqueue().agents() for skill in skills_of(row.id)})


def set_skills(by: By, person: Person, skills: Iterable[str]) -> list[str]:
    """Exactly these. Raises :class:`ivr.admin.staff.Refused` for a role that takes no calls."""
    if person.role not in QUEUE_ROLES:
        raise Refused("no_calls")
    wanted = sorted({cleaned for skill in skills if (cleaned := " ".join(skill.lower().split())[:LONGEST])})
    before = skills_of(person.id)
    callqueue().register_agent(person.id, person.name, skills=wanted)
    with engine().begin() as conn:
        audit.record(conn, by.person, "person.skills", person.login, {"skills": before}, {"skills": wanted}, via=by.via)
    return wanted
