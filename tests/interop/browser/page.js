// One attendee of the real SDK, to be driven from outside through `window.attendee`. Everything that the SDK calls back
// is reported as it happens, by name in the Python spelling, through the binding `report` that the driver installs.
import {
  AudioProfile,
  ConsoleLogger,
  DefaultActiveSpeakerPolicy,
  DefaultDeviceController,
  DefaultMeetingSession,
  LogLevel,
  MeetingSessionConfiguration,
  MeetingSessionStatusCode,
  ServerSideNetworkAdaption,
  TargetDisplaySize,
  VideoPreference,
  VideoPreferences,
  VideoPriorityBasedPolicy,
  VideoPriorityBasedPolicyConfig,
} from 'amazon-chime-sdk-js';
import { BarePeer } from './bare-peer.js';
import { Ear } from './ear.js';
import { routeMediaThrough } from './media-relay.js';
import { MovingPicture } from './moving-picture.js';
import { checkReadiness } from './readiness.js';
import { ToneSource } from './tone-source.js';
import { Videos } from './videos.js';

function report(event, details = {}) {
  window.report(JSON.stringify({ event, seconds: performance.now() / 1000, ...details }));
}

function statusDetails(status) {
  const code = status.statusCode();
  return { code, status: MeetingSessionStatusCode[code] };
}

// Only what the tests ask about; observers of the SDK have optional methods.
const observer = {
  audioVideoDidStartConnecting: (reconnecting) => report('audio_video_did_start_connecting', { reconnecting }),
  audioVideoDidStart: () => report('audio_video_did_start'),
  audioVideoDidStop: (status) => report('audio_video_did_stop', statusDetails(status)),
  audioVideoWasDemotedFromPrimaryMeeting: (status) =>
    report('audio_video_was_demoted_from_primary_meeting', statusDetails(status)),
  videoTileDidUpdate: ({ tileId, localTile, boundAttendeeId, isContent, paused }) =>
    report('video_tile_did_update', { tileId, localTile, attendeeId: boundAttendeeId, isContent, paused }),
  videoTileWasRemoved: (tileId) => report('video_tile_was_removed', { tileId }),
  videoSendDidBecomeUnavailable: () => report('video_send_did_become_unavailable'),
  videoAvailabilityDidChange: ({ canStartLocalVideo, remoteVideoAvailable }) =>
    report('video_availability_did_change', { canStartLocalVideo, remoteVideoAvailable }),
  encodingSimulcastLayersDidChange: (layers) => report('encoding_simulcast_layers_did_change', { layers }),
  connectionDidBecomePoor: () => report('connection_did_become_poor'),
  connectionDidBecomeGood: () => report('connection_did_become_good'),
};

const contentObserver = {
  contentShareDidStart: () => report('content_share_did_start'),
  contentShareDidStop: () => report('content_share_did_stop'),
};

class Attendee {
  // source: {kind: 'tone', hz, gain, modulated} | {kind: 'microphone'} | {kind: 'none'}
  async join({
    meeting,
    attendee,
    source,
    muted = false,
    topics = [],
    mediaRelay = null,
    audioProfile = null,
    simulcast = false,
    choosesVideo = null,
  }) {
    if (mediaRelay) routeMediaThrough(mediaRelay, (candidates) => report('service_candidates', { candidates }));
    const logger = new ConsoleLogger('sdk', LogLevel.WARN);
    const devices = new DefaultDeviceController(logger);
    const configuration = new MeetingSessionConfiguration(meeting, attendee);
    configuration.enableSimulcastForUnifiedPlanChromiumBasedBrowsers = simulcast;
    if (choosesVideo) {
      const policy = new VideoPriorityBasedPolicyConfig();
      policy.serverSideNetworkAdaption = ServerSideNetworkAdaption[choosesVideo];
      this.policy = new VideoPriorityBasedPolicy(logger, policy);
      configuration.videoDownlinkBandwidthPolicy = this.policy;
    }
    this.session = new DefaultMeetingSession(configuration, logger, devices);
    this.audioVideo = this.session.audioVideo;
    this.volumeSubscriptions = new Set();
    this.audioVideo.addObserver(observer);
    this.audioVideo.addContentShareObserver(contentObserver);
    if (audioProfile) this.audioVideo.setAudioProfile(AudioProfile[audioProfile.name](...audioProfile.arguments));
    this.videos = new Videos(this.audioVideo);
    this.subscribe(topics);
    if (muted) this.audioVideo.realtimeMuteLocalAudio();
    await this.startSource(source);
    const speaker = document.getElementById('speaker');
    await this.audioVideo.bindAudioElement(speaker);
    this.ear = new Ear(speaker);
    report('starting');
    this.audioVideo.start();
  }

  subscribe(topics) {
    this.audioVideo.realtimeSubscribeToAttendeeIdPresence((attendeeId, present, externalUserId, dropped) => {
      report('presence', { attendeeId, present, externalUserId, dropped });
      if (present) this.subscribeToVolume(attendeeId);
    });
    this.audioVideo.realtimeSubscribeToMuteAndUnmuteLocalAudio((muted) => report('local_mute', { muted }));
    this.audioVideo.realtimeSubscribeToLocalSignalStrengthChange((signalStrength) =>
      report('local_signal_strength', { signalStrength }));
    this.audioVideo.realtimeSubscribeToFatalError((error) => report('fatal_error', { message: `${error}` }));
    this.audioVideo.subscribeToActiveSpeakerDetector(new DefaultActiveSpeakerPolicy(), (attendeeIds) =>
      report('active_speakers', { attendeeIds }));
    this.audioVideo.transcriptionController?.subscribeToTranscriptEvent((event) =>
      report('transcript_event', JSON.parse(JSON.stringify(event))));
    for (const topic of topics) {
      this.audioVideo.realtimeSubscribeToReceiveDataMessage(topic, (message) =>
        report('data_message', {
          topic: message.topic,
          text: message.text(),
          timestampMs: message.timestampMs,
          senderAttendeeId: message.senderAttendeeId,
          senderExternalUserId: message.senderExternalUserId,
          throttled: message.throttled,
        }));
    }
  }

  subscribeToVolume(attendeeId) {
    if (this.volumeSubscriptions.has(attendeeId)) return;
    this.volumeSubscriptions.add(attendeeId);
    this.audioVideo.realtimeSubscribeToVolumeIndicator(attendeeId, (_, volume, muted, signalStrength) =>
      report('volume', { attendeeId, volume, muted, signalStrength }));
  }

  async startSource(source) {
    if (source.kind === 'tone') {
      this.tone = new ToneSource(source);
      await this.audioVideo.startAudioInput(this.tone.stream);
    } else if (source.kind === 'microphone') {
      const [microphone] = await this.audioVideo.listAudioInputDevices();
      await this.audioVideo.startAudioInput(microphone.deviceId);
    }
  }

  setTone(settings) {
    this.tone.set(settings);
  }

  // A moving picture of one colour instead of a camera.
  async startVideo({ colour, width = 320, height = 180 }) {
    this.picture = new MovingPicture({ colour, width, height });
    await this.audioVideo.startVideoInput(this.picture.stream);
    this.audioVideo.startLocalVideoTile();
  }

  // Chromium's fake camera.
  async startCamera({ width = 960, height = 540, frameRate = 15 } = {}) {
    this.audioVideo.chooseVideoInputQuality(width, height, frameRate);
    const [camera] = await this.audioVideo.listVideoInputDevices();
    await this.audioVideo.startVideoInput(camera.deviceId);
    this.audioVideo.startLocalVideoTile();
  }

  // What to receive, and how large: {attendeeId: 'Low' | 'Medium' | 'High' | 'Maximum'}; with `choosesVideo` only.
  chooseVideo(sizes) {
    const preferences = VideoPreferences.prepare();
    Object.entries(sizes).forEach(([attendeeId, size], index) =>
      preferences.add(new VideoPreference(attendeeId, index + 1, TargetDisplaySize[size])));
    this.policy.chooseRemoteVideoSources(preferences.build());
  }

  seen(attendeeId) {
    return this.videos.seen(attendeeId);
  }

  pauseVideo(attendeeId) {
    this.audioVideo.pauseVideoTile(this.seen(attendeeId).tileId);
  }

  resumeVideo(attendeeId) {
    this.audioVideo.unpauseVideoTile(this.seen(attendeeId).tileId);
  }

  async stopVideo() {
    this.audioVideo.stopLocalVideoTile();
    await this.audioVideo.stopVideoInput();
  }

  // Shares a picture, with a tone if `hz` is given.
  async startContentShare({ colour, hz = null, gain = 0.3 }) {
    this.content = new MovingPicture({ colour, width: 320, height: 180 });
    const stream = new MediaStream(this.content.stream.getVideoTracks());
    if (hz !== null) {
      this.contentTone = new ToneSource({ hz, gain });
      stream.addTrack(this.contentTone.stream.getAudioTracks()[0]);
    }
    await this.audioVideo.startContentShare(stream);
  }

  stopContentShare() {
    this.audioVideo.stopContentShare();
  }

  mute() {
    this.audioVideo.realtimeMuteLocalAudio();
  }

  unmute() {
    return this.audioVideo.realtimeUnmuteLocalAudio();
  }

  sendData({ topic, text, lifetimeMs }) {
    this.audioVideo.realtimeSendDataMessage(topic, text, lifetimeMs);
  }

  promoteToPrimaryMeeting(credentials) {
    return this.audioVideo.promoteToPrimaryMeeting(credentials).then(statusDetails);
  }

  demoteFromPrimaryMeeting() {
    this.audioVideo.demoteFromPrimaryMeeting();
  }

  // The next `seconds` of received sound: base64 of interleaved little-endian int16, two channels, at the given rate.
  hear(seconds) {
    return this.ear.hear(seconds);
  }

  async statistics() {
    const statistics = await this.audioVideo.getRTCPeerConnectionStats();
    return statistics ? [...statistics.values()] : [];
  }

  stop() {
    this.audioVideo.stop();
  }
}

window.attendee = new Attendee();
window.tools = { BarePeer, Ear, ToneSource, checkReadiness };
report('page_loaded');
