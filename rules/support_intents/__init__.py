"""Intents for a support bot: labels, templates and a suite; all that it does stands in the pack `labels`."""
