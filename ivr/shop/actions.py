"""The catalogue of what flows may ask of the shop: names, proofs, arguments and the fields of the answers."""

from __future__ import annotations

from flows.language.actions import Action, Catalogue

CATALOGUE = Catalogue(
    Action(
        "customers.recognise",
        result={"known": "yes_no", "language": "text", "tier": "text"},
        about="What the calling number alone hints at: never a name, an order or a balance.",
    ),
    Action(
        "orders.status",
        arguments={"number": "text"},
        result={
            "number": "text",
            "state": "text",
            "delivery": "text",
            "due": "date",
            "due_from": "time",
            "due_to": "time",
            "shop": "text",
            "keep_until": "date",
        },
        about="Where an order is, without its address, items or sum. state: new, confirmed, packed, on_the_way, "
        "ready (for pick-up), delivered, cancelled, returned. delivery: courier or pick_up; shop is for pick-up.",
    ),
    Action(
        "orders.details",
        proof="order",
        result={
            "number": "text",
            "state": "text",
            "sum": "money",
            "items": "list",
            "items_count": "integer",
            "due": "date",
            "can_confirm": "yes_no",
            "can_cancel": "yes_no",
        },
        item={"name": "text", "quantity": "integer", "price": "money"},
        about="The items and the sum of an order.",
    ),
    Action("orders.confirm", proof="order", changes=True, result={"number": "text", "due": "date"}),
    Action("orders.cancel", proof="order", changes=True, result={"number": "text"}),
    Action(
        "cards.points",
        proof="card",
        result={
            "points": "integer",
            "burn_points": "integer",
            "burn_on": "date",
            "worth": "money",
            "tier": "text",
        },
        about="Bonus points: how many, how many of them burn next and when (burn_points 0: none), worth in money.",
    ),
    Action(
        "shops.list",
        result={"shops": "list", "count": "integer"},
        item={"city": "text", "address": "text", "hours": "text", "phone": "text"},
        about="Shops with address and hours, in the language of the call.",
    ),
)
