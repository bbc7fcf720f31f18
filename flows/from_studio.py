"""A Twilio Studio flow (its exported JSON) as a flow of ours, as far as its widgets allow, with what needs a hand.

Shapes of the export after https://www.twilio.com/docs/studio/rest-api/v2/flow: ``states`` with ``name``, ``type``,
``properties`` and ``transitions`` of ``event``, ``next`` and ``conditions``. A gather whose keys a split then tells
apart becomes one menu. Nothing is guessed in silence: whatever does not come over as it was is in the notes.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML

MAX_BYTES = 1_000_000
_OUTPUT = re.compile(r"\{\{-?\s*([^{}|]+?)\s*(\|[^{}]*?)?-?\}\}")

WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "no_input": ["I can't hear you.", "I still can't hear you."],
        "no_match": ["I did not get that.", "Sorry, I still did not get that."],
        "confirm": "{{ heard }}. If that is right, press one; if not, two.",
        "sorry": "We are sorry, please call again later.",
        "position": "You are number {{ position }} in line.",
        "wait": "About {{ minutes }} minutes to wait.",
        "filler": "One moment, please.",
        "message": "Nobody is free. Please leave a message after the tone.",
        "bye": "Goodbye.",
        "operator": ["operator", "human"],
        "repeat": ["repeat"],
    },
    "ru": {
        "no_input": ["Я вас не слышу.", "Всё ещё не слышу вас."],
        "no_match": ["Не понял.", "Простите, опять не понял."],
        "confirm": "{{ heard }}. Если верно, нажмите один, если нет — два.",
        "sorry": "Простите, позвоните, пожалуйста, позже.",
        "position": "Вы в очереди {{ position }}.",
        "wait": "Ждать около {{ minutes }} минут.",
        "filler": "Одну минуту.",
        "message": "Все заняты. Оставьте сообщение после сигнала.",
        "bye": "До свидания.",
        "operator": ["оператор", "человек"],
        "repeat": ["повторите"],
    },
}


class NotStudio(ValueError):
    """The JSON is no flow exported from Studio; says why."""


@dataclass(frozen=True, slots=True)
class Note:
    """What needs a hand. ``widget`` is its name in Studio, '' for the flow as a whole."""

    widget: str
    text: str

    def __str__(self) -> str:
        return f"{self.widget}: {self.text}" if self.widget else self.text


@dataclass(frozen=True, slots=True)
class Imported:
    """The flow's file, and what needs a hand. ``came`` names widgets by the step that each became."""

    text: str
    notes: tuple[Note, ...]
    came: Mapping[str, str] = field(default_factory=dict)


def convert(exported: str, name: str, language: str = "") -> Imported:
    """``language``: of its texts; '' takes what its widgets say, or else English. Raises :class:`NotStudio`."""
    if len(exported.encode("utf-8", "replace")) > MAX_BYTES:
        raise NotStudio("it is larger than 1 MB")
    try:
        data = json.loads(exported)
    except (ValueError, RecursionError) as error:
        raise NotStudio(f"it is not JSON: {error}") from None
    states = data.get("states") if isinstance(data, dict) else None
    if not isinstance(states, list) or not all(isinstance(each, dict) and each.get("name") for each in states):
        raise NotStudio("it has no list of states: export the flow in Studio as JSON (Show Flow JSON)")
    return _Conversion(data, states, name, language).run()


class _Conversion:
    def __init__(self, data: Mapping[str, Any], states: Sequence[Mapping[str, Any]], name: str, language: str) -> None:
        self.data = data
        self.name = name
        self.states = {str(state["name"]): state for state in states}
        self.language = language or self._spoken()
        self.words = WORDS.get(self.language, WORDS["en"])
        self.notes: list[Note] = []
        self.steps: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.merged: set[str] = set()
        for widget in self.states:
            self.names[widget] = self._free(widget)

    def run(self) -> Imported:
        start = self._next(self.states.get(str(self.data.get("initial_state")), {}), "incomingCall")
        trigger = next((each for each in self.states.values() if each.get("type") == "trigger"), None)
        start = start or (self._next(trigger, "incomingCall") if trigger else None)
        if start is None:
            raise NotStudio("nothing follows its trigger's incoming call")
        for widget in self._reached(start):
            if widget not in self.merged:
                self._widget(widget)
        left = [widget for widget in self.states if widget not in self.names.keys() & self._done()]
        for widget in left:
            if self.states[widget].get("type") != "trigger" and widget not in self.merged:
                self._note(widget, "an incoming call does not come here, so it was left out")
        return Imported(self._file(self.names[start]), tuple(self.notes), self._came())

    def _came(self) -> dict[str, str]:
        return {widget: step for widget, step in self.names.items() if step in self.steps and widget in self.states}

    def _done(self) -> set[str]:
        return set(self._came())

    def _reached(self, start: str) -> list[str]:
        """Widgets that a call can come to, in the order of their meeting."""
        found: list[str] = []
        waiting = [start]
        while waiting:
            widget = waiting.pop(0)
            if widget in found or widget not in self.states:
                continue
            found.append(widget)
            waiting += [str(each["next"]) for each in self._transitions(widget) if each.get("next")]
        return found

    def _widget(self, widget: str) -> None:
        state = self.states[widget]
        kind = str(state.get("type", ""))
        made = {
            "say-play": self._say,
            "gather-input-on-call": self._gather,
            "split-based-on": self._split,
            "set-variables": self._set,
            "make-http-request": self._http,
            "enqueue-call": self._enqueue,
            "send-to-flex": self._enqueue,
            "connect-call-to": self._connect,
            "record-voicemail": self._record,
            "run-subflow": self._subflow,
        }.get(kind)
        if made is None:
            self._note(widget, f"there is nothing like the widget {kind}: the call goes on past it")
            self._past(widget, "next", "sent", "success", "completed", "audioComplete", "callCompleted")
            return
        made(widget, state.get("properties") or {})

    def _say(self, widget: str, properties: Mapping[str, Any]) -> None:
        if properties.get("play"):
            self._note(widget, f"plays the sound {properties['play']}: write the words, or record them (docs/voice.md)")
        text = properties.get("say") or properties.get("play") or "…"
        self._put(widget, {"say": self._texts(widget, str(text)), "next": self._to(widget, "audioComplete")})

    def _gather(self, widget: str, properties: Mapping[str, Any]) -> None:
        if properties.get("play"):
            self._note(widget, f"plays the sound {properties['play']}: write the words, or record them (docs/voice.md)")
        prompt = self._texts(widget, str(properties.get("say") or properties.get("play") or "…"))
        split = self._split_after(widget)
        timeout = self._next(self.states[widget], "timeout")
        exhausted = self._name(timeout) if timeout and timeout != widget else None
        if split is not None:
            choices = list(self._choices(widget, split))
            if choices:
                menu = {"prompt": prompt, "choices": choices}
                self._put(widget, {"menu": menu, **({"exhausted": exhausted} if exhausted else {})})
                other = self._next(self.states[split], "noMatch")
                if other and other != widget:
                    self._note(widget, f"other keys went to {other}: here they are asked again, and then to a human")
                self.merged.add(split)
                return
        digits = properties.get("number_of_digits")
        length = str(digits) if digits else "1..20"
        ask = {"expect": "digits", "length": length, "into": self.names[widget], "confirm": "never", "prompt": prompt}
        speech = self._next(self.states[widget], "speech")
        if speech and speech != self._next(self.states[widget], "keypress"):
            self._note(widget, f"what is said went to {speech}: here digits said and digits keyed go the same way")
        after = self._to(widget, "keypress", "speech")
        self._put(widget, {"ask": ask, "next": after, **({"exhausted": exhausted} if exhausted else {})})

    def _split_after(self, widget: str) -> str | None:
        """The split that tells this gather's keys apart, when nothing else leads to it."""
        after = self._next(self.states[widget], "keypress")
        if after is None or self.states.get(after, {}).get("type") != "split-based-on":
            return None
        given = str((self.states[after].get("properties") or {}).get("input", ""))
        others = [
            each
            for each in self.states
            if each != widget
            for one in self._transitions(each)
            if one.get("next") == after
        ]
        return after if f"widgets.{widget}." in given and not others else None

    def _choices(self, widget: str, split: str) -> Iterator[dict[str, Any]]:
        for each in self._transitions(split):
            for condition in each.get("conditions") or ():
                values = [one.strip() for one in str(condition.get("value", "")).split(",") if one.strip()]
                keys = [one for one in values if re.fullmatch(r"[0-9*#]{1,4}", one)]
                said = [one.lower() for one in values if one not in keys]
                if condition.get("type") not in ("equal_to", "matches_any_of", "contains"):
                    self._note(split, f"a condition {condition.get('type')} is none of a menu: put it in by hand")
                    continue
                target = self._name(each.get("next"))
                for at, key in enumerate(keys or [""]):
                    choice: dict[str, Any] = {"digits": key} if key else {}
                    if said and at == 0:
                        choice["phrases"] = {self.language: said}
                    elif key:
                        self._wants_words(widget)
                    yield {**choice, "next": target}

    def _wants_words(self, widget: str) -> None:
        text = "its choices have keys only: add phrases, so that callers may say what they want"
        if not any(note.widget == widget and note.text == text for note in self.notes):
            self._note(widget, text)

    def _split(self, widget: str, properties: Mapping[str, Any]) -> None:
        cases = []
        for each in self._transitions(widget):
            for condition in each.get("conditions") or ():
                when = self._condition(widget, condition, properties)
                if when is None:
                    self._note(widget, f"a condition {condition.get('type')} did not come over: write it by hand")
                else:
                    cases.append({"when": when, "next": self._name(each.get("next"))})
        otherwise = self._to(widget, "noMatch")
        if cases:
            self._put(widget, {"decide": cases, "else": otherwise})
        else:
            self._past(widget, "noMatch")

    def _condition(self, widget: str, condition: Mapping[str, Any], properties: Mapping[str, Any]) -> str | None:
        given = (condition.get("arguments") or [properties.get("input", "")])[0]
        output = _OUTPUT.fullmatch(str(given).strip())
        variable = self._variable(widget, output[1]) if output else None
        if variable is None:
            return None
        value = str(condition.get("value", "")).replace('"', "'")
        match condition.get("type"):
            case "equal_to":
                return f'{variable} == "{value}"'
            case "not_equal_to":
                return f'{variable} != "{value}"'
            case "matches_any_of":
                return " or ".join(f'{variable} == "{one.strip()}"' for one in value.split(","))
            case "contains":
                return f'{variable} contains "{value}"'
            case "is_blank":
                return f'{variable} == ""'
            case "is_not_blank":
                return f'{variable} != ""'
            case "less_than" | "greater_than" if re.fullmatch(r"-?\d+(\.\d+)?", value):
                return f"{variable} {'<' if condition['type'] == 'less_than' else '>'} {value}"
        return None

    def _set(self, widget: str, properties: Mapping[str, Any]) -> None:
        values = {}
        for each in properties.get("variables") or ():
            key = plain(str(each.get("key", "")))
            values[key] = self._fill(widget, str(each.get("value", "")))
        if values:
            self._put(widget, {"set": values, "next": self._to(widget, "next")})
        else:
            self._past(widget, "next")

    def _http(self, widget: str, properties: Mapping[str, Any]) -> None:
        method, url = properties.get("method", "GET"), properties.get("url", "")
        name = self.names[widget]
        self._note(
            widget,
            f"asks {method} {url}: put a lookup of an action of the shop in the place of the step {name}; until then "
            "the call goes on as after a failure",
        )
        after = self._free(f"{name[:40]}_answer")
        self.names[f"{widget} (answer)"] = after
        self._put(widget, {"set": {name: "failed"}, "next": after})
        done = {"when": f'{name} == "done"', "next": self._to(widget, "success")}
        self.steps[after] = {"decide": [done], "else": self._to(widget, "failed")}

    def _enqueue(self, widget: str, properties: Mapping[str, Any]) -> None:
        line = (
            properties.get("queue_name") or properties.get("workflow_sid") or properties.get("workflow") or "its line"
        )
        self._note(
            widget, f"puts the caller in {line}: here it is the queue support; name yours in transfer and queues"
        )
        self._transfer(widget, self._next(self.states[widget], "callComplete"), "failedToEnqueue", "callFailure")

    def _connect(self, widget: str, properties: Mapping[str, Any]) -> None:
        self._note(
            widget,
            f"dials {properties.get('to') or properties.get('noun')}: here the caller goes to the agents "
            "of the queue support",
        )
        self._transfer(widget, self._next(self.states[widget], "callCompleted"), "hangup")

    def _transfer(self, widget: str, after: str | None, *failed: str) -> None:
        unavailable = next((each for event in failed if (each := self._next(self.states[widget], event))), None)
        step: dict[str, Any] = {
            "transfer": {"queue": "support"},
            "unavailable": self._name(unavailable) if unavailable else self._own("message"),
        }
        if after:
            step["next"] = self._name(after)
        self._put(widget, step)

    def _record(self, widget: str, properties: Mapping[str, Any]) -> None:
        longest = properties.get("max_length")
        seconds = min(max(int(str(longest)), 5), 600) if str(longest or "").isdigit() else 120
        if properties.get("transcribe"):
            self._note(widget, "has the recording written down: the setting TRANSCRIBE does that here")
        record = {
            "purpose": "message",
            "prompt": {self.language: self.words["message"]},
            "max_seconds": seconds,
        }
        silent = self._next(self.states[widget], "noAudio")
        step = {"record": record, "next": self._to(widget, "recordingComplete")}
        self._put(widget, {**step, **({"nothing": self._name(silent)} if silent else {})})

    def _subflow(self, widget: str, properties: Mapping[str, Any]) -> None:
        self._note(
            widget,
            f"runs the flow {properties.get('flow_sid', '')}: import it too and put its steps here; until "
            "then the call goes on as when it was completed",
        )
        self._past(widget, "completed", "failed")

    def _past(self, widget: str, *events: str) -> None:
        """A step that does nothing but lead on."""
        self._put(widget, {"set": {f"past_{self.names[widget]}"[:48]: True}, "next": self._to(widget, *events)})

    def _put(self, widget: str, step: dict[str, Any]) -> None:
        self.steps[self.names[widget]] = step

    def _own(self, name: str) -> str:
        """One of our own steps, which the file gets at its end."""
        return {"message": "import_message", "bye": "import_goodbye", "human": "import_human"}[name]

    def _to(self, widget: str, *events: str) -> str:
        found = next((each for event in events if (each := self._next(self.states[widget], event))), None)
        return self._name(found)

    def _name(self, widget: Any) -> str:
        """The step of a widget; where nothing follows in Studio the call ends."""
        return self.names.get(str(widget), self._own("bye")) if widget else self._own("bye")

    def _next(self, state: Mapping[str, Any], event: str) -> str | None:
        for each in state.get("transitions") or ():
            if isinstance(each, dict) and each.get("event") == event and each.get("next"):
                return str(each["next"])
        return None

    def _transitions(self, widget: str) -> list[dict[str, Any]]:
        found = self.states[widget].get("transitions") or []
        return [each for each in found if isinstance(each, dict)]

    def _texts(self, widget: str, text: str) -> dict[str, str]:
        return {self.language: self._fill(widget, re.sub(r"<[^>]+>", "", text)) or "…"}

    def _fill(self, widget: str, text: str) -> str:
        """The text with Studio's variables as ours."""

        def one(found: re.Match[str]) -> str:
            variable = self._variable(widget, found[1])
            if variable is None:
                self._note(widget, f"uses {found[0]}, which is not here")
                return "…"
            return f"{{{{ {variable} }}}}"

        return " ".join(_OUTPUT.sub(one, text.replace("{%", "")).split())

    def _variable(self, widget: str, path: str) -> str | None:
        parts = path.strip().split(".")
        if path.strip() in ("trigger.call.From", "contact.channel.address"):
            return "caller.number"
        if parts[:2] == ["flow", "variables"] and len(parts) == 3:
            return plain(parts[2])
        if parts[0] == "widgets" and len(parts) == 3 and parts[2] in ("Digits", "SpeechResult"):
            gather = self.states.get(parts[1], {})
            if gather.get("type") == "gather-input-on-call" and self._split_after(parts[1]) is None:
                return self.names[parts[1]]
        return None

    def _free(self, widget: str) -> str:
        name = plain(widget)
        taken, number = set(self.names.values()), 2
        made = name
        while made in taken:
            made, number = f"{name[:44]}_{number}", number + 1
        return made

    def _note(self, widget: str, text: str) -> None:
        note = Note(widget, text)
        if note not in self.notes:
            self.notes.append(note)

    def _spoken(self) -> str:
        for state in self.states.values():
            written = str((state.get("properties") or {}).get("language") or "")
            if re.match(r"^[a-z]{2}\b", written):
                return written[:2]
        return "en"

    def _file(self, start: str) -> str:
        one = self.language
        if one not in WORDS:
            self._note("", f"the words of defaults, waiting and commands are English: put them into {one}")

        def text(key: str) -> dict[str, str]:
            return {one: self.words[key]}

        transfer = next((name for name, step in self.steps.items() if "transfer" in step), None)
        steps = dict(self.steps)
        if transfer is None:
            transfer = self._own("human")
            steps[transfer] = {"transfer": {"queue": "support"}, "unavailable": self._own("message")}
            self._note("", "no widget gives the caller to a human: the key 0 and the word for it were added")
        steps[self._own("message")] = {
            "record": {"purpose": "message", "prompt": text("message")},
            "next": self._own("bye"),
        }
        steps[self._own("bye")] = {"hangup": {"say": text("bye")}}
        used = json.dumps([steps[name] for name in steps if name != self._own("message")])
        if f'"{self._own("message")}"' not in used:
            del steps[self._own("message")]
        document = {
            "flow": self.name,
            "languages": [one],
            "start": start,
            "commands": {
                "operator": {"digits": "0", "phrases": {one: self.words["operator"]}, "next": transfer},
                "repeat": {"digits": "9", "phrases": {one: self.words["repeat"]}},
            },
            "queues": {"support": {}},
            "defaults": {
                "no_input": [{one: each} for each in self.words["no_input"]],
                "no_match": [{one: each} for each in self.words["no_match"]],
                "confirm": text("confirm"),
                "sorry": text("sorry"),
            },
            "waiting": {"position": text("position"), "wait": text("wait")},
            "filler": text("filler"),
            "steps": steps,
        }
        yaml = YAML()
        yaml.width = 120
        yaml.indent(mapping=2, sequence=4, offset=2)
        out = io.StringIO()
        yaml.dump(document, out)
        notes = "".join(f"#   {note}\n" for note in self.notes)
        about = " ".join(str(self.data.get("description") or "").split())
        head = f"# From Twilio Studio{': ' + about if about else ''}.\n"
        return head + (f"# Needs a hand:\n{notes}" if notes else "") + out.getvalue()


def plain(name: str) -> str:
    """A name of Studio's as one of ours: ``Main Menu`` is ``main_menu``."""
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:48]
    return made if made and made[0].isalpha() else f"w_{made}"[:48]
