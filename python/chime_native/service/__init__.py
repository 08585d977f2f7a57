"""A Chime-compatible meeting service for this machine: REST API, signaling and media server."""

from chime_native.service.app import LocalService
from chime_native.service.background import BackgroundService
from chime_native.service.settings import ServiceSettings

__all__ = ["BackgroundService", "LocalService", "ServiceSettings"]
