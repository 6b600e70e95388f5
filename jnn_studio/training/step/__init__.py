"""One step of a run: its loss, its gradient, the processes that share it."""
