"""What a flow makes of what is said: the commands that show it."""
