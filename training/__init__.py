"""Train and evaluate: LoRA on a version, and what a model answers to commands it has not seen.

`items` are what is asked, `settings` how it is trained, `train` goes from a version to an adapter, `answers` and
`evaluate` from a model to figures, `compare` from two versions to what the difference between them buys. Only here is
torch imported, and only when a command of this room runs.
"""
