// A microphone of one pitch. The volume of a talker reaches others only when it changes, so a tone that is to be seen
// talking swings in level: 3 Hz, 60 +- 40 %.
export class ToneSource {
  constructor({ hz, gain = 0.3, modulated = false }) {
    this.context = new AudioContext({ sampleRate: 48000 });
    this.oscillator = new OscillatorNode(this.context, { frequency: hz });
    this.level = new GainNode(this.context, { gain });
    const destination = this.context.createMediaStreamDestination();
    if (modulated) {
      const swing = new GainNode(this.context, { gain: 0.6 });
      const depth = new GainNode(this.context, { gain: 0.4 });
      const slow = new OscillatorNode(this.context, { frequency: 3 });
      slow.connect(depth).connect(swing.gain);
      slow.start();
      this.oscillator.connect(swing).connect(this.level);
    } else {
      this.oscillator.connect(this.level);
    }
    this.level.connect(destination);
    this.oscillator.start();
    this.stream = destination.stream;
  }

  set({ hz, gain }) {
    if (hz !== undefined) this.oscillator.frequency.value = hz;
    if (gain !== undefined) this.level.gain.value = gain;
  }
}
