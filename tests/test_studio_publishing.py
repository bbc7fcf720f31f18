"""Flows edited and published: two editors, a revision that answers the next call, taking it back, a candidate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis
from twiml import Kit, kit

from flows.language.flow import Flow
from ivr.admin.staff import COMMAND, By
from ivr.calls import board, journal
from ivr.commands.flows import command
from ivr.store import audit, flows, people
from ivr.store.calls import call_by_id
from ivr.store.engine import engine, reading
from ivr.studio import drafts, publishing
from ivr.studio.drafts import Conflict
from ivr.studio.refused import Refused

NAME = "testline"


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


def edited(old: str, new: str) -> tuple[int, str]:
    """The next draft, with something changed: its version and text."""
    draft = drafts.working(NAME)
    assert old in draft.text
    text = draft.text.replace(old, new)
    return drafts.save(COMMAND, NAME, draft.version, text, draft.scenarios).version, text


def published(old: str = "Order number?", new: str = "Which order?", **more: int) -> flows.Revision:
    version, _ = edited(old, new)
    share = more.get("share")
    return publishing.publish(COMMAND, NAME, version, "clearer", candidate_share=share)


def lines(kind: str = "flow") -> list[audit.Line]:
    with reading(engine()) as conn:
        return audit.page(conn, audit.Filter(kind=kind))[0]


def test_the_next_call_hears_it_and_calls_in_progress_go_on(line: Kit) -> None:
    old = line.phone()
    old.dial()
    made = published()
    assert made.number == 2, "revision 1 is what the file had"
    new = line.phone()
    new.dial()
    assert "Which order?" in new.press("1").said
    assert "Order number?" in old.press("1").said
    line.another_process()
    other = line.phone()
    other.dial()
    assert "Which order?" in other.press("1").said
    assert publishing.rollback(COMMAND, NAME, "callers were confused").number == 1
    back = line.phone()
    back.dial()
    assert "Order number?" in back.press("1").said
    assert other.press("4711").response.status_code == 200, "it goes on with what it began with"
    told = lines()
    assert [each.action for each in told] == ["flow.rollback", "flow.publish", "flow.save"]
    assert (told[0].before["live"], told[0].after["live"]) == (2, 1)
    assert told[1].after["why"] == "clearer"
    with reading(engine()) as conn:
        assert [each.number for each in flows.revisions_of(conn, NAME)] == [2, 1], "nothing is deleted"


def test_an_emptied_redis_has_it_again(line: Kit) -> None:
    published()
    line.redis.flushall()
    phone = line.phone()
    phone.dial()
    assert "Which order?" in phone.press("1").said
    line.redis.flushall()
    assert b"live" in board.copy_board(), "the clock does it too"


def test_a_copy_is_never_replaced_by_an_older_one(line: Kit) -> None:
    older = board.copy_board()
    published()
    newer = line.redis.get(board.BOARD)
    assert newer != older
    line.redis.eval(board._COPY, 1, board.BOARD, older, 0)
    assert line.redis.get(board.BOARD) == newer


def test_the_first_of_two_editors_loses_no_line(line: Kit) -> None:
    theirs = people.add("vera", "Vera", "ops", "correct horse")
    mine = drafts.working(NAME)
    drafts.save(By(theirs.id), NAME, mine.version, mine.text + "# hers\n", "")
    with pytest.raises(Conflict) as told:
        drafts.save(COMMAND, NAME, mine.version, mine.text + "# mine\n", "")
    assert told.value.theirs.text.endswith("# hers\n")
    assert told.value.theirs.author == theirs.id
    with pytest.raises(Conflict):
        publishing.publish(COMMAND, NAME, mine.version, "what I saw")
    now = drafts.working(NAME)
    assert now.version == 1
    assert drafts.save(COMMAND, NAME, 1, now.text + "# mine\n", "").text.endswith("# hers\n# mine\n")


def test_what_fails_is_not_published_unless_a_supervisor_says_so(line: Kit) -> None:
    version, _ = edited("next: find\n", "next: fidn\n")
    ops = By(people.add("oleg", "Oleg", "ops", "correct horse").id)
    boss = By(people.add("nina", "Nina", "supervisor", "correct horse").id)
    with pytest.raises(Refused, match="there is no step 'fidn'") as told:
        publishing.publish(ops, NAME, version, "quickly")
    assert told.value.why == "wrong"
    with pytest.raises(Refused) as told:
        publishing.publish(ops, NAME, version, "quickly", overrule=True)
    assert told.value.why == "may_not_overrule"
    made = publishing.publish(boss, NAME, version, "quickly", overrule=True)
    assert "fidn" in made.overruled
    overruled = next(each for each in lines() if each.action == "flow.overrule")
    assert overruled.person == boss.person
    phone = line.phone()
    phone.dial()
    phone.press("1")
    assert phone.press("4711").response.status_code == 200, "a human, and not a dead line"


def test_a_failing_scenario_holds_it_back(line: Kit) -> None:
    draft = drafts.working(NAME)
    wrong = "scenarios:\n  - {name: greeting, steps: [{hear: nonsense}], ends: listening}\n"
    saved = drafts.save(COMMAND, NAME, draft.version, draft.text, wrong)
    with pytest.raises(Refused, match=r"testline.scenarios.yaml:2: greeting: expected to hear 'nonsense'"):
        publishing.publish(COMMAND, NAME, saved.version, "with scenarios")
    broken = drafts.save(COMMAND, NAME, saved.version, "flow: testline\nsteps: [", "")
    with pytest.raises(Refused) as told:
        publishing.publish(COMMAND, NAME, broken.version, "never", overrule=True)
    assert told.value.why == "not_a_flow"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("Edge", "flow: Edge", "bad_name"),
        (NAME, "flow: other\n", "other_name"),
        (NAME, "x" * 1_000_001, "too_large"),
        (NAME, "flow: testline\x00", "bad_text"),
        (NAME, "flow: testline\ud800", "bad_text"),
    ],
)
def test_what_cannot_be_a_draft(line: Kit, name: str, text: str, why: str) -> None:
    with pytest.raises(Refused) as told:
        drafts.save(COMMAND, name, 0, text, "")
    assert told.value.why == why


def test_part_of_the_calls_get_the_candidate_and_always_the_same(line: Kit) -> None:
    made = published(share=40)
    assert made.number == 2
    heard: dict[bool, int] = {True: 0, False: 0}
    for _ in range(60):
        phone = line.phone()
        phone.dial()
        new = "Which order?" in phone.press("1").said
        assert new == (board.lot(phone.call) < 40)
        heard[new] += 1
    assert 10 <= heard[True] <= 40
    journal.drain()
    with reading(engine()) as conn:
        call = call_by_id(conn, phone.call)
        numbers = {each.revision: each.number for each in flows.revisions_of(conn, NAME)}
    assert call is not None
    assert numbers[str(call.revision)] == (2 if new else 1), "the records tell them apart"
    publishing.candidate(COMMAND, NAME, None)
    assert publishing.rollback(COMMAND, NAME, "it proved itself", 2).number == 2
    with pytest.raises(Refused):
        publishing.candidate(COMMAND, NAME, 2, 10)


def test_prompts_are_made_before_and_a_fault_there_hinders_nobody(line: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def remember(flow: Flow) -> None:
        seen.append(flow.revision)

    def fail(flow: Flow) -> None:
        raise RuntimeError("no voice")

    monkeypatch.setattr(publishing, "BEFORE_LIVE", [fail, remember])
    assert seen == [published().revision]


def test_files_and_records_hold_the_same_bytes(line: Kit, tmp_path: Path) -> None:
    run = CliRunner().invoke
    draft = drafts.working(NAME)
    file = tmp_path / "mine.yaml"
    text = "# ours: keep this — 📞\r\n" + draft.text.replace("Order number?", "Which order?") + "\n\n# the end"
    file.write_bytes(text.encode())
    assert "already" not in run(command, ["push", str(file)]).output
    assert "[-Order-]{+Which+} [-number-]{+order+}?" in run(command, ["diff", str(file)]).output
    assert "+# the end" in run(command, ["diff", NAME, "--lines"]).output
    out = run(command, ["publish", NAME, "--why", "clearer"])
    assert out.output.startswith("testline: revision 2 ("), out.output
    assert run(command, ["publish", NAME, "--why", "again"]).exit_code == 1
    assert run(command, ["pull", NAME, "--to", str(tmp_path / "out")]).exit_code == 0
    assert (tmp_path / "out" / "testline.yaml").read_bytes() == text.encode()
    assert run(command, ["diff", str(tmp_path / "out" / "testline.yaml")]).exit_code == 0
    (tmp_path / "out" / "testline.yaml").write_text("mine")
    assert "is there and differs" in run(command, ["pull", NAME, "--to", str(tmp_path / "out")]).output
    assert "revision 1" in run(command, ["rollback", NAME]).output
    assert "live" in run(command, ["list", NAME]).output.splitlines()[1]
    assert "40 calls of a hundred get revision 2" in run(command, ["candidate", NAME, "2", "--share", "40"]).output
    assert "testline: revision 1, 40 of 100 calls: revision 2" in run(command, ["list"]).output


def test_editors_get_the_schema_from_a_running_hotline(line: Kit) -> None:
    answer = line.app.test_client().get("/flow.schema.json")
    assert answer.mimetype == "application/schema+json"
    assert answer.json is not None
    assert "steps" in answer.json["properties"]


def test_push_does_not_run_over_what_somebody_is_editing(line: Kit, tmp_path: Path) -> None:
    vera = By(people.add("vera", "Vera", "ops", "correct horse").id)
    draft = drafts.working(NAME)
    drafts.save(vera, NAME, 0, draft.text + "# hers\n", "")
    file = tmp_path / "testline.yaml"
    file.write_text(draft.text + "# ours\n")
    run = CliRunner().invoke
    assert "unpublished changes of somebody else" in run(command, ["push", str(file)]).output
    assert run(command, ["push", str(file), "--replace"]).exit_code == 0
    assert drafts.working(NAME).text.endswith("# ours\n")
