"""The β-VAE that the paper compares with: its experiment, settings and words."""
