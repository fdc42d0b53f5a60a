"""A real Argilla server on this machine, without Docker and without Elasticsearch."""
