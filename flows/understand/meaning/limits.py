"""Confidence at which a choice is taken, and asked about, unless the flow says otherwise. Found by cross-validation
over the shipped flow's examples (``hotline flows understand FILE --report``)."""

TAKE = 0.55
ASK = 0.33
