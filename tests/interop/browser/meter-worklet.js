// Hands the received sound to the page in blocks, both channels, as they are: the tests look at the samples themselves.
const BLOCK_FRAMES = 2048;

class Meter extends AudioWorkletProcessor {
  constructor() {
    super();
    this.filled = 0;
    this.block = [new Float32Array(BLOCK_FRAMES), new Float32Array(BLOCK_FRAMES)];
  }

  process([input]) {
    if (input.length === 0) return true;
    const frames = input[0].length;
    this.block[0].set(input[0], this.filled);
    this.block[1].set(input[input.length - 1], this.filled);
    this.filled += frames;
    if (this.filled === BLOCK_FRAMES) {
      this.port.postMessage(this.block.map((channel) => channel.slice()));
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor('meter', Meter);
