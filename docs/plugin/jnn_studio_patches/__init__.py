"""Models and a kind of run for JNN Studio; see pyproject.toml for their names."""
