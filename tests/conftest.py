"""What holds for all tests."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples in every run; and no limit on the time of one, which a busy machine would break.
settings.register_profile("chime", derandomize=True, deadline=None)
settings.load_profile("chime")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The command line sets up logging for its process; a test that runs it in this one must not set it up for others."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
