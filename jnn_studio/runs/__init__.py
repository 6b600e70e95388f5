"""Runs as a person has them, many at a time: found, described, annotated, compared, put into tables."""
