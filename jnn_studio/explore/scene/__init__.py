"""From a state to what is seen, and what is told of it."""
