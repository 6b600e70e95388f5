"""Help where a person is: the manual, what a control does, keys, a tour, a report of a problem."""
