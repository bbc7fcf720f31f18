"""Starts the processes of the Procfile, restarts them, and stops them in order."""
