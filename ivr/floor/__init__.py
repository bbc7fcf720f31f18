"""The floor: who waits, who works, how well it goes. Figures, reports and alerts for supervisors (`/supervisor`)."""
