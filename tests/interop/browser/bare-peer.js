// The browser's own peer connection with no SDK around it: what the transport is tried against before any signaling.
import { Ear } from './ear.js';
import { ToneSource } from './tone-source.js';

async function completeDescription(connection) {
  while (connection.iceGatheringState !== 'complete') {
    await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve, { once: true }));
  }
  return connection.localDescription.sdp;
}

export class BarePeer {
  constructor({ hz, gain }) {
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.tone = new ToneSource({ hz, gain });
    this.speaker = document.getElementById('speaker');
    this.ear = new Ear(this.speaker);
    this.connection.ontrack = ({ track }) => {
      if (track.kind !== 'audio') return;
      this.speaker.srcObject = new MediaStream([track]);
      this.speaker.play();
    };
  }

  // As the SDK offers: audio first with RED before Opus, then the camera's section, inactive.
  async offer() {
    const [track] = this.tone.stream.getAudioTracks();
    const audio = this.connection.addTransceiver(track, { direction: 'sendrecv', streams: [this.tone.stream] });
    this.connection.addTransceiver('video', { direction: 'inactive' });
    const { codecs } = RTCRtpReceiver.getCapabilities('audio');
    const isRed = ({ mimeType }) => mimeType.toLowerCase() === 'audio/red';
    audio.setCodecPreferences([...codecs.filter(isRed), ...codecs.filter((codec) => !isRed(codec))]);
    await this.connection.setLocalDescription();
    return completeDescription(this.connection);
  }

  async offerAgain() {
    this.connection.addTransceiver('video', { direction: 'recvonly' });
    await this.connection.setLocalDescription();
    return completeDescription(this.connection);
  }

  async offerWithRestart() {
    this.connection.restartIce();
    await this.connection.setLocalDescription();
    return completeDescription(this.connection);
  }

  accept(answer) {
    return this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  async answer(offer) {
    this.connection.addTrack(this.tone.stream.getAudioTracks()[0], this.tone.stream);
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.connection.setLocalDescription();
    return completeDescription(this.connection);
  }

  hear(seconds) {
    return this.ear.hear(seconds);
  }

  async statistics() {
    return [...(await this.connection.getStats()).values()];
  }

  close() {
    this.connection.close();
  }
}
