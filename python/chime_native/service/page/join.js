// Takes part in a meeting from the page, with the real SDK.
let sdk = null;

function element(tag, text = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

export class Call {
  // `root` is the section to show it in; `ended` is called once when it is over.
  constructor(root, ended) {
    this.root = root;
    this.ended = ended;
    this.tiles = new Map();
    this.muted = false;
    this.camera = false;
  }

  async join(meeting, attendee) {
    sdk ??= await import('/console/sdk.js');
    const logger = new sdk.ConsoleLogger('chime', sdk.LogLevel.WARN);
    const devices = new sdk.DefaultDeviceController(logger);
    const configuration = new sdk.MeetingSessionConfiguration(meeting, attendee);
    this.session = new sdk.DefaultMeetingSession(configuration, logger, devices);
    this.media = this.session.audioVideo;
    this.media.addObserver({
      audioVideoDidStart: () => this.say('You are in.'),
      audioVideoDidStartConnecting: (again) => this.say(again ? 'Coming back …' : 'Connecting …'),
      audioVideoDidStop: (status) => this.stopped(status),
      videoTileDidUpdate: (tile) => this.showTile(tile),
      videoTileWasRemoved: (id) => this.removeTile(id),
    });
    this.build(meeting.Meeting.ExternalMeetingId);
    await this.openMicrophone();
    await this.media.bindAudioElement(this.audio);
    this.media.start();
  }

  build(name) {
    this.state = element('p');
    this.state.setAttribute('role', 'status');
    this.audio = element('audio');
    this.videos = element('div');
    this.mute = this.button('Mute', () => this.toggleMute());
    this.show = this.button('Camera on', () => this.toggleCamera());
    const actions = element('div');
    actions.className = 'actions';
    actions.append(this.mute, this.show, this.button('Leave', () => this.leave()));
    this.microphone = element('select');
    this.microphone.addEventListener('change', () => this.media.startAudioInput(this.microphone.value));
    const label = element('label', 'Microphone');
    label.append(this.microphone);
    this.root.replaceChildren(element('h2', `In ${name}`), this.state, actions, label, this.videos, this.audio);
    this.root.hidden = false;
  }

  button(text, act) {
    const made = element('button', text);
    made.type = 'button';
    made.addEventListener('click', () => Promise.resolve(act()).catch((error) => this.say(error.message)));
    return made;
  }

  say(text) {
    this.state.textContent = text;
  }

  async openMicrophone() {
    try {
      const found = await this.media.listAudioInputDevices(true);
      this.microphone.replaceChildren(...found.map((device) => {
        const option = element('option', device.label || 'Microphone');
        option.value = device.deviceId;
        return option;
      }));
      if (found.length) await this.media.startAudioInput(found[0].deviceId);
    } catch (error) {
      this.say(`No microphone (${error.message}): you can listen.`);
    }
  }

  toggleMute() {
    this.muted = !this.muted;
    if (this.muted) this.media.realtimeMuteLocalAudio();
    else this.media.realtimeUnmuteLocalAudio();
    this.mute.textContent = this.muted ? 'Unmute' : 'Mute';
  }

  async toggleCamera() {
    if (this.camera) {
      this.media.stopLocalVideoTile();
      await this.media.stopVideoInput();
    } else {
      const [camera] = await this.media.listVideoInputDevices(true);
      if (!camera) throw new Error('There is no camera.');
      await this.media.startVideoInput(camera.deviceId);
      this.media.startLocalVideoTile();
    }
    this.camera = !this.camera;
    this.show.textContent = this.camera ? 'Camera off' : 'Camera on';
  }

  showTile({ tileId, boundAttendeeId, localTile }) {
    if (!boundAttendeeId) return;
    let video = this.tiles.get(tileId);
    if (!video) {
      video = element('video');
      video.muted = true;
      video.setAttribute('playsinline', '');
      video.setAttribute('aria-label', localTile ? 'Your camera' : 'Camera of another attendee');
      this.tiles.set(tileId, video);
      this.videos.append(video);
    }
    this.media.bindVideoElement(tileId, video);
  }

  removeTile(id) {
    this.tiles.get(id)?.remove();
    this.tiles.delete(id);
  }

  async leave() {
    this.left = true;
    this.media.stop();
    await this.media.stopAudioInput();
    await this.media.stopVideoInput();
  }

  async stopped(status) {
    const code = sdk.MeetingSessionStatusCode[status.statusCode()];
    await this.session.destroy();
    this.ended();
    if (this.left) this.root.hidden = true;
    else this.root.replaceChildren(element('h2', 'You are out'), element('p', `The reason: ${code}.`));
  }
}
