"""The flows that come with the program, each with its scenarios beside it."""

from pathlib import Path

PATH = Path(__file__).with_name("hotline.yaml")
"""The hotline of a shop, in Russian and English."""

QUEUES = Path(__file__).with_name("queues.yaml")
"""The queues callers of that hotline are handed to: what each asks of agents."""
