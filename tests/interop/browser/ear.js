// Listens to what an audio element plays and gives out the samples. Remote sound reaches Web Audio only while its stream
// is bound to an element as well, which the SDK does.
const RATE = 48000;
// A new source node gives silence until its buffer has filled.
const SETTLING_FRAMES = 9600;
// Far longer than the SDK takes, also on a busy machine.
const BINDING_LIMIT_MS = 20000;

function base64OfInterleaved(blocks, frames) {
  const samples = new Int16Array(2 * frames);
  let at = 0;
  for (const [left, right] of blocks) {
    for (let i = 0; i < left.length && at < samples.length; i++) {
      for (const value of [left[i], right[i]]) {
        samples[at++] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
      }
    }
  }
  const bytes = new Uint8Array(samples.buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export class Ear {
  constructor(element) {
    this.element = element;
    this.context = new AudioContext({ sampleRate: RATE });
    this.ready = this.context.audioWorklet.addModule('meter-worklet.js').then(() => this.context.resume());
  }

  // The SDK binds the stream a moment after it has said that the session started.
  async boundStream() {
    const deadline = performance.now() + BINDING_LIMIT_MS;
    while (!this.element.srcObject) {
      if (performance.now() > deadline) throw new Error('nothing was bound to the audio element');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.element.srcObject;
  }

  // The stream of the element changes at every reconnect, so each listening follows the present one.
  async hear(seconds) {
    await this.ready;
    const stream = await this.boundStream();
    const source = this.context.createMediaStreamSource(stream);
    const meter = new AudioWorkletNode(this.context, 'meter', { channelCount: 2, channelCountMode: 'explicit' });
    const frames = Math.round(seconds * RATE);
    const blocks = await new Promise((resolve) => {
      const received = [];
      let count = -SETTLING_FRAMES;
      meter.port.onmessage = ({ data }) => {
        if (count >= 0) received.push(data);
        count += data[0].length;
        if (count >= frames + data[0].length) resolve(received);
      };
      source.connect(meter).connect(this.context.destination);
    });
    source.disconnect();
    meter.disconnect();
    return base64OfInterleaved(blocks, frames);
  }
}
