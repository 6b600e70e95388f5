"""Rudin–Osher–Fatemi: the theorem on a problem whose answer is known (Scarvelis & Solomon, §4 and B.1)."""
