"""The program's version; what the package is called in its metadata has the same."""

__version__ = "0.1.0"
