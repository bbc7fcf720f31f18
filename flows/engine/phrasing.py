"""What phrases tell, where examples tell nothing: choices without a name, commands in menus without examples."""

from __future__ import annotations

from flows.engine.limits import ACCEPT
from flows.engine.meaning import Meant, told_by_examples
from flows.language.flow import Flow
from flows.language.steps import AnyStep, AskStep, MenuStep
from flows.understand import best_choice


def by_phrases(flow: Flow, step: AnyStep, said: str, language: str) -> Meant | None:
    """The choice, option or command whose phrases are most like what was said; a choice without a name goes by where
    it leads to."""
    phrases: dict[str, list[str]] = {}
    told = told_by_examples(flow, step, language)
    if isinstance(step, MenuStep):
        phrases = {
            choice.name or choice.next: choice.phrases.get(language, [])
            for choice in step.choices
            if not (told and choice.name)
        }
    elif isinstance(step, AskStep):
        phrases = {option.value: option.phrases.get(language, []) for option in step.options}
    if not told:
        phrases |= {name: command.phrases.get(language, []) for name, command in flow.document.commands.items()}
    match = best_choice([(said, 1.0)], {name: listed for name, listed in phrases.items() if listed}, language)
    if match is None:
        return None
    intent = match.key if match.score > ACCEPT else "unsure"
    return Meant(intent, match.score, match.key, match.second_key)
