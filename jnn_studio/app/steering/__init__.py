"""Starting, steering and following a run: what every page that trains has in common."""
