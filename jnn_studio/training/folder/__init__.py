"""A run on disk: its files, who writes them, whether it lives, what it can go on from."""
