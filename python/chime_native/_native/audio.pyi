from collections.abc import Sequence
from typing import Any, TypeAlias, final, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

Pcm: TypeAlias = NDArray[np.int16]

class ReportBlock:
    """What an RTCP report block says of one received stream (RFC 3550, section 6.4.1)."""

    @property
    def ssrc(self) -> int: ...
    @property
    def fraction_lost(self) -> float:
        """Share of packets lost since the previous report block, 0 to 1."""
    @property
    def packets_lost(self) -> int:
        """Packets lost since the start; negative when duplicates outnumber losses."""
    @property
    def highest_sequence_number(self) -> int:
        """Extended highest sequence number, 32 bits."""
    @property
    def jitter(self) -> int:
        """Interarrival jitter in RTP timestamp units."""

class AudioReceiver:
    """RTP packets of one stream in, PCM on the caller's playout clock out. Any thread may call anything."""

    def __init__(
        self,
        *,
        opus_payload_type: int = 111,
        red_payload_type: int | None = None,
        sample_rate: int = 48000,
        channels: int = 1,
        min_delay_ms: float = 0,
        max_delay_ms: float = 1000,
        audio_level_id: int = 0,
    ) -> None:
        """`sample_rate`: 8000, 12000, 16000, 24000 or 48000 Hz, decoded to directly. Delays are those of the jitter buffer, in ms."""
    def push(self, packet: Buffer, arrival_us: int) -> bool:
        """Takes one decrypted RTP packet that arrived at `arrival_us` (any monotonic clock); False when it was counted and dropped."""
    def pull(self, out: Pcm | None = None, *, now_us: int | None = None) -> Pcm:
        """The next 10 ms, shape (sample_rate // 100, channels), int16. Never blocks, always full: silence before the first packet.

        `now_us` is when the block is played, on the clock of the arrivals; without it the receiver counts pulls.
        """
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def audio_level(self) -> int:
        """Level of the last pulled block in -dBov, 0 (loudest) to 127 (silence), as in RFC 6464."""
    @property
    def voice_activity(self) -> bool: ...
    def report_block(self) -> ReportBlock | None:
        """For the next receiver report, or None before the first packet; starts a new interval."""
    def stats(self) -> dict[str, Any]:
        """Counters by their W3C webrtc-stats names in snake_case (concealed_samples, jitter_buffer_delay, ...).

        Beside them: recovered_by_red and recovered_by_fec (frames mended), packets_late, packets_duplicated,
        packets_malformed, packets_wrong_payload_type, comfort_noise_samples, decode_errors, current_delay_ms,
        target_delay_ms and drift_ppm (how much slower the sender's clock runs).
        """

class AudioReceiverGroup:
    """Pulls any number of receivers in one call, in a few threads, without the GIL.

    Packets are pushed to the receivers directly, by any thread at any time. Any thread may add and remove, also during a
    pull, which goes on with those it began with; one thread at a time pulls (RuntimeError otherwise). The group keeps its
    receivers alive. ``len()`` gives how many there are.
    """

    def __init__(self, *, sample_rate: int = 48000, channels: int = 1, threads: int | None = None) -> None:
        """The format of all its receivers; ``threads`` 1 to 64, the caller's included, None for one a core but no more
        than four. ValueError for what is out of range."""
    def add(self, key: int, receiver: AudioReceiver) -> None:
        """ValueError when the key is taken, the receiver is in already or its sample rate or channels differ."""
    def remove(self, key: int) -> None:
        """KeyError when no receiver has the key."""
    def pull(
        self,
        out: Pcm | None = None,
        *,
        levels: NDArray[np.uint8] | None = None,
        now_us: int | None = None,
    ) -> Pcm:
        """The next 10 ms of every receiver, shape (streams, sample_rate // 100, channels), int16, in the order of ``keys``.

        Each block is what the receiver's own ``pull`` would give. Into ``levels``, shape (streams,), go their levels in
        -dBov, as :attr:`AudioReceiver.audio_level`. ValueError for another shape; then no receiver has moved on.
        """
    @property
    def keys(self) -> list[int]:
        """In the order of adding."""
    @property
    def threads(self) -> int: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    def __len__(self) -> int: ...

class AudioSender:
    """PCM in, RTP packets out: Opus, RED, header extensions, sequence numbers.

    Header extension ids of 0 mean "not negotiated". With a ``red_payload_type`` every packet is RED (RFC 2198), with
    copies of earlier packets as ``redundancy`` says: ``"off"`` never, ``"chime"`` the number and distances that
    amazon-chime-sdk-js would choose, ``"adaptive"`` those of :class:`LossPolicy`. Methods may be called from any thread.

    ``sample_rate`` is that of the PCM: 8000 to 192000 Hz, a multiple of 100. What Opus does not take (32000, 44100, ...)
    is resampled to 48000, 2 ms later. With ``dtx`` a pause is one packet that announces it, and one each 400 ms.
    ``transport_sequence_id`` numbers the packets of this sender, so it is for the only such stream of a transport.
    Raises ValueError for an option out of range.
    """

    def __init__(
        self,
        *,
        ssrc: int,
        opus_payload_type: int = 111,
        red_payload_type: int | None = None,
        sample_rate: int = 48000,
        channels: int = 1,
        application: str = "voip",
        bitrate: int = 32000,
        complexity: int = 5,
        frame_ms: int = 20,
        dtx: bool = False,
        fec: bool = True,
        redundancy: str = "adaptive",
        mid: str = "",
        mid_id: int = 0,
        audio_level_id: int = 0,
        abs_send_time_id: int = 0,
        transport_sequence_id: int = 0,
        csrc_audio_level_id: int = 0,
        first_sequence_number: int | None = None,
        first_timestamp: int | None = None,
    ) -> None: ...
    def push(self, pcm: Pcm, now_us: int = 0) -> list[bytes]:
        """Takes 10 ms, shape (sample_rate // 100, channels); returns the RTP packets that are now complete (usually 0 or 1)."""
    def on_report(
        self,
        *,
        fraction_lost: float,
        rtt_ms: float | None = None,
        jitter_ms: float | None = None,
        now_us: int = 0,
        packets_lost: int | None = None,
        burst_packets: float | None = None,
    ) -> None:
        """Feedback from a receiver report: sets the encoder's expected loss and the number of redundant copies.

        ``fraction_lost`` is 0 to 1. ``packets_lost`` is the report's cumulative count (used by "chime" redundancy, else
        summed from the fractions); ``burst_packets`` the mean number of packets lost in a row where it is known.
        """
    def set_contributors(self, contributors: Sequence[tuple[int, int]]) -> None:
        """Who is heard in what is sent from now on: at most 15 of (CSRC, level in -dBov), told in the header of each
        packet (RFC 3550) and, when negotiated, in its audio levels (RFC 6465). ValueError for more, or another level."""
    @property
    def muted(self) -> bool:
        """A muted sender keeps sending packets, of silence."""
    @muted.setter
    def muted(self, value: bool) -> None: ...
    @property
    def bitrate(self) -> int:
        """Bit/s of Opus, without redundancy and headers."""
    @bitrate.setter
    def bitrate(self, value: int) -> None: ...
    @property
    def ssrc(self) -> int: ...
    def sender_info(self) -> tuple[int, int, int]:
        """(RTP timestamp of the next packet, packets sent, payload octets sent), for an RTCP sender report."""
    def stats(self) -> dict[str, Any]:
        """Counters, by W3C webrtc-stats names where there is one, and what the loss policy does at present."""

class RedEncoder:
    """Redundant audio on the sending side: Opus packets in, RED payloads with copies of earlier ones out.

    The algorithm of amazon-chime-sdk-js (RedundantAudioEncodedTransform.ts): packets with voice (or CELT) are
    remembered and repeated two and four packets of 20 ms later, in payloads of at most 1000 bytes.
    """

    def __init__(self, *, opus_payload_type: int = 111, red_payload_type: int = 63) -> None: ...
    def set_copies(self, copies: int) -> None:
        """Number of copies a payload, at the SDK's offsets; 0 at the start, more than 2 count as 2."""
    def set_offsets(self, offsets: Sequence[tuple[int, int]]) -> None:
        """Own offsets in RTP timestamp units, nearest first: (offset, fallback or 0), at most three."""
    def set_enabled(self, enabled: bool) -> None:
        """Copies are added or not; packets are remembered either way."""
    def encode(self, packet: Buffer, timestamp: int) -> bytes | None:
        """RED payload of an Opus packet; None when it is empty or longer than 999 bytes."""
    def transform(self, payload: Buffer, payload_type: int, timestamp: int) -> bytes | None:
        """What to send for a frame of another sender: a RED frame gets our copies in place of its own; others and
        unreadable ones stay as they are. None when it is larger than 1000 bytes and must not be sent."""

class RedRecoveryCounter:
    """Lost and recovered packets of a received RED stream, counted as amazon-chime-sdk-js does for its metrics.

    ``sdk`` is the first version with the behaviour: "3.31" (current) or "3.18" (up to 3.30), which differ in when they
    report. What was really mended is in :meth:`AudioReceiver.stats`.
    """

    def __init__(
        self, *, opus_payload_type: int = 111, red_payload_type: int = 63, sdk: str = "3.31"
    ) -> None: ...
    def receive(self, payload: Buffer, payload_type: int, sequence_number: int, timestamp: int) -> bool:
        """Takes an arrived packet; True when totals are to be reported (at most every five seconds of audio)."""
    @property
    def totals(self) -> tuple[int, int, int, int]:
        """(expected, lost, recovered by RED, recovered by FEC)."""

class ChimeRedundancyPolicy:
    """Number of redundant copies as amazon-chime-sdk-js chooses it (RedundantAudioEncodedTransformManager.ts).

    ``sdk`` is the first version with the behaviour: "3.31" (current) or "3.18" (up to 3.30).
    """

    def __init__(self, sdk: str = "3.31") -> None: ...
    def update(
        self, now_ms: int, packets_sent: int, report_ms: int | None = None, packets_lost: int = 0
    ) -> tuple[bool | None, int | None]:
        """Once a second: (redundancy switched on or off, new number of copies), each None when nothing is told.

        Counts are cumulative; ``report_ms`` is when the latest receiver report came.
        """
    @property
    def loss_percent(self) -> float:
        """The larger loss of the 5 s and the 15 s window."""
    @property
    def enabled(self) -> bool: ...
    @property
    def copies(self) -> int: ...
    @staticmethod
    def recommend(loss_percent: float) -> tuple[int, bool]:
        """(recommended copies, turn redundancy off)."""
    @staticmethod
    def tell(loss_percent: float) -> int:
        """Copies by the second table, of 3.31 and later."""

class LossPolicy:
    """What to spend against loss, chosen anew at each receiver report; see docs/topics/loss-policy.md."""

    def __init__(self) -> None: ...
    def on_report(
        self,
        *,
        fraction_lost: float,
        rtt_ms: float | None = None,
        jitter_ms: float | None = None,
        now_us: int = 0,
        packets_expected: int = 50,
        burst_packets: float | None = None,
    ) -> None: ...
    def plan(self, lbrr: bool, bitrate: int = 32000, frame_ms: int = 20) -> dict[str, Any]:
        """``distances`` of the copies in packets, ``expected_loss_percent`` for the encoder, ``bitrate_percent``.

        ``lbrr``: packets carry in-band FEC.
        """
    @property
    def loss(self) -> float:
        """Loss acted on, 0 to 1."""
    @property
    def burst_packets(self) -> float:
        """Mean packets lost in a row, 1 for independent loss."""
    @property
    def congested(self) -> bool: ...

class OpusDecoder:
    """One Opus stream's decoder (libopus). One thread at a time; the GIL is released while it works.

    ``sample_rate`` is 8000, 12000, 16000, 24000 or 48000 Hz. PCM is int16 of shape (frames, channels). With ``out``
    (int16, C-contiguous, at least as many frames) the result is a view of its first frames. Raises ValueError for
    packets that libopus refuses.
    """

    def __init__(self, *, sample_rate: int = 48000, channels: int = 1) -> None: ...
    def decode(self, packet: Buffer, out: Pcm | None = None) -> Pcm: ...
    def decode_fec(self, following: Buffer, frames: int, out: Pcm | None = None) -> Pcm:
        """The ``frames`` of audio just before the packet ``following``, from its in-band FEC; then decode it as well."""
    def conceal(self, frames: int, out: Pcm | None = None) -> Pcm:
        """``frames`` (a multiple of 2.5 ms, up to 120 ms) in place of audio that was lost."""
    def reset(self) -> None: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def deep_concealment(self) -> bool:
        """Whether libopus took the request for deep packet-loss concealment, as 1.5 and newer do.

        One that was built without it conceals as before.
        """

class OpusEncoder:
    """One Opus stream's encoder (libopus). One thread at a time; the GIL is released while it works.

    ``application``: "voip", "audio" or "low_delay". ``bitrate``: 500 to 510000 bit/s. ``fec`` writes in-band FEC once
    ``expected_loss_percent`` is above 0. ``max_bandwidth``: "narrow", "medium", "wide", "super_wide" or "full".
    """

    def __init__(
        self,
        *,
        sample_rate: int = 48000,
        channels: int = 1,
        application: str = "voip",
        bitrate: int = 32000,
        complexity: int = 5,
        dtx: bool = False,
        fec: bool = False,
        expected_loss_percent: int = 0,
        max_bandwidth: str | None = None,
    ) -> None: ...
    def encode(self, pcm: Pcm) -> bytes:
        """One packet of 2.5, 5, 10, 20, 40 or 60 ms of int16 PCM, shape (frames, channels)."""
    def reset(self) -> None: ...
    bitrate: int
    complexity: int
    dtx: bool
    fec: bool
    expected_loss_percent: int
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def lookahead(self) -> int:
        """Samples by which the decoded signal lags."""

class OpusPacketInfo:
    """What an Opus packet says of itself without being decoded (RFC 6716, sections 3 and 4.2.3).

    Of an invalid packet only what its first byte says is meaningful.
    """

    @property
    def valid(self) -> bool: ...
    @property
    def config(self) -> int: ...
    @property
    def mode(self) -> str:
        """One of "silk", "hybrid" and "celt"."""
    @property
    def bandwidth(self) -> str:
        """One of "narrow", "medium", "wide", "super_wide" and "full"."""
    @property
    def stereo(self) -> bool: ...
    @property
    def channels(self) -> int: ...
    @property
    def code(self) -> int: ...
    @property
    def samples_per_frame(self) -> int:
        """Of one Opus frame, at 48 kHz."""
    @property
    def silk_frames(self) -> int:
        """SILK frames in one Opus frame, 0 for CELT."""
    @property
    def samples(self) -> int:
        """Of the packet, at 48 kHz; 0 when invalid."""
    @property
    def payload_offset(self) -> int: ...
    @property
    def frames(self) -> list[tuple[int, int]]:
        """(offset, size) of each Opus frame in the packet."""
    @property
    def flags(self) -> list[tuple[tuple[tuple[bool, ...], ...], tuple[bool, ...]] | None] | None:
        """Per Opus frame (voice activity of each SILK frame by channel, LBRR by channel), None for an empty frame.

        None for CELT and invalid packets.
        """
    @property
    def voice_activity(self) -> bool | None:
        """Whether any frame has voice; None for CELT and invalid packets."""
    @property
    def has_fec(self) -> bool:
        """Whether it carries in-band FEC (LBRR) of the audio before it."""
    @property
    def worth_repeating(self) -> bool:
        """Voice or CELT: what redundant audio repeats."""

def opus_packet_info(packet: Buffer) -> OpusPacketInfo:
    """Looks into an Opus packet of at least one byte."""

def opus_version() -> str:
    """libopus' version string."""

class AudioMixer:
    """A conference: receivers in, one tick, senders out, and everyone hears all but their own group (mix-minus).

    Who joins, leaves, is muted or unmuted fades within 10 ms; sums are held within 16 bits by a smooth limiter; all
    whose group says nothing hear the same mix, made and coded once. Any thread may add, remove, mute and ask at any time, without
    waiting for a tick: changes take effect with the next one. One thread at a time ticks (RuntimeError otherwise),
    without the GIL. The mixer keeps receivers and senders alive while they take part; it alone should pull and push them.
    """

    def __init__(self, *, sample_rate: int = 48000, channels: int = 1, max_speakers: int = 0) -> None:
        """``max_speakers``: only the loudest so many are mixed, 0 for all. ValueError for what is out of range."""
    def add(
        self,
        key: int,
        receiver: AudioReceiver | None,
        sender: AudioSender | None,
        group: int,
        hears: bool = True,
    ) -> None:
        """Adds a participant; those of one group (an attendee and its content share) do not hear each other.

        Without a receiver it only listens, without a sender it only speaks; one that does not hear is sent silence. A
        stereo mixer takes mono receivers and senders, too. ValueError when the key is taken, or the sample rate or
        channels of receiver or sender do not fit the mixer's.
        """
    def remove(self, key: int) -> None:
        """Fades out with the next tick, which pulls the receiver once more; its sender gives no packet any more.
        KeyError when nobody has the key."""
    def set_muted(self, key: int, muted: bool) -> None:
        """A muted participant is left out of every mix: its packets are counted but not decoded. KeyError as for remove."""
    def set_hears(self, key: int, hears: bool) -> None:
        """Whether the participant gets what the others say, or silence. KeyError as for remove."""
    def tick(self, now_us: int) -> list[tuple[int, bytes]]:
        """Advances all by 10 ms; gives (key, RTP packet) to send.

        ``now_us`` is when the block is played and sent, on the clock of the receivers' arrivals.
        """
    def levels(self) -> list[tuple[int, int, bool]]:
        """(key, level in -dBov 0..127, voice activity) of the last tick, unmuted participants with a receiver only."""
    def stats(self) -> dict[str, int]:
        """``ticks`` and ``packets_sent`` so far; of the last tick ``participants``, ``heard`` (that added sound),
        ``distinct_mixes`` (that listeners got), ``listeners`` (that are sent something) and ``encodes`` (that were needed
        for them: those who hear the same and want it coded alike share one)."""

@final
class Level(tuple[float, float, int]):
    """How loud a block of PCM is, in dBov: decibels relative to the overload point (RFC 6464, RFC 6465 appendix A), so
    a full-scale square wave is 0 dBov and a full-scale sine -3.01 dBov. A named tuple."""

    @property
    def rms_dbov(self) -> float:
        """Root mean square, -127.0 to 0.0."""
    @property
    def peak_dbov(self) -> float:
        """Largest magnitude, -127.0 to 0.0."""
    @property
    def rfc6464(self) -> int:
        """``-rms_dbov`` rounded: 0 (loudest) to 127 (silence), as RFC 6464 sends it."""

def measure_level(pcm: Pcm) -> Level:
    """Level of all samples of a block, whatever its shape; of nothing, as of silence, it is -127 dBov.

    Raises TypeError for another dtype than int16, ValueError for memory that is not C-contiguous.
    """

def measure_levels(blocks: Pcm) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Levels of many blocks at once, shape (blocks, frames) or (blocks, frames, channels).

    Gives ``rms_dbov``, ``peak_dbov`` and ``rfc6464`` as in Level, each an array of shape (blocks,).
    """

class LoudnessMeter:
    """Loudness of a running stream as broadcasting measures it (EBU R 128, ITU-R BS.1770-4), in LUFS.

    Values are -120.0 for silence and before there is a full window. They change every 100 ms of sound, and any cutting
    of the stream into calls gives the same ones. One thread at a time (RuntimeError otherwise).
    """

    def __init__(self, sample_rate: int = 48000, channels: int = 1, *, dual_mono: bool = False) -> None:
        """``sample_rate`` in Hz, 8000 to 192000 and a multiple of 10; ``channels`` 1 or 2. ``dual_mono``: one channel
        that is heard from two loudspeakers counts as two (3 LU more). ValueError for what is out of range."""
    def push(self, pcm: Pcm) -> None:
        """Takes any number of frames, shape (frames, channels)."""
    def reset(self) -> None:
        """Forgets the stream, as for a new programme."""
    @property
    def momentary(self) -> float:
        """Of the last 400 ms."""
    @property
    def short_term(self) -> float:
        """Of the last 3 s."""
    @property
    def integrated(self) -> float:
        """Of everything so far, without silence (below -70 LUFS) and without what is 10 LU below the rest."""
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...

class SpeechDetector:
    """Tells speech from noise and silence in 10 ms blocks of one stream.

    Keeps the history of its stream; one thread at a time (RuntimeError otherwise).
    """

    def __init__(self, sample_rate: int = 48000, channels: int = 1) -> None:
        """``sample_rate`` in Hz: 8000, 12000, 16000, 24000, 32000 or 48000; ``channels`` 1 to 8. ValueError otherwise."""
    def push(self, pcm: Pcm) -> bool:
        """Takes the next 10 ms, shape (sample_rate // 100, channels); True while speech is heard and shortly after."""
    @property
    def speech(self) -> bool:
        """What the last push said."""
    @property
    def probability(self) -> float:
        """How likely, 0 to 1, the last block is speech, without hangover."""
    @property
    def _features(self) -> list[float]:
        """What the last block was judged by, for fitting the model."""

class ActiveSpeakerRanking:
    """Who of many is talking, from levels as RFC 6464 sends them: no stream has to be decoded for it.

    A score is half what was heard in the last syllables and half what was heard in the last seconds, so a cough does not
    beat a speaker and a speaker keeps the place over a pause. Told the time; levels may come at any rate. One thread at a
    time (RuntimeError otherwise).
    """

    def __init__(self) -> None: ...
    def update(self, key: int, level: int, voice: bool, now_us: int) -> None:
        """A stream's ``level`` in -dBov, 0 (loudest) to 127, and its voice flag, at ``now_us`` on any monotonic clock.
        A new key is a new stream. ValueError for another level."""
    def remove(self, key: int) -> None:
        """Forgets a stream, if it is known."""
    def ranking(self, now_us: int) -> list[tuple[int, float]]:
        """(key, score 0 to 1) of all that talk or have just talked, most active first."""
    def dominant(self, now_us: int) -> int | None:
        """The one to show large. Changes only for one who is clearly more active, and stays while nobody talks; None
        before anybody has."""

class SpeakerScores:
    """How active each of many speakers is, by the rule of amazon-chime-sdk-js (DefaultActiveSpeakerPolicy.ts), with its
    doubles to the last bit. One thread at a time (RuntimeError otherwise).

    ``speaker_weight``: how much of the old score stays. ``cutoff_threshold``: below it a score shows as 0.
    ``silence_threshold``: a volume above it counts as speech. ``takeover_rate``: what speech takes from all other scores.
    """

    def __init__(
        self,
        speaker_weight: float = 0.9,
        cutoff_threshold: float = 0.01,
        silence_threshold: float = 0.2,
        takeover_rate: float = 0.2,
    ) -> None: ...
    def update(self, speaker: str, volume: float) -> float:
        """The speaker's score after a volume of 0 to 1, 0 when muted or not told."""
    def __len__(self) -> int:
        """Speakers known so far."""

class Resampler:
    """Streaming change of the sample rate, over speexdsp.

    Every call gives all the output that its input makes possible: 10 ms in, 10 ms out, with no burst, and any cutting
    of the input into calls gives the same signal. The output lags the input by ``latency_ms``, which flush() lets out.
    One thread at a time (RuntimeError otherwise).
    """

    def __init__(self, in_rate: int, out_rate: int, channels: int = 1, quality: int = 4) -> None:
        """Rates in Hz, 1000 to 384000; channels 1 to 8; quality 0 (short filter) to 10 (long). ValueError otherwise.

        Between 48 and 16 kHz the latency is 1.5, 2.0 and 2.5 ms at quality 3, 4 and 5.
        """
    @overload
    def process(self, pcm: Pcm) -> Pcm: ...
    @overload
    def process(self, pcm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes any number of frames, shape (frames, channels), int16 or float32; returns the frames that are ready, of
        the same dtype. None at all is normal for short input."""
    @overload
    def flush(self, dtype: type[np.int16] | str = "int16") -> Pcm: ...
    @overload
    def flush(self, dtype: type[np.float32]) -> NDArray[np.float32]:
        """The last ``latency_ms`` of the stream as int16 or float32; after it the object is as new."""
    @property
    def in_rate(self) -> int: ...
    @property
    def out_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def latency_ms(self) -> float: ...

def to_float32(pcm: Pcm, *, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """``pcm / 32768`` exactly, so full scale is -1 to 1; any shape. Writes into ``out`` when given and returns it."""

def to_int16(pcm: NDArray[np.float32], *, out: Pcm | None = None) -> Pcm:
    """``pcm * 32768`` rounded to nearest (ties to even) and held within 16 bits, NaN as 0; any shape. Writes into
    ``out`` when given and returns it. What to_float32 made comes back as it was."""

def mix_minus(blocks: Pcm, *, groups: Sequence[int] | None = None, out: Pcm | None = None) -> Pcm:
    """Each row the sum of the rows of all other groups, brought into 16 bits by a smooth limiter.

    ``blocks`` has shape (streams, frames) or (streams, frames, channels), about 10 ms each; ``groups`` gives a number
    for each stream (default: each its own group). Keeps no history: for a running conference use AudioMixer.
    Returns an array of the shape of ``blocks``: ``out`` when given.
    """
