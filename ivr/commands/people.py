"""``hotline people``: who may sign in."""

from __future__ import annotations

import secrets

import click
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.store import people
from ivr.trouble import Trouble, records_away


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SQLAlchemyError as error:
            raise records_away(error, settings()) from error


@click.group(cls=_Group)
def command() -> None:
    """Add people who sign in, and set their passwords."""


@command.command("list")
def show() -> None:
    """List everyone: id, login, role, name."""
    for person in people.everyone():
        click.echo(f"{person.id:>4}  {person.login:<16} {person.role:<11} {person.name}{_note(person)}")


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="How colleagues see them.")
@click.option("--role", type=click.Choice(people.ROLES), default="agent", show_default=True)
@click.option("--phone", default=None, help="An agent's telephone (E.164), to take calls there and not in the browser.")
@click.option("--skill", "skills", multiple=True, help="A queue's skill that an agent has; may be repeated.")
def add(login: str, name: str, role: people.Role, phone: str | None, skills: tuple[str, ...]) -> None:
    """Add a person and print the password made for them."""
    password = secrets.token_urlsafe(9)
    try:
        person = people.add(login, name, role, password)
    except people.LoginTaken as error:
        raise Trouble(f"there is already a person with the login {error}") from error
    except ValueError as error:
        raise Trouble(str(error)) from error
    if role in people.TAKES_CALLS:
        from ivr.queueing import callqueue

        callqueue().register_agent(person.id, person.name, skills=skills, phone=phone)
    click.echo(f"{person.login}  {password}")


@command.command()
@click.argument("login")
def password(login: str) -> None:
    """Give a person a new password and print it."""
    made = secrets.token_urlsafe(9)
    try:
        people.set_password(login, made)
    except LookupError as error:
        raise Trouble(f"nobody has the login {error}; `hotline people list` shows all") from error
    click.echo(f"{login}  {made}")


@command.command()
@click.argument("login")
@click.option("--again", is_flag=True, help="Let them sign in again.")
def stop(login: str, again: bool) -> None:
    """Let a person sign in no more."""
    try:
        people.set_active(login, again)
    except LookupError as error:
        raise Trouble(f"nobody has the login {error}; `hotline people list` shows all") from error


def _note(person: people.Person) -> str:
    return "" if person.active else "  (stopped)"
