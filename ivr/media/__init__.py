"""The media process: hears and speaks in calls whose sound the carrier streams to it."""
