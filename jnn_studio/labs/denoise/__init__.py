"""Denoising learnt from noisy images alone (Scarvelis & Solomon, NeurIPS 2024, §5)."""
