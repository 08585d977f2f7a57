"""A Chime-compatible meeting service for this machine: REST API, signaling and media server."""

from chime_native.service.app import LocalService
from chime_native.service.settings import ServiceSettings

__all__ = ["LocalService", "ServiceSettings"]
