"""Real-time transport: aiortc's ICE, DTLS and SRTP under the engine's RTP, RED, Opus and jitter buffer."""

from chime_native.rtc.agreement import wants_stereo
from chime_native.rtc.audio import AudioChannel, AudioSink, AudioSource
from chime_native.rtc.clock import PlayoutClock
from chime_native.rtc.impairment import Impairment
from chime_native.rtc.native_audio import NativeAudio, use_native_audio
from chime_native.rtc.options import AudioProfileOptions, AudioSection, IceServer, VideoAnswer, VideoSection
from chime_native.rtc.peer import RtcPeer
from chime_native.rtc.video import VideoLayer, VideoParameters, VideoPayloadType
from chime_native.rtc.video_receive import VideoReceiveStream
from chime_native.rtc.video_send import VideoSendStream

__all__ = [
    "AudioChannel",
    "AudioProfileOptions",
    "AudioSection",
    "AudioSink",
    "AudioSource",
    "IceServer",
    "Impairment",
    "NativeAudio",
    "PlayoutClock",
    "RtcPeer",
    "VideoAnswer",
    "VideoLayer",
    "VideoParameters",
    "VideoPayloadType",
    "VideoReceiveStream",
    "VideoSection",
    "VideoSendStream",
    "use_native_audio",
    "wants_stereo",
]
