"""Headers of answers that the desk's script reads."""

from __future__ import annotations

EVENTS = "X-Desk-Events"
"""What the page is to do besides drawing an answer, as JSON. htmx's own HX-Trigger tells the button that was pressed,
which a push may have redrawn by then."""

SHOWS = "X-Item-Shows"
"""Of an opened task or message: what is drawn. The same again is not drawn anew, which would stop a recording that
plays."""

NOT_DONE = "X-Not-Done"
"""Of an answer that says why it was not done: the page keeps what was written."""
