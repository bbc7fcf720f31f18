"""What a retailer knows: orders, deliveries, bonus cards, shops; behind one port (``ivr.shop.port``)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ivr.settings import Settings
    from ivr.shop.port import Shop

_made: dict[tuple[str, str, str], Shop] = {}
_making = threading.Lock()


def shop(settings: Settings | None = None) -> Shop:
    """The shop of this process: the SQL adapter with its guard against guessing and its breakers.

    Thread-safe once made. Raises ``ivr.shop.mapping.MappingError`` when the mapping file is wrong.
    """
    # Imported here: flows read ivr.shop.actions, and must not load SQLAlchemy for it.
    from ivr.settings import settings as process_settings
    from ivr.shop.guarded import build

    settings = settings or process_settings()
    key = (settings.shop_database, str(settings.shop_mapping), settings.redis)
    with _making:
        if key not in _made:
            _made[key] = build(settings)
        return _made[key]
