// A canvas of one colour with something that moves in it, as a camera: a picture that stands still is not sent for long.
const FRAMES_PER_SECOND = 15;

export class MovingPicture {
  constructor({ colour, width, height }) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    let frame = 0;
    const draw = () => {
      context.fillStyle = colour;
      context.fillRect(0, 0, width, height);
      context.fillStyle = 'white';
      context.fillRect((frame * 4) % width, 0, 8, 8);
      frame += 1;
    };
    draw();
    setInterval(draw, 1000 / FRAMES_PER_SECOND);
    this.stream = canvas.captureStream(FRAMES_PER_SECOND);
  }
}
