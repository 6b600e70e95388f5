"""Singular values of a denoiser's Jacobian: at an image, and the largest of them."""
