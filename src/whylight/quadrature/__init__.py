"""Integrals along a path: nodes, weights, errors."""
