"""Frozen answers: numbers with everything needed to judge them."""
