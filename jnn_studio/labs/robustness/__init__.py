"""Robustness and generalisation: what a low-rank Jacobian protects against, and what it costs."""
