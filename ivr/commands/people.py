"""``hotline people``: who may sign in, what they are, and what was changed."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import settings
from ivr.store import audit, people
from ivr.trouble import Trouble, records_away


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        from ivr.admin.staff import Refused

        try:
            return super().invoke(ctx)
        except Refused as error:
            raise Trouble(str(error)) from error
        except SQLAlchemyError as error:
            raise records_away(error, settings()) from error


@click.group(cls=_Group)
def command() -> None:
    """People who sign in: invite, roles, skills, passwords, signing out; the list of changes."""


@command.command("list")
def show() -> None:
    """List everyone: id, login, role, name."""
    for person in people.everyone():
        click.echo(f"{person.id:>4}  {person.login:<16} {person.role:<11} {person.name}{_note(person)}")


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="How colleagues see them.")
@click.option("--role", type=click.Choice(people.ROLES), default="agent", show_default=True)
def invite(login: str, name: str, role: str) -> None:
    """Add a person and print the link with which they set their own password (7 days, once)."""
    from ivr.admin import staff

    click.echo(f"{settings().web_url}{staff.invite(staff.COMMAND, login, name, role).path}")


@command.command()
@click.argument("login")
@click.option("--name", required=True, help="How colleagues see them.")
@click.option("--role", type=click.Choice(people.ROLES), default="agent", show_default=True)
@click.option("--phone", default=None, help="An agent's telephone (E.164), to take calls there and not in the browser.")
@click.option("--skill", "skills", multiple=True, help="A skill, e.g. cards=7; may be repeated.")
def add(login: str, name: str, role: str, phone: str | None, skills: tuple[str, ...]) -> None:
    """Add a person and print the password made for them."""
    from ivr.admin import skills as queue_skills
    from ivr.admin import staff
    from ivr.queueing import callqueue

    password = secrets.token_urlsafe(9)
    person = staff.add(staff.COMMAND, login, name, role, password)
    if phone and person.role in staff.QUEUE_ROLES:
        callqueue().register_agent(person.id, person.name, phone=phone)
    if skills:
        queue_skills.set_skills(staff.COMMAND, person, queue_skills.parse(skills))
    click.echo(f"{person.login}  {password}")


@command.command()
@click.argument("login")
@click.argument("role", type=click.Choice(people.ROLES))
def role(login: str, role: str) -> None:
    """Give a person another role."""
    from ivr.admin import staff

    staff.change(staff.COMMAND, login, role=role)


@command.command()
@click.argument("login")
@click.argument("skills", nargs=-1)
@click.option("--none", "clear", is_flag=True, help="No skills: every queue's calls.")
def skills(login: str, skills: tuple[str, ...], clear: bool) -> None:
    """Show a person's skills, or set exactly these: cards=7, or cards for the usual level 5."""
    from ivr.admin import skills as queue_skills
    from ivr.admin import staff

    person = staff.find(login)
    if skills or clear:
        queue_skills.set_skills(staff.COMMAND, person, queue_skills.parse(skills))
    told = [f"{skill}={level}" for skill, level in queue_skills.skills_of(person.id).items()]
    click.echo("  ".join(told) or "every queue")


@command.command()
@click.argument("login")
def password(login: str) -> None:
    """Give a person a new password and print it; their sessions end."""
    from ivr.admin import staff

    made = secrets.token_urlsafe(9)
    staff.set_password(staff.COMMAND, login, made, "an admin")
    click.echo(f"{people.key(login)}  {made}")


@command.command()
@click.argument("login")
def link(login: str) -> None:
    """Print a link with which a person sets their password (once; a new one replaces the one before)."""
    from ivr.admin import staff

    click.echo(f"{settings().web_url}{staff.link(staff.COMMAND, login).path}")


@command.command("sign-out")
@click.argument("login", required=False)
@click.option("--everyone", is_flag=True, help="Everybody.")
def sign_out(login: str | None, everyone: bool) -> None:
    """End all sessions of a person, or of everybody."""
    from ivr.admin import staff

    if everyone == bool(login):
        raise Trouble("name one login, or --everyone")
    if login:
        staff.sign_out(staff.COMMAND, login)
    else:
        click.echo(f"{staff.sign_out_everyone(staff.COMMAND)} people signed out")


@command.command()
@click.argument("login")
@click.option("--again", is_flag=True, help="Let them sign in again.")
def stop(login: str, again: bool) -> None:
    """Sign a person out and off duty, and let them sign in no more."""
    from ivr.admin import staff

    (staff.let_again if again else staff.stop)(staff.COMMAND, login)


@command.command("audit")
@click.option("--person", default=None, metavar="LOGIN", help="What this person changed.")
@click.option("--kind", default=None, help="What sort of thing, e.g. person, block, customer.")
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, in full.")
def changes(person: str | None, kind: str | None, days: int, as_csv: bool) -> None:
    """Who changed what, newest first."""
    from ivr.admin import staff
    from ivr.store.engine import engine, reading

    who = staff.find(person).id if person else None
    wanted = audit.Filter(person=who, kind=kind, since=datetime.now(UTC) - timedelta(days=days))
    names = {one.id: one.login for one in people.everyone()}
    with reading(engine()) as conn:
        if as_csv:
            sys.stdout.writelines(audit.as_csv(audit.every(conn, wanted), names))
            return
        for line in audit.every(conn, wanted):
            by = line.via if line.person is None else names.get(line.person, str(line.person))
            moved = " -> ".join(filter(None, (audit.shown(line.before), audit.shown(line.after))))
            click.echo(f"{line.at:%Y-%m-%d %H:%M:%S}  {by:<12} {line.action:<22} {line.subject}  {moved}".rstrip())


def _note(person: people.Person) -> str:
    if not person.active:
        return "  (stopped)"
    return "  (invited)" if person.invited else ""
