from pathlib import Path

import pytest
from chime_native.devices import NoiseSource, SilenceSource, ToneSource, parse_audio_source
from chime_native.errors import MediaFileError


def test_words_of_the_command_line() -> None:
    tone = parse_audio_source("tone:440")
    assert isinstance(tone, ToneSource)
    assert tone.hz == 440
    assert isinstance(parse_audio_source("silence"), SilenceSource)
    assert isinstance(parse_audio_source("noise"), NoiseSource)


@pytest.mark.parametrize("text", ["tone:", "tone:a", "tone:0", "tone:-3", "tone:24000", "tone:nan"])
def test_bad_tones_say_how_a_tone_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="a tone is written tone:HZ"):
        parse_audio_source(text)


def test_anything_else_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(MediaFileError, match="No such file"):
        parse_audio_source(str(tmp_path / "absent.wav"))
