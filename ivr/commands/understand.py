"""``hotline understand KIND``: what values mean that are said in words."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click

from flows.understand import KINDS, as_json, value_meant


def _moment(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no date and time: write 2026-11-23T14:30") from error


@click.command("understand")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--lang", "language", default="ru", show_default=True, help="Language of the sentences: ru, uk, en…")
@click.option("--now", callback=_moment, help="The caller's clock, such as 2026-11-23T14:30; otherwise this machine's.")
def command(kind: str, language: str, now: datetime | None) -> None:
    """Read sentences from standard input, one a line, and say what each means as a value of KIND, in JSON.

    `value` is what was meant, or null when that is unclear; `readings` are all values that are possible, the likeliest
    first.
    """
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in sys.stdin:
        meant = value_meant(kind, line.rstrip("\r\n"), language, now or datetime.now().astimezone())
        answer = {"value": as_json(meant.value), "readings": [as_json(each) for each in meant.readings]}
        print(json.dumps(answer, ensure_ascii=False), flush=True)
