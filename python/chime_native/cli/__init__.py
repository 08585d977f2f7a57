"""The command ``chime-native``. Each subcommand is a module with ``add_arguments(parser)`` and ``run(arguments) -> int``."""
