"""The domain: rule packs, lexicons, and the Python that reads Chinese for them."""
