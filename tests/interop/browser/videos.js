// Shows every remote tile in an element of its own, as an application does, and tells what can be seen there.
const SAMPLE = 16;

export class Videos {
  constructor(audioVideo) {
    this.audioVideo = audioVideo;
    this.elements = new Map();
    this.canvas = Object.assign(document.createElement('canvas'), { width: SAMPLE, height: SAMPLE });
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
    audioVideo.addObserver({
      videoTileDidUpdate: ({ tileId, localTile, boundAttendeeId }) => {
        if (!localTile && boundAttendeeId) this.show(tileId);
      },
      videoTileWasRemoved: (tileId) => {
        this.elements.get(tileId)?.remove();
        this.elements.delete(tileId);
      },
    });
  }

  show(tileId) {
    if (this.elements.has(tileId)) return;
    const element = Object.assign(document.createElement('video'), { width: 320, height: 180, muted: true });
    document.body.append(element);
    this.elements.set(tileId, element);
    this.audioVideo.bindVideoElement(tileId, element);
  }

  // What is shown of an attendee ("ID#content" for what it shares): null without a tile.
  seen(attendeeId) {
    const tiles = this.audioVideo.getAllRemoteVideoTiles().map((tile) => tile.state());
    const tile = tiles.find(({ boundAttendeeId }) => boundAttendeeId === attendeeId);
    const element = tile && this.elements.get(tile.tileId);
    if (!element) return null;
    const frames = element.getVideoPlaybackQuality().totalVideoFrames;
    return {
      tileId: tile.tileId,
      paused: tile.paused,
      isContent: tile.isContent,
      width: element.videoWidth,
      height: element.videoHeight,
      frames,
      colour: frames > 0 ? this.colour(element) : null,
    };
  }

  // The mean colour of the picture: red, green, blue.
  colour(element) {
    this.context.drawImage(element, 0, 0, SAMPLE, SAMPLE);
    const { data } = this.context.getImageData(0, 0, SAMPLE, SAMPLE);
    const sums = [0, 0, 0];
    data.forEach((value, index) => {
      if (index % 4 < 3) sums[index % 4] += value;
    });
    return sums.map((sum) => Math.round(sum / (SAMPLE * SAMPLE)));
  }
}
