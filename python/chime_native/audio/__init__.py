"""The audio engine: NumPy in, NumPy out, no network and no event loop.

PCM is int16 and C-contiguous, of shape ``(frames, channels)``, unless a docstring says otherwise.
"""

from chime_native.audio.levels import (
    ActiveSpeakerRanking,
    Level,
    LoudnessMeter,
    SpeakerScores,
    SpeechDetector,
    measure_level,
    measure_levels,
)
from chime_native.audio.mixing import AudioMixer, mix_minus
from chime_native.audio.opus import OpusDecoder, OpusEncoder, OpusPacketInfo, opus_packet_info, opus_version
from chime_native.audio.packets import RtpPacket, read_audio_level, write_audio_level
from chime_native.audio.receiver import AudioReceiver, AudioReceiverGroup, ReportBlock
from chime_native.audio.redundancy import (
    ChimeRedundancyPolicy,
    LossPolicy,
    RedBlock,
    RedEncoder,
    RedRecoveryCounter,
    pack_red,
    split_red,
)
from chime_native.audio.resampler import Resampler, to_float32, to_int16
from chime_native.audio.sender import AudioSender

__all__ = [
    "ActiveSpeakerRanking",
    "AudioMixer",
    "AudioReceiver",
    "AudioReceiverGroup",
    "AudioSender",
    "ChimeRedundancyPolicy",
    "Level",
    "LossPolicy",
    "LoudnessMeter",
    "OpusDecoder",
    "OpusEncoder",
    "OpusPacketInfo",
    "RedBlock",
    "RedEncoder",
    "RedRecoveryCounter",
    "ReportBlock",
    "Resampler",
    "RtpPacket",
    "SpeakerScores",
    "SpeechDetector",
    "measure_level",
    "measure_levels",
    "mix_minus",
    "opus_packet_info",
    "opus_version",
    "pack_red",
    "read_audio_level",
    "split_red",
    "to_float32",
    "to_int16",
    "write_audio_level",
]
