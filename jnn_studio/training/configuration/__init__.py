"""Configurations as they are written: `config.toml`, identity, presets, words for every setting."""
