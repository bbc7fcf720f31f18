"""What ``hotline carrier`` serves."""

from __future__ import annotations

from ivr.carriers.local.server import create_app
from ivr.settings import settings

app = create_app(settings())
