"""What every other room uses and nothing here knows of them: files, and what ships with the program."""
