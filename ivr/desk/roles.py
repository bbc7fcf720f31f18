"""Who is signed in, what they may open, and which language they read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from ivr.desk import texts
from ivr.settings import Settings
from ivr.store import people
from ivr.store.people import Person, Role

DESK_ROLES: tuple[Role, ...] = ("agent", "supervisor", "admin")

P = ParamSpec("P")
R = TypeVar("R")


def current_person() -> Person | None:
    """The person of this request's session, read from the records (once per request): a person who was stopped or
    signed out is out at once, and a changed role counts at once. Raises ``sqlalchemy.exc.SQLAlchemyError`` when the
    records are away."""
    if "person" not in g:
        id = session.get("person")
        found = people.by_id(id) if isinstance(id, int) else None
        g.person = found if found is not None and found.epoch == session.get("epoch", 0) else None
    return cast("Person | None", g.person)


def begin_session(person: Person) -> None:
    """Sign this browser in; of what it had before only the language stays."""
    kept = {name: session[name] for name in ("language",) if session.get(name)}
    session.clear()  # a session known before signing in may not be one that is signed in
    session.permanent = True
    session.update(kept, person=person.id, epoch=person.epoch)
    g.person = person


def me() -> Person:
    """The signed-in person of a view under :func:`requires`."""
    person = current_person()
    assert person is not None
    return person


def requires(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let only these roles in. Nobody signed in: to the sign-in page (or 401 for a part of a page, which then
    reloads); signed in with another role: 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            person = current_person()
            if person is None:
                if request.method != "GET" or request.headers.get("HX-Request"):
                    answer = Response("", 401)
                    answer.headers["HX-Redirect"] = url_for("desk.sign_in")
                    return answer
                return redirect(url_for("desk.sign_in", next=request.path))
            if person.role not in roles:
                abort(403)
            return view(*args, **kwargs)

        guarded.roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


def language() -> str:
    """The page's language: the one chosen, else the browser's first that we have, else the default."""
    chosen = session.get("language")
    known = list(texts.catalogue())
    if chosen in known:
        return cast(str, chosen)
    return request.accept_languages.best_match(known, texts.DEFAULT) or texts.DEFAULT


def local_path(path: str | None, otherwise: str) -> str:
    """``path`` when it is a path of this site and nothing else; sign-in may not send people elsewhere."""
    parts = urlsplit(path or "")
    safe = path and path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc
    return path if safe and path else otherwise


def settings() -> Settings:
    """The app's settings."""
    return cast(Settings, current_app.config["HOTLINE"])
