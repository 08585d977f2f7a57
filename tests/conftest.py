"""What holds for all tests."""

from hypothesis import settings

# The same examples in every run; and no limit on the time of one, which a busy machine would break.
settings.register_profile("chime", derandomize=True, deadline=None)
settings.load_profile("chime")
