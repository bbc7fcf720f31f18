"""The checks of a whole flow, one concern per file. Each takes the flow and a report."""
