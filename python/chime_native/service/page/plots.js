// Small plots of the last minute, as SVG that is drawn anew with each value.
const KEPT = 120; // values, two a second
const FEWEST = 20; // that the width is made for: a new plot is not a dot at its end
const WIDTH = 100;
const HEIGHT = 24;

function path(values, top) {
  const step = WIDTH / (Math.max(values.length, FEWEST) - 1);
  const from = Math.max(0, FEWEST - values.length);
  let line = '';
  let open = false;
  values.forEach((value, index) => {
    if (value === null || value === undefined || Number.isNaN(value)) {
      open = false;
      return;
    }
    const x = ((from + index) * step).toFixed(1);
    const y = (HEIGHT - 1 - (Math.min(value, top) / top) * (HEIGHT - 2)).toFixed(1);
    line += `${open ? 'L' : 'M'}${x} ${y}`;
    open = true;
  });
  return line;
}

export class Plot {
  // `least`: the top of the scale when all values are smaller. `show`: a value as text.
  constructor(title, least, show) {
    this.least = least;
    this.show = show;
    this.series = [[], []];
    this.element = document.createElement('div');
    this.element.className = 'plot';
    this.element.innerHTML =
      `<p><span>${title}</span><b></b></p><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" ` +
      'role="img"><path class="area"/><path class="line"/><path class="line second"/></svg>';
    this.element.querySelector('svg').setAttribute('aria-label', `${title} in the last minute`);
  }

  // One more value, or two that belong together; null leaves a gap.
  add(first, second = null) {
    [first, second].forEach((value, index) => {
      const values = this.series[index];
      values.push(value);
      if (values.length > KEPT) values.shift();
    });
    const known = this.series.flat().filter((value) => value !== null);
    const top = Math.max(this.least, ...known) * 1.05;
    const [area, line, other] = this.element.querySelectorAll('path');
    const drawn = path(this.series[0], top);
    line.setAttribute('d', drawn);
    other.setAttribute('d', path(this.series[1], top));
    area.setAttribute('d', drawn && !drawn.slice(1).includes('M')
      ? `${drawn}L${WIDTH} ${HEIGHT}L${drawn.slice(1).split(' ')[0]} ${HEIGHT}Z` : '');
    const shown = [first, second].filter((value) => value !== null && value !== undefined);
    this.element.querySelector('b').textContent = shown.length ? this.show(...shown) : '–';
  }
}
