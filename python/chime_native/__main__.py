"""``python -m chime_native``: the same as ``chime-native``."""

import sys

from chime_native.cli.main import main

sys.exit(main())
