"""Blocking the caller of the call at hand."""

from __future__ import annotations

from flask import abort, render_template, request

from ivr.admin import blocking
from ivr.admin.blueprint import LEADS
from ivr.admin.staff import By, Refused
from ivr.desk.audited import audits, nothing_changed
from ivr.desk.blueprint import blueprint
from ivr.desk.panels import own_ticket
from ivr.desk.roles import DESK_ROLES, me, requires


@blueprint.post("/desk/tickets/<int:id>/block")
@audits
@requires(*DESK_ROLES)
def block_caller(id: int) -> str:
    """Form: ``reason``. Of the agent's own call: an agent proposes, a supervisor or admin blocks."""
    ticket = own_ticket(id)
    if ticket.number is None:
        abort(404)
    may = me().role in LEADS
    try:
        (blocking.block if may else blocking.propose)(By(me().id), ticket.number, request.form.get("reason", ""))
    except Refused as error:
        nothing_changed()
        return render_template("desk/block.html", ticket=ticket, refused=error.why)
    return render_template("desk/block.html", ticket=ticket, done="block_done" if may else "block_proposal_sent")
