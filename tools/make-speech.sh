#!/usr/bin/env bash
# Makes python/chime_native/assets/speech.flac, the speech that the demo and the tests play.
# Needs espeak-ng and sox (Debian packages); run it only to change the asset, the result is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
out=python/chime_native/assets/speech.flac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { # voice, words a minute, pitch, text
  n=$((${n:-0} + 1))
  espeak-ng -v "$1" -s "$2" -p "$3" -w "$work/$(printf %02d "$n").wav" "$4"
}
say en-us+f3 155 55 "Good morning, this is Alice. Can you hear me?"
say en-us+f3 150 55 "Every second packet that I send carries a copy of an earlier one."
say en-us+f3 160 58 "So when the network drops a few of them, you should not notice much."
say en-us+f3 150 52 "Seven, forty two, nineteen, zero, eight: please write these numbers down."
say en-us+f3 155 55 "That is all from me. Goodbye, Bob."

sox -n -r 22050 -c 1 -b 16 "$work/pause.wav" trim 0 0.45
parts=()
for sentence in "$work"/[0-9]*.wav; do parts+=("$sentence" "$work/pause.wav"); done
# A band-limited noise floor far below the speech, so that pauses are quiet, not digitally silent; -R makes it repeatable.
sox "${parts[@]}" "$work/speech.wav" norm -6
sox -R -n -r 22050 -c 1 "$work/noise.wav" synth "$(soxi -D "$work/speech.wav")" pinknoise gain -60
sox -R -m -v 1 "$work/speech.wav" -v 1 "$work/noise.wav" -b 16 -C 8 "$out"
echo "$out: $(soxi -D "$out") s, $(stat -c %s "$out") bytes"
