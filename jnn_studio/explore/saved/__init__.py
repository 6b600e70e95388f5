"""What Explore keeps in files: sessions, directions, pictures that came without a file."""
