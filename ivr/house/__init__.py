"""Keeping house: retention, backup and restore, forgetting a customer."""
