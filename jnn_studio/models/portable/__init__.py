"""Portable models: anybody's encoder and decoder in one file that holds what they compute, and no code."""

from jnn_studio.models.portable.model import MODEL

__all__ = ["MODEL"]
