"""What a caller means, told by examples: whole sentences that the flow gives for each of its choices.

:mod:`features` turns words into features, :mod:`model` learns from examples in one closed step, :mod:`mending` mends a
recogniser's slips, :mod:`clauses` finds what turns the meaning (negation, corrections, two wishes), and :mod:`decide`
puts it together into one decision. What a language needs is in ``languages``: one table of words, and sentences that
are none of anybody's choices.

Everything here is pure and deterministic: the same examples give the same model, and nothing is stored. Nothing is
imported before a flow with examples needs it.
"""
