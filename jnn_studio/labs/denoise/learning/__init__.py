"""The methods as one controlled experiment, and what each of them learns from."""
