"""Pages and deeds of whoever runs the house: people, skills, blocked callers, the audit list."""
