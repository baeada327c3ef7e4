"""The user's model: its modules, weights, batch sizes; run so that nobody can tell."""
