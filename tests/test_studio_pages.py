"""The pages of the studio without a browser: who may open them, saving, the picture, the phone, publishing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk_world import Page, World, shown, world

from flows.library import PATH
from flows.scenarios import run_scenarios
from ivr.store import audit
from ivr.store.engine import engine, reading
from ivr.store.people import ROLES
from ivr.studio.pages.blueprint import STUDIO_ROLES
from ivr.studio.pages.posted import flow_of
from ivr.studio.picture import picture

TEXT = PATH.read_text("utf-8")
SCENARIOS = PATH.with_name("hotline.scenarios.yaml").read_text("utf-8")
SMALL = """
shop:
  orders.status:
    - {with: {number: "4217"}, found: {number: "4217", state: on_the_way, delivery: courier, due: null,
        due_from: null, due_to: null, shop: null, keep_until: null}}
    - {outcome: missing}
  callbacks.mine:
    - {outcome: missing}

# Kept as it is.
scenarios:
  - name: hears the menu
    steps:
      - hear: Здравствуйте
    ends: listening
"""


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def ask(page: Page, what: str, status: int = 200, **body: Any) -> Any:
    path = "/studio/say" if what == "say" else f"/studio/flows/hotline/{what}"
    answer = page.client.post(path, json=body, headers={"X-CSRF-Token": "token"})
    assert answer.status_code == status, answer.text[:400]
    return answer.json if answer.is_json else answer.data


def test_every_role_against_every_route(here: World) -> None:
    pages = {role: here.page(f"a-{role}", role) for role in ROLES}
    nobody = here.app.test_client()
    with nobody.session_transaction() as session:
        session["csrf_token"] = "token"
    token, checked = {"X-CSRF-Token": "token"}, 0
    for rule in here.app.url_map.iter_rules():
        if not rule.endpoint.startswith("studio."):
            continue
        assert getattr(here.app.view_functions[rule.endpoint], "roles", None) == STUDIO_ROLES, rule.endpoint
        address = rule.rule.replace("<name>", "nothing")
        for method in {"GET", "POST"} & (rule.methods or set()):
            for role, page in pages.items():
                status = page.client.open(address, method=method, headers=token).status_code
                assert status != 500, f"{role} {method} {address}"
                assert (status == 403) == (role not in STUDIO_ROLES), f"{role} {method} {address}: {status}"
            assert nobody.open(address, method=method, headers=token).status_code in (302, 401)
            if method == "POST":
                assert pages["ops"].client.post(address).status_code == 403, "no token"
            checked += 1
    assert checked >= 18


def test_what_is_no_request_is_refused_in_words(here: World) -> None:
    page = here.page("ops", "ops")
    for body in (b"", b"[]", b'{"text": 1}', b"\xff"):
        answer = page.client.post("/studio/flows/hotline/check", data=body, headers={"X-CSRF-Token": "token"})
        assert answer.status_code == 400
    assert page.get("/studio/flows/nothing").status_code == 404
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\n"
    problems = ask(page, "check", text=bomb)["problems"]
    assert any("aliases (& and *) are not allowed" in problem["message"] for problem in problems)


def test_two_people_are_told_before_either_loses_a_line(here: World) -> None:
    anna, boris = here.page("anna", "ops"), here.page("boris", "ops")
    first = ask(anna, "save", version=0, text=TEXT + "# Anna's\n", scenarios=SCENARIOS)
    assert (first["version"], first["author"]) == (1, "Анна Ковалёва")
    told = ask(boris, "save", 409, version=0, text=TEXT + "# Boris's\n", scenarios=SCENARIOS)
    assert told["theirs"]["text"].endswith("# Anna's\n")
    assert {"-# Anna's", "+# Boris's"} <= set(told["lines"])
    assert ask(boris, "save", version=1, text=TEXT + "# Anna's\n# Boris's\n", scenarios=SCENARIOS)["version"] == 2
    assert "# Boris" in anna.get("/studio/flows/hotline").text
    assert ask(anna, "save", 422, version=2, text="flow: other\n", scenarios="")["why"] == "other_name"


def test_the_picture_has_every_step_and_marks_what_is_wrong() -> None:
    flow, _ = flow_of("hotline", TEXT)
    assert flow is not None
    whole = picture(flow, "ru")
    assert {node.name for node in whole.nodes} == set(flow.steps)
    assert not [node for node in whole.nodes if node.unreached or node.dead_end]
    labels = {(way.source, way.target): way.label for way in whole.ways}
    assert labels["main", "about_delivery"] == "1 · доставка"
    assert {way.target for way in whole.ways if way.source == "" and way.human}
    lines = TEXT.splitlines()
    assert all(lines[node.line - 1].strip().startswith(f"{node.name}:") for node in whole.nodes)

    lost = TEXT.replace("    found: promised_before\n", "    found: nowhere\n")
    alone = "  alone:\n    say: {ru: а, uk: а, en: a}\n    next: round\n"
    lost = lost.replace(
        "\nsteps:\n", f"\nsteps:\n{alone}  round:\n    say: {{ru: б, uk: б, en: b}}\n    next: alone\n", 1
    )
    flow, _ = flow_of("hotline", lost)
    assert flow is not None
    broken = picture(flow, "ru")
    marked = {node.name: (node.unreached, node.dead_end) for node in broken.nodes if node.unreached or node.dead_end}
    assert marked["alone"] == marked["round"] == (True, True)
    assert [(way.source, way.missing) for way in broken.ways if way.target == "nowhere"] == [("find_promise", True)]


def play(page: Page, world: dict[str, Any], *deeds: dict[str, Any]) -> list[Any]:
    """The call comes in, and each deed in turn; what came of each."""
    draft = {"text": TEXT, "scenarios": SMALL, "world": world}
    turns = [ask(page, "try", **draft)]
    for deed in deeds:
        turns.append(ask(page, "try", **draft, session=turns[-1]["session"], deed=deed))
    return turns


def test_the_phone_runs_the_draft_and_the_run_becomes_a_scenario(here: World) -> None:
    page = here.page("ops", "ops")
    world = {"language": "ru", "at": "2026-11-24T12:00"}
    turns = play(page, world, {"press": "1"}, {"press": "4217"})
    assert "Здравствуйте" in turns[0]["heard"][0]["text"]
    assert turns[0]["waits"] == {"for": "caller", "secret": False, "language": "ru"}
    assert "ask_delivery_number" in turns[1]["steps"]
    assert turns[2]["variables"]["order_number"] == "4217"
    assert "в пути" in turns[2]["heard"][0]["text"]

    deeds: list[dict[str, Any]] = [{"press": "1"}, {"press": "4217"}]
    acts = [*turns[0]["acts"], deeds[0], *turns[1]["acts"], deeds[1], *turns[2]["acts"]]
    tried = {"name": "where is it", "world": world, "acts": acts, "waits": turns[2]["waits"]}
    kept = ask(page, "keep", text=TEXT, scenarios=SMALL, tried=tried)
    assert kept["failure"] == ""
    assert kept["text"].startswith(SMALL.rstrip()), "what was there stays, comments and all"
    flow, _ = flow_of("hotline", TEXT)
    assert flow is not None
    outcome = run_scenarios(flow, kept["text"], "x")
    assert [one.name for one in outcome.results if not one.failure] == ["hears the menu", "where is it"]
    result = ask(page, "test", text=TEXT, scenarios=kept["text"])["results"]
    assert [one["failure"] for one in result] == ["", ""]


def test_the_phone_plays_a_shop_that_is_down_and_nobody_on_duty(here: World) -> None:
    page = here.page("ops", "ops")
    down = play(page, {"language": "ru", "hours": "open", "shop_down": True}, {"press": "1"}, {"press": "4217"})
    assert "orders.status: failed" in down[2]["shop"]
    assert down[2]["answers"]["orders.status"] == "failed"
    (_, waiting) = play(page, {"language": "ru", "hours": "open"}, {"press": "0"})
    assert waiting["waits"]["for"] == "human"
    (_, alone) = play(page, {"language": "ru", "hours": "open", "nobody": True}, {"press": "0"})
    assert alone["waits"]["for"] == "caller"
    assert {"transfer": "nobody"} in alone["acts"]
    (_, night) = play(page, {"language": "ru", "hours": "closed"}, {"press": "0"})
    assert "closed" in night["steps"]
    (_, silent) = play(page, {"language": "en"}, {"silence": True})
    assert "press one" in silent["heard"][0]["text"]
    assert ask(page, "try", 400, text=TEXT, session="{}", deed={"press": "1"}) is not None


def test_any_line_is_heard_with_sample_values(here: World) -> None:
    page = here.page("ops", "ops")
    number = next(n for n, line in enumerate(TEXT.splitlines(), 1) if line.startswith("  state_returned:"))
    found = ask(page, "words", text=TEXT, line=number + 1)
    assert found["language"] in ("ru", "en")
    assert "{{" not in found["text"]
    assert found["values"] == {"order.number": "4217"}
    other = ask(page, "words", text=TEXT, line=number + 1, values={"order.number": "98765"})
    assert (other["values"], other["text"] != found["text"]) == ({"order.number": "98765"}, True)
    assert ask(page, "words", 422, text=TEXT, line=1)["why"] == "no_words"
    assert ask(page, "say", text="Здравствуйте", language="ru")[:4] == b"RIFF"
    assert ask(page, "say", 422, text="hello", language="xx")["why"] == "silent"


def test_publishing_is_refused_overruled_and_taken_back(here: World) -> None:
    ops, lead = here.page("ops", "ops"), here.page("vera", "supervisor")
    wrong = TEXT.replace("Здравствуйте! Это помощник магазина.", "Добрый день! Это помощник магазина.")
    ask(ops, "save", version=0, text=wrong, scenarios=SMALL)
    page = shown(ops.get("/studio/flows/hotline/publish").text)
    assert "Добрый день" in page
    assert "expected to hear" in page
    form = {"version": "1", "why": "a kinder greeting"}
    assert ops.post("/studio/flows/hotline/publish", **form).status_code == 422
    assert ops.post("/studio/flows/hotline/publish", **form, overrule="1").status_code == 422
    done = lead.post("/studio/flows/hotline/publish", **form, overrule="1")
    assert "Revision 2 is published" in shown(done.text)
    assert lead.post("/studio/flows/hotline/publish", **form).status_code == 409, "of an older version"
    back = ops.post("/studio/flows/hotline/rollback", number="1", why="callers did not like it")
    assert "Revision 1 answers again" in shown(back.text)
    share = ops.post("/studio/flows/hotline/candidate", number="2", share="10")
    assert "The candidate gets its share" in shown(share.text)
    assert "withdrawn" in shown(ops.post("/studio/flows/hotline/candidate").text)
    assert ops.post("/studio/flows/hotline/candidate", number="two").status_code == 400
    with reading(engine()) as conn:
        lines = [line.action for line in audit.page(conn, audit.Filter())[0]]
    for action in ("flow.save", "flow.publish", "flow.overrule", "flow.rollback", "flow.candidate"):
        assert action in lines
