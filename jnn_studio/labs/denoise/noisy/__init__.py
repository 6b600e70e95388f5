"""Noisy images: noise that is added, and noise that is estimated or was cut off."""
