"""``hotline flows``: flows between files and the records; publishing and taking back, the same as in the studio."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from flows.language import FlowErrors, changes
from ivr.settings import settings
from ivr.store import flows, people
from ivr.store.engine import engine, reading
from ivr.studio import drafts
from ivr.studio.refused import Refused
from ivr.trouble import Trouble, records_away

WHY = click.option("--why", required=True, help="Why, for those who look at it later.")


class Group(click.Group):
    """Tells refusals in words, and exits with 1."""

    def invoke(self, ctx: click.Context) -> object:
        from sqlalchemy.exc import SQLAlchemyError

        from ivr.studio.drafts import Conflict

        try:
            return super().invoke(ctx)
        except Refused as error:
            raise Trouble(str(error)) from error
        except Conflict as error:
            raise Trouble(f"{error}. Pull it, and put your change into it.") from error
        except SQLAlchemyError as error:
            raise records_away(error, settings()) from error


@click.command("list")
@click.argument("name", required=False)
def show(name: str | None) -> None:
    """List the flows; with NAME, its revisions."""
    if name is None:
        for one in drafts.listed():
            live = f"revision {one.live}" if one.live is not None else "the flow file"
            part = f", {one.share} of 100 calls: revision {one.candidate}" if one.candidate is not None else ""
            changed = f"; draft {one.draft} has what is not live" if one.changed else ""
            click.echo(f"{one.name}: {live}{part}{changed}")
        return
    with reading(engine()) as conn:
        row, found = flows.by_name(conn, name), flows.revisions_of(conn, name)
    if row is None or not found:
        if not any(each.name == name for each in drafts.listed()):
            raise Refused("no_flow")
        click.echo(f"{name}: nothing was published yet; the flow file answers")
        return
    names = {person.id: person.name for person in people.everyone()}
    for each in found:
        mark = "live" if each.number == row.live else f"{row.share} %" if each.number == row.candidate else ""
        who = "command" if each.author is None else names.get(each.author, str(each.author))
        over = "  (overruled)" if each.overruled else ""
        at = f"{each.published_at:%Y-%m-%d %H:%M}"
        click.echo(f"{each.number:>4}  {mark:<4}  {at}  {each.revision}  {who}: {each.why}{over}")


@click.command()
@click.argument("name")
@click.option("--revision", type=int, help="That revision. Default: what is live.")
@click.option("--draft", is_flag=True, help="The draft, as it was saved last.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="The folder.")
@click.option("--force", is_flag=True, help="Replace files that differ.")
def pull(name: str, revision: int | None, draft: bool, folder: Path, force: bool) -> None:
    """Write the flow NAME into NAME.yaml and NAME.scenarios.yaml, byte for byte."""
    text, scenarios, what = _texts(name, revision, draft)
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{name}.yaml": text, folder / f"{name}.scenarios.yaml": scenarios}
    for path, content in files.items():
        if content and path.exists() and path.read_bytes() != content.encode() and not force:
            raise Trouble(f"{path} is there and differs. Look with `hotline flows diff {path}`, or add --force.")
    for path, content in files.items():
        if content:
            path.write_bytes(content.encode())
    click.echo(f"{name}: {what}, in {folder / f'{name}.yaml'}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Even over unpublished changes of somebody else.")
def push(file: Path, replace: bool) -> None:
    """Save FILE, and the scenarios beside it, as the draft of its flow. Nothing is published."""
    draft = _push(file, replace)
    click.echo(
        f"{draft.flow}: draft {draft.version}. `hotline flows publish {draft.flow} --why …` puts it on the line."
    )


@click.command()
@click.argument("what")
@click.option("--draft", is_flag=True, help="Against the draft. Default: against what is live.")
@click.option("--revision", type=int, help="Against that revision.")
@click.option("--lines", is_flag=True, help="In lines, as diff writes them. Default: in words.")
def diff(what: str, draft: bool, revision: int | None, lines: bool) -> None:
    """What a FILE changes against what is live; with a flow's NAME, what its draft changes. Exits with 1 when they
    differ."""
    path = Path(what)
    if path.exists():
        after = path.read_bytes().decode("utf-8")
        name = drafts.name_in(after) or path.stem
        before, _, _ = _texts(name, revision, draft)
    else:
        before, _, _ = _texts(what, revision, False)
        after = drafts.working(what).text
    if before == after:
        return
    try:
        told = changes.lines(before, after) if lines else [str(one) for one in changes.changes(before, after)]
    except FlowErrors as error:
        raise Trouble("\n".join(str(problem) for problem in error.problems)) from error
    for line in told or ["only comments, order or spaces differ: --lines shows them"]:
        click.echo(line)
    sys.exit(1)


@click.command()
@click.argument("what")
@WHY
@click.option("--overrule", is_flag=True, help="Although a check or a scenario fails; it is written down.")
@click.option("--candidate", "share", type=int, help="Not live, but for so many calls of a hundred.")
@click.option("--replace", is_flag=True, help="A FILE: even over unpublished changes of somebody else.")
def publish(what: str, why: str, overrule: bool, share: int | None, replace: bool) -> None:
    """Put the draft of the flow NAME on the line, or a FILE: the next call hears it, calls in progress go on."""
    from ivr.admin.staff import COMMAND
    from ivr.studio import publishing

    path = Path(what)
    draft = _push(path, replace) if path.exists() else drafts.working(what)
    made = publishing.publish(COMMAND, draft.flow, draft.version, why, overrule=overrule, candidate_share=share)
    as_ = "live" if share is None else f"the candidate, for {share} calls of a hundred"
    click.echo(f"{made.flow}: revision {made.number} ({made.revision}) is {as_}")


@click.command()
@click.argument("name")
@click.option("--to", "number", type=int, help="That revision. Default: the one before the live one.")
@click.option("--why", default="taken back", show_default=True, help="Why, for those who look at it later.")
def rollback(name: str, number: int | None, why: str) -> None:
    """Make an earlier revision of the flow NAME live again; nothing is deleted."""
    from ivr.admin.staff import COMMAND
    from ivr.studio import publishing

    live = publishing.rollback(COMMAND, name, why, number)
    click.echo(f"{name}: revision {live.number} ({live.revision}) is live")


@click.command()
@click.argument("name")
@click.argument("number", type=int, required=False)
@click.option("--share", type=int, default=10, show_default=True, help="Calls of a hundred.")
@click.option("--off", is_flag=True, help="No candidate any more.")
def candidate(name: str, number: int | None, share: int, off: bool) -> None:
    """Give part of the calls to revision NUMBER of the flow NAME."""
    from ivr.admin.staff import COMMAND
    from ivr.studio import publishing

    if (number is None) != off:
        raise Trouble("Give either a revision's number or --off.")
    row = publishing.candidate(COMMAND, name, number, share)
    click.echo(
        f"{name}: {row.share} calls of a hundred get revision {row.candidate}" if number else f"{name}: no candidate"
    )


@click.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="So many days back.")
@click.option("--revision", type=int, help="That revision. Default: what is live.")
@click.option("--beside", type=int, help="The one to compare with. Default: the candidate, or else the one before.")
def traffic(name: str, days: int, revision: int | None, beside: int | None) -> None:
    """What calls made of the flow NAME: through each step, hung up there, not heard and not understood there; beside
    another revision."""
    from ivr.studio.traffic import traffic as figures

    with reading(engine()) as conn:
        row, found = flows.by_name(conn, name), flows.revisions_of(conn, name)
    numbers = {one.number: one.revision for one in found}
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    shown = revision or (row.live if row else None)
    if shown is None:
        told = {"the flow file": figures(name, since, now)}
    elif shown not in numbers or (beside is not None and beside not in numbers):
        raise Refused("no_revision")
    else:
        earlier = max((number for number in numbers if number < shown), default=None)
        other = beside or (row.candidate if row else None) or earlier
        told = {
            f"revision {number}": figures(name, since, now, numbers[number])
            for number in (shown, other)
            if number is not None
        }
    for what, one in told.items():
        click.echo(f"{what}: {one.calls} calls, {one.alone_share:.1f} % of {one.ended} ended without a human")
    first, *rest = told.values()
    click.echo(f"{'step':<32}{'calls':>7}{'of 100':>8}{'before':>8}{'hung up':>9}{'silent':>8}{'no match':>10}")
    for step, at in sorted(first.steps.items(), key=lambda item: -item[1].calls):
        before = f"{rest[0].share(step):.1f}" if rest else ""
        counts = f"{at.hung_up:>9}{at.no_input:>8}{at.no_match:>10}"
        click.echo(f"{step:<32}{at.calls:>7}{first.share(step):>8.1f}{before:>8}{counts}")


def _push(file: Path, replace: bool) -> flows.Draft:
    from ivr.admin.staff import COMMAND

    try:
        text = file.read_bytes().decode("utf-8")
        beside = file.with_name(f"{file.stem}.scenarios.yaml")
        scenarios = beside.read_bytes().decode("utf-8") if beside.exists() else ""
    except UnicodeDecodeError as error:
        raise Trouble(f"{file}: it is not UTF-8 text. Save it as UTF-8.") from error
    name = drafts.name_in(text)
    if name is None:
        raise Trouble(f"{file}: it has no line flow: NAME, so it is not known which flow it is.")
    there = next((one for one in drafts.listed() if one.name == name), None)
    version = there.draft if there else 0
    if there and there.changed and not replace:
        draft = drafts.working(name)
        if draft.author is not None and (draft.text, draft.scenarios) != (text, scenarios):
            raise Refused("unpublished")
    return drafts.save(COMMAND, name, version, text, scenarios)


def _texts(name: str, revision: int | None, draft: bool) -> tuple[str, str, str]:
    if draft:
        found = drafts.working(name)
        return found.text, found.scenarios, f"draft {found.version}"
    with reading(engine()) as conn:
        if revision is not None:
            one = flows.numbered(conn, name, revision)
            if one is None:
                raise Refused("no_revision")
            return one.text, one.scenarios, f"revision {revision}"
        number, text, scenarios = drafts.answers(conn, name)
    if not text:
        raise Refused("no_flow")
    return text, scenarios, f"revision {number}" if number is not None else "the flow file"


COMMANDS = (show, pull, push, diff, publish, rollback, candidate, traffic)
