"""A day on the floor in the records: callers, conversations, promises, agents. For tests and for pictures."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, update

from callqueue import store as queue
from ivr.store.calls import calls

TICKET: dict[str, Any] = {
    "kind": "call",
    "priority": 0,
    "head": 0,
    "reason": "asked",
    "summary": "",
    "context": {},
    "caller_in": False,
    "leaving": False,
    "notes": "",
    "notes_version": 0,
}


def ticket(conn: Connection, key: str, at: datetime, state: str = "waiting", **values: Any) -> int:
    """A row of ``tickets`` as the queue would have written it; returns its id."""
    row = {
        **TICKET,
        "key": key,
        "call": f"CA-{key}",
        "queue": "support",
        "language": "ru",
        "number": "+79161230000",
        "state": state,
        "state_at": at,
        "since": at,
        "created_at": at,
        "checked_at": at,
        **values,
    }
    made = conn.execute(insert(queue.tickets).values(**row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def answered(
    conn: Connection,
    key: str,
    at: datetime,
    wait: float,
    talk: float,
    wrap: float,
    agent: int,
    hold: int = 0,
    **more: Any,
) -> int:
    """A caller who was answered and whose conversation and wrap-up are over."""
    begun = at + timedelta(seconds=wait)
    until = begun + timedelta(seconds=talk + hold)
    over = until + timedelta(seconds=wrap)
    made = ticket(conn, key, at, "closed", connected_at=begun, closed_at=over, agent=agent, outcome="resolved", **more)
    conn.execute(
        insert(queue.segments).values(
            ticket=made,
            agent=agent,
            queue=more.get("queue", "support"),
            language=more.get("language", "ru"),
            began_at=begun,
            talked_until=until,
            wrapped_at=over,
            held_seconds=hold,
        )
    )
    conn.execute(
        insert(queue.offers).values(
            ticket=made, agent=agent, state="accepted", made_at=at, deadline=begun, ended_at=begun
        )
    )
    return made


def abandoned(conn: Connection, key: str, at: datetime, wait: float, **more: Any) -> int:
    """A caller who hung up in line."""
    over = at + timedelta(seconds=wait)
    return ticket(conn, key, at, "abandoned", closed_at=over, state_at=over, outcome="hangup", **more)


def promise(
    conn: Connection, key: str, at: datetime | None, made: datetime, state: str = "due_later", **more: Any
) -> int:
    """A promise; ``at`` None: as soon as possible."""
    row = {
        "key": key,
        "call": f"CA-{key}",
        "number": f"+7916{abs(hash(key)) % 10**7:07d}",
        "language": "ru",
        "queue": "support",
        "priority": 0,
        "summary": "",
        "context": {},
        "at": at,
        "promised_for": at or made,
        "since": made,
        "due_at": at or made,
        "state": state,
        "state_at": made,
        "attempt": 0,
        "reason": "",
        "origin": "asked",
        "created_at": made,
        **more,
    }
    done = conn.execute(insert(queue.callbacks).values(**row)).inserted_primary_key
    assert done is not None
    return int(done[0])


def question(conn: Connection, of: int, text: str, at: datetime, answered_at: datetime | None) -> None:
    conn.execute(
        insert(queue.questions).values(ticket=of, text=text, asked_at=at, answer=None, answered_at=answered_at)
    )


def phoned(conn: Connection, id: str, at: datetime, *, seconds: float | None = 60, **more: Any) -> None:
    """A call to the robot."""
    row = {"language": "ru", "outcome": "caller", "helped": False, "asked_human": False, **more}
    row["ended_at"] = at + timedelta(seconds=seconds) if seconds is not None else None
    conn.execute(insert(calls).values(id=id, started_at=at, **row))


def busy_day(conn: Connection, agents: list[int], start: datetime, now: datetime, name: str, seed: int = 7) -> None:
    """Callers from nine to seven by the shop's clock (``start``: its midnight), as they come on such a day, up to
    ``now``; with their conversations, questions and promises."""
    chance = random.Random(f"{name}{seed}")
    at = start + timedelta(hours=9)
    count = 0
    while at < min(now, start + timedelta(hours=19)):
        hour = (at - start).total_seconds() / 3600
        rush = 1.6 if 11 < hour < 14 else 1.0
        at += timedelta(seconds=chance.expovariate(rush / 150))
        if at >= now - timedelta(minutes=6):
            break
        count += 1
        key = f"{name}-{count}"
        about = {
            "queue": chance.choices(("support", "orders"), (3, 1))[0],
            "language": chance.choices(("ru", "uk", "en"), (7, 2, 1))[0],
            "number": f"+7916{chance.randrange(10**7):07d}",
        }
        phoned(
            conn,
            f"CA-{key}",
            at - timedelta(seconds=70),
            seconds=400,
            language=about["language"],
            helped=True,
            asked_human=True,
        )
        for extra in range(chance.choice((0, 1, 2))):
            phoned(
                conn,
                f"CA-{key}-{extra}",
                at,
                language=about["language"],
                helped=chance.random() < 0.85,
                outcome="done",
            )
        wait = chance.expovariate(1 / (22 if rush > 1 else 11))
        luck = chance.random()
        if luck < 0.05:
            abandoned(conn, key, at, 15 + wait, **about)
        elif luck < 0.1:
            ticket(conn, key, at, "closed", kind="callback", closed_at=at + timedelta(seconds=60), **about)
            kept = chance.choice((90, 200, 280, 900))
            promise(
                conn,
                key,
                None,
                at,
                "kept",
                queue=about["queue"],
                language=about["language"],
                state_at=at + timedelta(seconds=kept),
            )
        else:
            talk, wrap = chance.gauss(170, 60), chance.gauss(35, 12)
            made = answered(
                conn,
                key,
                at,
                wait,
                max(25, talk),
                max(5, wrap),
                chance.choice(agents),
                chance.choice((0, 0, 0, 25)),
                **about,
            )
            if chance.random() < 0.6:
                first = chance.random() < 0.82
                question(conn, made, "?", at, at + timedelta(seconds=30) if first else None)


def on_duty(conn: Connection, id: int, name: str, status: str, minutes: float, now: datetime, **more: Any) -> None:
    """An agent as they are now, in their status for so long."""
    since = now - timedelta(minutes=minutes)
    row = {"skills": [], "reason": "", "since": since, "alive_at": now + timedelta(hours=1), "paused": "", **more}
    if not conn.execute(
        update(queue.agents).where(queue.agents.c.id == id).values(name=name, status=status, **row)
    ).rowcount:
        conn.execute(insert(queue.agents).values(id=id, name=name, status=status, phone=None, **row))


def floor_now(conn: Connection, ids: list[int], now: datetime | None = None) -> None:
    """Six agents in six states, two conversations, four callers in line, promises to keep."""
    at = now or datetime.now(UTC)
    ago = timedelta
    talks = [
        ticket(
            conn,
            f"now-{number}",
            at - ago(minutes=number * 2 + 3),
            "connected",
            connected_at=at - ago(minutes=number * 2 + 2),
            state_at=at - ago(minutes=number * 2 + 2),
            agent=ids[number],
            queue=("support", "orders")[number],
            number=f"+7916555010{number}",
        )
        for number in range(2)
    ]
    conn.execute(
        insert(queue.segments).values(
            ticket=talks[1],
            agent=ids[1],
            queue="orders",
            language="ru",
            began_at=at - ago(minutes=4),
            held_seconds=0,
            held_since=at - ago(seconds=20),
        )
    )
    names = ("Анна Ковалёва", "Борис Смирнов", "Вера Лысенко", "Глеб Орлов", "Дарья Мороз", "Егор Тихонов")
    on_duty(conn, ids[0], names[0], "ready", 95, at, ticket=talks[0])
    on_duty(conn, ids[1], names[1], "ready", 40, at, ticket=talks[1])
    on_duty(conn, ids[2], names[2], "ready", 12, at)
    on_duty(conn, ids[3], names[3], "break", 47, at, reason="lunch")
    on_duty(conn, ids[4], names[4], "break", 8, at, reason="short")
    on_duty(conn, ids[5], names[5], "ready", 61, at, paused="missed")
    for number, seconds in enumerate((95, 41, 16, 4)):
        ticket(
            conn,
            f"line-{number}",
            at - ago(seconds=seconds),
            queue=("support", "support", "orders", "support")[number],
            language=("ru", "uk", "ru", "en")[number],
            priority=(0, 2, 0, 0)[number],
            place=at - ago(seconds=seconds + (0, 240, 0, 0)[number]),  # as the priority's points move them
            number=(f"+7916555020{number}", "+380671234567", None, "+447911123456")[number],
        )
    promise(conn, "late", at - ago(minutes=22), at - ago(hours=2), "due", number="+79165550301")
    promise(conn, "soon", at + ago(minutes=50), at - ago(hours=1), number="+79165550302")
    promise(conn, "evening", at + ago(hours=3), at - ago(hours=1), number="+79165550303", queue="orders")
