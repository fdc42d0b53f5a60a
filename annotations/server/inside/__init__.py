"""Modules that run inside the Argilla server's own environment; nothing else of this project may be imported here."""
