"""Runs that other code trains: written by it, or penalised within it."""
