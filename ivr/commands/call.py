"""``hotline call``: phone the hotline from a terminal, by hand or by script."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import click

from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.line import Entry
from ivr.carriers.local.scripted import Action, Outcome, Plan, perform
from ivr.settings import settings

WITH_VALUE = ("press", "say", "wait", "expect", "stay")
WITHOUT_VALUE = ("silence", "hangup")


class InOrder(click.Command):
    """Remembers the actions in the order in which they were given, which click itself forgets."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta["script"] = list(_actions(args))
        return super().parse_args(ctx, args)


def _actions(args: list[str]) -> list[Action]:
    script: list[Action] = []
    rest = iter(args)
    for word in rest:
        name, equals, value = word.partition("=")
        name = name.removeprefix("--") if name.startswith("--") else ""
        if name in WITHOUT_VALUE:
            script.append(Action(name))
        elif name in WITH_VALUE:
            script.append(Action(name, value if equals else next(rest, "")))
    return script


def _keys(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[0-9*#]{1,64}", value):
            raise click.BadParameter(f"{value!r}: keys are 0-9, * and #")
    return values


def _kinds(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    try:
        return sorted(Chaos.of(value.split(",")).kinds)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _number(_: click.Context, __: click.Parameter, value: str) -> str:
    if value != "withheld" and not re.fullmatch(r"\+[1-9][0-9]{6,14}", value):
        raise click.BadParameter("a number in international form, e.g. +79161234567, or withheld")
    return value


@click.command(cls=InOrder)
@click.option("--from", "from_", default="withheld", callback=_number, help="Calling number. Default: withheld.")
@click.option("--to", default="", help="Number to call. Default: the hotline's.")
@click.option("--press", multiple=True, metavar="KEYS", callback=_keys, help="Press keys when the hotline listens.")
@click.option("--say", multiple=True, metavar="WORDS", help="Say something when the hotline listens.")
@click.option("--silence", is_flag=True, help="Say nothing when the hotline listens.")
@click.option("--hangup", is_flag=True, help="Hang up when the hotline listens, or music plays.")
@click.option("--wait", multiple=True, type=float, metavar="SECONDS", help="Go on listening for so long.")
@click.option("--expect", multiple=True, metavar="TEXT", help="Wait until this is heard; a problem when it is not.")
@click.option(
    "--stay",
    multiple=True,
    type=float,
    metavar="SECONDS",
    help="Hear the call out; then wait so long for a call back, answer it, and go on with the actions that follow.",
)
@click.option("--answer", is_flag=True, help="Call nobody: wait for a call to --from, answer it, then act.")
@click.option("--language", default="ru", show_default=True, help="What the caller speaks.")
@click.option("--chaos", default="", callback=_kinds, metavar="KINDS", help="Bad network: doubled,late,reordered.")
@click.option("--seed", default=0, help="What chaos decides by; counts up with --count.")
@click.option("--count", default=1, type=click.IntRange(1, 100_000), help="So many calls.")
@click.option("--at-once", default=1, type=click.IntRange(1, 200), show_default=True, help="Calls at the same time.")
@click.option("--patience", default=60.0, show_default=True, help="Seconds that any one thing may take.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object per call instead of the transcript.")
@click.option("--carrier", default="", metavar="URL", help="The built-in carrier. Default: this installation's.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    from_: str,
    to: str,
    answer: bool,
    language: str,
    chaos: list[str],
    seed: int,
    count: int,
    at_once: int,
    patience: float,
    as_json: bool,
    carrier: str,
    **_: object,
) -> None:
    """Phone the hotline. The actions (--press, --say, --silence, --wait, --expect, --stay, --hangup) are done in the
    order given, each when the hotline listens; after the last one the caller hears it out and hangs up.

    Without an action: by hand. Digits are pressed, other words are said, an empty line is silence, /hangup hangs up.

    Exit code 0 when every call ended in an orderly way, else 1.
    """
    script: list[Action] = ctx.meta["script"]
    if from_ == "withheld" and (answer or any(action.name == "stay" for action in script)):
        raise click.UsageError("--answer and --stay need a number to be called at: --from +79161234567")
    home = settings()
    plan = Plan(to or home.phone_number, from_, script, language, chaos, seed, answer, patience)
    url = carrier or home.carrier_url or f"http://127.0.0.1:{home.port + 2}"
    outcomes = asyncio.run(_all(url, plan, count, at_once, as_json))
    if count > 1 and not as_json:
        good = sum(outcome.orderly for outcome in outcomes)
        click.echo(f"{count} calls, {good} ended in an orderly way")
    sys.exit(0 if all(outcome.orderly for outcome in outcomes) else 1)


async def _all(url: str, plan: Plan, count: int, at_once: int, as_json: bool) -> list[Outcome]:
    room = asyncio.Semaphore(at_once)
    live = None if plan.script or count > 1 else _typed()

    async def one(index: int) -> Outcome:
        async with room:
            show = None if as_json or at_once > 1 else _show
            outcome = await perform(url, replace(plan, seed=plan.seed + index), show, live)
        if as_json:
            click.echo(json.dumps(outcome.to_dict(), ensure_ascii=False))
        else:
            if at_once > 1:
                click.echo("\n".join(map(str, outcome.transcript)))
            _tell_end(outcome)
        return outcome

    return list(await asyncio.gather(*map(one, range(count))))


def _show(entry: Entry) -> None:
    click.echo(str(entry))


def _tell_end(outcome: Outcome) -> None:
    if outcome.problem:
        click.echo(f"✗ {outcome.problem}", err=True)
    elif outcome.reason:
        who = {"completed": "the hotline hung up", "caller": "we hung up"}.get(outcome.reason, outcome.reason)
        click.echo(f"■ call ended: {who} ({outcome.seconds:.1f} s)")


async def _typed() -> AsyncIterator[Action]:
    """What is typed, as actions. Read in a thread: the terminal blocks."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        text = line.strip()
        if text == "/hangup":
            yield Action("hangup")
        elif not text:
            yield Action("silence")
        elif re.fullmatch(r"[0-9*#]+", text):
            yield Action("press", text)
        else:
            yield Action("say", text)
