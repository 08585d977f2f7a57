"""Fixtures for projects that test their Amazon Chime code without an AWS account.

Name it in the ``conftest.py`` at your project's root: ``pytest_plugins = ["chime_native.pytest_plugin"]``.

``chime_service``: a `chime_native.service.LocalService` on a thread of its own, for the whole test run.
``chime_client``: boto3's own chime-sdk-meetings client of that service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chime_native.service import LocalService

__all__ = ["chime_client", "chime_service"]


@pytest.fixture(scope="session")
def chime_service() -> Iterator[LocalService]:
    """A running local service; ``chime_service.url`` is its endpoint."""
    # Imported here: a test run that does not use the service should not load the media engine.
    from chime_native.service import BackgroundService

    with BackgroundService() as service:
        yield service


@pytest.fixture(scope="session")
def chime_client(chime_service: LocalService) -> Iterator[Any]:
    """A boto3 client that talks to `chime_service` instead of AWS."""
    client = chime_service.boto3_client()
    yield client
    client.close()
