"""Review: what a person is asked about a version, and what came back."""
