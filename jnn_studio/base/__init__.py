"""What every room uses and what knows none of them: errors, cancelled work and progress, files."""
