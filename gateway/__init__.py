"""Postern: an e-mail gateway content filter."""

__version__ = "0.1.0"
