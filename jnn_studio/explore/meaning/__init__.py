"""What directions do, in words and numbers: factors that are known, readouts of a table."""
