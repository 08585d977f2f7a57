from pathlib import Path
from typing import Any

import pytest
from chime_native import __version__
from chime_native.cli import main as cli


def test_version(command: Any, tmp_path: Path) -> None:
    result = command.run("--version", cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout == f"chime-native {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["join", "--dance"], "unrecognized arguments: --dance"),
        (["join", "--loss", "101"], "argument --loss: '101' is not a number of percent from 0 to 100"),
        (["join", "--loss", "nan"], "argument --loss: 'nan' is not a number of percent"),
        (["join", "--jitter", "-1"], "argument --jitter: '-1' is not a number of milliseconds"),
        (["join", "--seconds", "soon"], "argument --seconds: 'soon' is not a number of seconds"),
        (["check", "--timeout", "0"], "argument --timeout: '0' is not a number of seconds up to 600"),
        (["join", "--send-data", "hello"], "argument --send-data: 'hello' is not TOPIC=TEXT"),
        (["join", "--send-data", "a b=c"], "argument --send-data: 'a b=c' is not TOPIC=TEXT"),
        (["join", "--send-data", "a=" + "x" * 2049], "has at most 2048 bytes"),
    ],
)
def test_bad_arguments_are_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 1
    errors = capsys.readouterr().err
    assert complaint in errors
    assert errors.count("\n") == 1
    assert errors.startswith("chime-native")


@pytest.mark.parametrize("name", ["check", "join", "serve"])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: chime-native {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "verbosity"),
    [(("serve",), 0), (("-v", "serve"), 1), (("serve", "-v"), 1), (("serve", "-vv"), 2)],
)
def test_verbose_may_stand_before_and_after_the_command(arguments: tuple[str, ...], verbosity: int) -> None:
    assert cli._parser("serve").parse_args(arguments).verbose == verbosity
