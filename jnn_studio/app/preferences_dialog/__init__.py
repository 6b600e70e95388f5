"""Preferences, asked for: what each may be, and a word where it holds only from the next start on."""
