"""What leaves Explore to be looked at: figure sheets, animations, films."""
