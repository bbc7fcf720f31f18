"""What must be true after a run, whatever was done to it: each promise is checked by what telephones and the carrier
saw, and by the states that the database wrote down itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from fault_customers import WELL, Customer
from fault_phones import Leg
from fault_records import Change
from fault_world import BACK, World

from callqueue.model import CALLBACK_NEXT, NEXT, CallbackState, TicketState

LEG_LEFT = 2.0
"""Seconds after the other side's end within which a leg must be over, or its caller hear a sentence."""
LATE_WRITE = 1.5
"""Seconds by which a request may trail the look at the clock that allowed it."""


@dataclass
class Verdict:
    """One invariant: how often it was looked at, and where it did not hold. ``excused``: where the machine took so long
    to start a web server that no program could have kept it."""

    name: str
    checked: int = 0
    excused: int = 0
    broken: list[str] = field(default_factory=list)

    def look(self, holds: bool, otherwise: str) -> None:
        """Count it; ``otherwise`` tells what was seen when it does not hold."""
        self.checked += 1
        if not holds:
            self.broken.append(otherwise)


def verdicts(world: World) -> list[Verdict]:
    """All of them."""
    changes = world.records.changes()
    return [check(world, changes) for check in CHECKS]


def calls_end_well(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("every call ends served, with a human, or with a callback or message")
    for one in world.town.customers:
        if one.end.startswith("cut off: application error") and world.without_web(one.began):
            verdict.excused += 1
            continue
        well = one.end in WELL or (one.end == "told closed" and world.closed_at(one.began))
        verdict.look(well, f"{_when(world, one)}: {one.end}\n{one.trouble}")
    return verdict


def callbacks_kept(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("a promised callback comes, and ends with a human, once")
    for one in _promised(world):
        if one.postponed and not one.kept and world.closed_times:
            continue  # due when the queue was closed: the records have it for the next opening
        verdict.look(one.kept == 1, f"{one.kind} {one.number}: kept {one.kept} times\n{one.trouble}")
    return verdict


def dialled_once(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("one call per callback and attempt, and none after it was kept")
    for key, count in Counter(dial.key for dial in world.between.dials if dial.key).items():
        verdict.look(count == 1, f"callback {key} was dialled {count} times")
    for one in _promised(world):
        answered = [leg for sid in one.sids[1:] if (leg := world.phones.legs.get(sid)) and _greeted(leg)]
        verdict.look(len(answered) <= 1, f"{one.number} spoke with a human {one.rang}")
    return verdict


def not_early(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("no callback before its time, or while its customer is still on the line")
    firsts: dict[str, float] = {}
    for dial in world.between.dials:
        firsts.setdefault(dial.to, dial.asked)
    for one in _promised(world):
        if one.number not in firsts:
            continue
        leg = world.phones.legs.get(one.sids[0]) if one.sids else None
        earliest = max(one.not_before, leg.ended or 0 if leg else 0)
        early = earliest - firsts[one.number]
        verdict.look(early <= 0.05, f"{one.kind} {one.number}: {early:.2f} s early")
    return verdict


def in_hours(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("no call out of hours: the queue's, or those of a number where it is night")
    night = {one.number for one in world.town.customers if one.kind == "night"}
    for dial in world.between.dials:
        closed = any(begun + LATE_WRITE < dial.asked < ended for begun, ended in world.closed_times)
        verdict.look(
            not closed and dial.to not in night,
            f"{dial.to} was dialled {'when closed' if closed else 'at night'}",
        )
    return verdict


def one_call_an_agent(world: World, changes: list[Change]) -> Verdict:
    verdict = Verdict("no agent has two calls or two offers at once")
    held: dict[str, dict[str, str]] = defaultdict(dict)
    of_ticket: dict[str, str] = {}
    busy = {"offered", "connecting", "connected", "wrap_up"}
    for change in changes:
        if change.table != "tickets":
            continue
        agent = str(change.facts[3]) if change.facts[3] is not None and change.after in busy else None
        before = of_ticket.pop(change.row, None)
        if before is not None:
            held[before].pop(change.row, None)
        if agent is not None:
            of_ticket[change.row] = agent
            held[agent][change.row] = str(change.after)
            others = dict(held[agent])
            verdict.look(len(others) == 1, f"agent {agent} has tickets {others}")
    for agent in world.agents:
        verdict.broken += agent.doubled
    return verdict


def one_agent_a_call(world: World, changes: list[Change]) -> Verdict:
    verdict = Verdict("a call has one open hand-off, and an offer is accepted once")
    open_of: dict[str, set[str]] = defaultdict(set)
    accepted: Counter[str] = Counter()
    for change in changes:
        if change.table == "offers" and change.after == "accepted" and change.before != "accepted":
            accepted[change.row] += 1
            verdict.look(accepted[change.row] == 1, f"offer {change.row} accepted twice")
        if change.table == "tickets":
            call, over = str(change.facts[0]), change.after in ("closed", "abandoned", "wrap_up")
            (open_of[call].discard if over else open_of[call].add)(change.row)
            both = set(open_of[call])
            verdict.look(len(both) <= 1, f"call {call} has open hand-offs {both}")
    return verdict


def forward(_: World, changes: list[Change]) -> Verdict:
    verdict = Verdict("no state goes backwards; what is over stays over")
    for change in changes:
        if change.before is None or change.before == change.after:
            continue
        match change.table:
            case "tickets":
                fine = TicketState(str(change.after)) in NEXT[TicketState(change.before)]
            case "callbacks":
                fine = CallbackState(str(change.after)) in CALLBACK_NEXT[CallbackState(change.before)]
            case "offers":
                fine = change.before == "offered" or (change.before, change.after) == ("accepted", "declined")
            case _:
                fine = False  # a call's outcome is written once
        verdict.look(fine, f"{change.table} {change.row}: {change.before} -> {change.after}")
    return verdict


def no_leg_left(world: World, changes: list[Change]) -> Verdict:
    verdict = Verdict("when a caller hangs up, their agent's leg is over within 2 s")
    for caller, agent in _pairs(world, changes):
        if caller.ended is None or agent.began > caller.ended:
            continue
        left = (agent.ended if agent.ended is not None else float("inf")) - caller.ended
        if left <= LEG_LEFT:
            verdict.look(True, "")
        elif world.well_between(caller.ended - 1, caller.ended + LEG_LEFT):
            verdict.look(False, f"{agent.who} stayed {left:.1f} s after {caller.who}")
        else:
            # In the middle of a fault: then after its end, which is within the time everything has to be back.
            verdict.look(left <= BACK, f"{agent.who}: {left:.0f} s after {caller.who}")
    verdict.look(not world.phones.live(), f"legs left at the end: {[leg.who for leg in world.phones.live()]}")
    return verdict


def lost_agent_is_told(world: World, changes: list[Change]) -> Verdict:
    verdict = Verdict("when an agent's leg drops in a talk, the caller hears a sentence within 2 s")
    for caller, agent in _pairs(world, changes):
        lost, gone = agent.ended, caller.ended if caller.ended is not None else float("inf")
        if lost is None or agent.reason != "carrier gone" or not _greeted(caller) or gone < lost + LEG_LEFT:
            continue
        if not world.well_between(lost - 1, lost + LEG_LEFT):
            continue
        told = any(lost < at <= lost + LEG_LEFT and kind == "say" for at, kind, _ in caller.heard)
        verdict.look(told, f"{agent.who} dropped, {caller.who} heard nothing")
    return verdict


def nothing_left(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("nothing is left open once all is quiet")
    open_ = world.open_tickets()
    verdict.look(not open_, f"hand-offs {open_}")
    living = world.records.rows("SELECT id FROM calls WHERE ended_at IS NULL")
    emptied = any("emptied" in one.kind.name for one in world.injections)
    verdict.look(not living or emptied, f"calls without an end: {len(living)}, {living[:5]}")
    chores = world.records.rows("SELECT kind, subject, tries FROM chores")
    verdict.look(not chores, f"chores {chores}")
    backlog = world.backlog()
    verdict.look(not backlog, f"wake-ups that no worker took: {backlog}")
    return verdict


def changed_once(world: World, _: list[Change]) -> Verdict:
    """The shop's own rows: what a caller was told of their order is true, and was done once."""
    verdict = Verdict("an order is confirmed once, exactly when its caller is told so")
    for one in world.town.customers:
        if one.end in ("confirmed", "sorry") and one.order:
            state = world.order_state(one.order)
            # Told “confirmed”: it is. Told sorry: it may have been in doubt, and said so.
            verdict.look(one.end == "sorry" or state == "confirmed", f"{one.order} is {state}")
    return verdict


def back_in_time(world: World, _: list[Change]) -> Verdict:
    verdict = Verdict("everything is back within 60 s of a fault's end")
    for one in world.injections:
        took = float("inf") if one.whole is None else one.whole - one.over
        verdict.look(took <= BACK and not one.trouble, f"{one.kind.name}: {took:.0f} s {one.trouble}")
    return verdict


CHECKS = (
    calls_end_well,
    callbacks_kept,
    dialled_once,
    not_early,
    in_hours,
    one_call_an_agent,
    one_agent_a_call,
    forward,
    no_leg_left,
    lost_agent_is_told,
    changed_once,
    nothing_left,
    back_in_time,
)


def _when(world: World, one: Customer) -> str:
    return f"{one.kind} {one.number}, who phoned {one.began - world.begun:.0f} s after the beginning"


def _promised(world: World) -> list[Customer]:
    """Customers who were told that they would be phoned."""
    return [one for one in world.town.customers if one.promised is not None]


def _greeted(leg: Leg) -> bool:
    return any(kind == "peer" for _, kind, _ in leg.heard)


def _pairs(world: World, changes: list[Change]) -> Iterator[tuple[Leg, Leg]]:
    """Each agent's leg with the customer's leg that it was for."""
    pairs: dict[str, str] = {}
    for change in changes:
        if change.table == "tickets" and change.facts[1] and change.facts[2]:
            pairs[str(change.facts[2])] = str(change.facts[1])
    for agent, caller in pairs.items():
        if agent in world.phones.legs and caller in world.phones.legs:
            yield world.phones.legs[caller], world.phones.legs[agent]
