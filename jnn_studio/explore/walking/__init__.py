"""Walks: how far, straight or curved, from where to where, matched between models."""
