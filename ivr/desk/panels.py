"""The desk page and its panels: one template serves a panel in the page and as the answer that replaces it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import abort, make_response, render_template, request
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from callqueue import store as queue_tables
from callqueue.model import AgentView, MessageState, TicketView
from ivr.desk import customer, texts
from ivr.desk import promise_list as promises
from ivr.desk.blueprint import blueprint
from ivr.desk.phones import page_phone, phone_kind
from ivr.desk.roles import DESK_ROLES, language, me, requires, settings
from ivr.desk.security import carrier_url, live_url
from ivr.desk.story import About, story
from ivr.queueing import callqueue
from ivr.store.engine import engine, reading

PANELS = ("status", "waiting", "tasks", "callbacks", "messages", "call")
REASONS = ("lunch", "short", "training", "other")
OUTCOMES = ("resolved", "follow_up", "wrong_number", "other")


@blueprint.get("/desk")
@requires(*DESK_ROLES)
def desk() -> str:
    data: dict[str, Any] = {}
    for name in PANELS:
        data |= panel_data(name)
    return render_template("desk/desk.html", live=live_url(), carrier=carrier_url(), **data)


@blueprint.get("/desk/panel/<name>")
@requires(*DESK_ROLES)
def panel(name: str) -> Response:
    """One panel. The call's panel answers 204 when the page's is the same already (``have``), so that a push about
    something else never disturbs what the agent is typing."""
    if name not in PANELS:
        abort(404)
    data = panel_data(name)
    if name == "call" and request.args.get("have") == data["call_key"]:
        return Response("", 204)
    return render_panel(name, data)


@blueprint.get("/desk/tickets/<int:id>/customer")
@requires(*DESK_ROLES)
def customer_panel(id: int) -> str:
    """The customer of the agent's own call or offer, or of a task."""
    ticket, own = readable_ticket(id)
    key = str(id) if own else f"t{id}"
    return render_template("desk/customer.html", key=key, found=customer.find(ticket.number), retry=request.path)


@blueprint.get("/desk/tickets/<int:id>/story")
@requires(*DESK_ROLES)
def story_panel(id: int) -> str:
    """What was said, and what came before; with what is to be told, when it is the agent's own call."""
    ticket, own = readable_ticket(id)
    told = story(About.of(ticket), texts.texts(language()), settings().flow)
    return render_template("desk/story.html", story=told, ticket=ticket if own else None, names=agents_by_name())


def view() -> AgentView:
    """The signed-in person as an agent; registered when this is the first time the queue hears of them."""
    queue, person = callqueue(), me()
    found = queue.agent_view(person.id)
    if found is None:
        queue.register_agent(person.id, person.name)
        found = queue.agent_view(person.id)
        assert found is not None
    return found


def own_ticket(id: int) -> TicketView:
    """The agent's offered or current ticket with this id. 404 for any other: it isn't theirs to read."""
    agent = view()
    at_hand = (agent.ticket, agent.offer.ticket if agent.offer else None)
    found = next((ticket for ticket in at_hand if ticket is not None and ticket.id == id), None)
    if found is None:
        abort(404)
    return found


def readable_ticket(id: int) -> tuple[TicketView, bool]:
    """The agent's own ticket, or one that left a task not closed, which any agent may come to do; and whether it is
    their own. 404 for any other."""
    agent = view()
    held = agent.offer.ticket if agent.offer else agent.ticket
    if held is not None and held.id == id:
        return held, True
    found = callqueue().ticket(id)
    if found is None or not callqueue().has_tasks(id):
        abort(404)
    return found, False


def agents_by_name() -> dict[int, str]:
    """Names of all agents by id, in the order of names."""
    return {row.id: row.name for row in callqueue().agents()}


def panel_data(name: str) -> dict[str, Any]:
    """What the template of a panel needs."""
    queue = callqueue()
    if name == "waiting":
        return {"line": queue.waiting_list()}
    if name == "callbacks":
        return promises.listed(request.args)
    if name == "messages":
        found = [one for one in queue.messages() if one.state is not MessageState.CLOSED]
        return {"messages": found, "names": agents_by_name()}
    if name == "tasks":
        return {"my_tasks": queue.tasks(me().id), "all_tasks": queue.tasks(), "names": agents_by_name()}
    agent = view()
    if name == "status":
        return {"agent": agent, "reasons": REASONS, "phone_kind": phone_kind(agent), "page_phone": page_phone()}
    return {
        "agent": agent,
        "call_key": call_key(agent),
        "outcomes": OUTCOMES,
        "phone_kind": phone_kind(agent),
        "seconds_left": seconds_left(agent),
        "names": agents_by_name(),
        "task_due": queue.task_due(agent.ticket.queue) if agent.ticket else None,
        "accepted_offer": accepted_offer(agent),
        **_controls(),
    }


def _controls() -> dict[str, Any]:
    # They need the agent's view from here.
    from ivr.desk.controls import controls_data

    return controls_data()


def call_key(agent: AgentView) -> str:
    """Names what the call's panel shows; the same key means the same panel."""
    if agent.offer is not None:
        return f"offer-{agent.offer.id}"
    if agent.ticket is not None:
        attempt = agent.ticket.callback.attempt if agent.ticket.callback else 0
        return f"{agent.state}-{agent.ticket.id}-{agent.ticket.caller_in}-{attempt}"
    return f"{agent.state}-{agent.reason}"


def accepted_offer(agent: AgentView) -> int | None:
    """The offer that the agent accepted and whose leg is still awaited: a reloaded page can dial with it."""
    if agent.state != "connecting" or agent.ticket is None:
        return None
    offers = queue_tables.offers
    mine = (offers.c.ticket == agent.ticket.id) & (offers.c.agent == agent.id) & (offers.c.state == "accepted")
    with reading(engine()) as conn:
        found: int | None = conn.execute(select(func.max(offers.c.id)).where(mine)).scalar()
    return found


def seconds_left(agent: AgentView) -> int:
    """Whole seconds to the offer's or the wrap-up's deadline; 0 when there is none."""
    deadline = agent.offer.deadline if agent.offer else agent.ticket.wrap_up_until if agent.ticket else None
    return max(0, round((deadline - datetime.now(UTC)).total_seconds())) if deadline else 0


def render_panel(name: str, data: dict[str, Any] | None = None, notice: str = "", status: int = 200) -> Response:
    """A panel as an answer; ``notice`` is words to show on it."""
    values = panel_data(name) if data is None else data
    answer = make_response(render_template(f"desk/{name}.html", notice=notice, **values), status)
    if name == "call" and not notice:
        answer.headers["X-Panel-Shows"] = values["call_key"]
    return answer
