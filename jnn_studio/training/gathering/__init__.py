"""A batch gathered: images opened, fetched ahead, augmented, shared among processes."""
