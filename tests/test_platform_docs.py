"""Docs keep up: every setting, command, route and dependency is in them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from ivr.app import create_app
from ivr.cli import COMMANDS, group
from ivr.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    description = Settings.model_fields[name].description
    rows = [line for line in (DOCS / "settings.md").read_text().splitlines() if f"| `{name.upper()}` |" in line]
    assert len(rows) == 1, f"docs/settings.md has no row for {name.upper()}"
    assert description
    assert description in rows[0], f"docs/settings.md says something else about {name.upper()} than the code"


def test_settings_page_names_no_setting_that_is_gone() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_command_is_there_and_documented() -> None:
    context = click.Context(group)
    text = "\n".join(path.read_text() for path in [*DOCS.glob("*.md"), ROOT / "README.md"])
    missing = []
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None, f"ivr/commands/{name}.py is missing"
        assert command.help, f"hotline {name} has no help"
        names = [name]
        if isinstance(command, click.Group):
            names = [f"{name} {sub}" for sub in command.list_commands(click.Context(command))]
        missing += [f"hotline {full}" for full in names if f"hotline {full}" not in text]
    assert missing == []


def test_every_command_module_is_listed() -> None:
    modules = {path.stem for path in (ROOT / "ivr" / "commands").glob("[a-z]*.py")}
    assert modules == set(COMMANDS)


def test_every_route_is_documented(tmp_path: Path) -> None:
    text = (DOCS / "routes.md").read_text()
    app = create_app(Settings(data_dir=tmp_path))
    rows = dict(re.findall(r"^\| `([^`]+)` \| ([A-Z, ]+) \|", text, re.MULTILINE))
    problems = []
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in rows:
            problems.append(f"{rule.rule} is missing")
        elif not methods <= set(rows[rule.rule].split(", ")):
            problems.append(f"{rule.rule} says {rows[rule.rule]}, and takes {sorted(methods)}")
    assert problems == []


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for group in project["optional-dependencies"].values() for one in group)]
    names = {re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0].lower() for line in wanted}
    text = (DOCS / "dependencies.md").read_text().lower()
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []
