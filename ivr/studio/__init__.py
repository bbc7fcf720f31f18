"""The studio: editing, testing and publishing flows, and the switchboard. Pages and commands both come here."""
