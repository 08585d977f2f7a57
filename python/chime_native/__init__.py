"""Amazon Chime meetings from Python: a native media engine, an SDK and a local service."""

from chime_native._native import __version__

__all__ = ["__version__"]
