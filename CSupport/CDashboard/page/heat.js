// The heat map: columns are intervals, rows are buckets of latency, colour is the count.

class HeatMap extends Plot {
  constructor(id, options) {
    super(id, { describe: () => this.words(), ...options });
    Object.assign(this, { intervals: [], boundsNs: [], name: '' });
  }

  times() { return this.intervals.map((interval) => interval.endMs); }

  set(name, boundsNs, intervals, span) {
    Object.assign(this, { name, boundsNs, intervals, span });
    this.draw();
  }

  /** Four colours of the style sheet and what lies between them. */
  colour(share) {
    const stops = [0, 1, 2, 3].map((place) =>
      colours[`heat-${place}`].match(/[\d.]+/g).slice(0, 3).map(Number));
    const at = Math.min(2.9999, share * 3);
    const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
    const mixed = from.map((value, place) =>
      Math.round(value + (to[place] - value) * (at - Math.floor(at))));
    return `rgb(${mixed.join(' ')})`;
  }

  draw() {
    const context = this.begin();
    if (!context) return;
    this.timeAxis(context);
    let [low, high, most] = [Infinity, -Infinity, 0];
    for (const { cells } of this.intervals) {
      for (const [row, number] of cells) {
        low = Math.min(low, row);
        high = Math.max(high, row);
        most = Math.max(most, Number(number));
      }
    }
    if (most > 0) {
      // A span of at least two octaves, so that a still market is no carpet of four rows.
      if (high - low < 8) [low, high] = [Math.max(0, low - 2), Math.max(high + 2, low + 6)];
      this.rows(context, low, Math.min(high, this.boundsNs.length - 1), most);
    } else {
      this.say(context, 'no samples in this span');
    }
    this.crosshair(context, this.group.cursorMs);
    this.label();
  }

  rows(context, low, high, most) {
    const { left, right, top, bottom } = this.area;
    const height = (bottom - top) / (high - low + 1);
    const y = (row) => bottom - (row - low) * height;
    const palette = Array.from({ length: 64 }, (_, place) => this.colour(place / 63));
    const scale = Math.log1p(most);
    for (const interval of this.intervals) {
      const from = Math.max(left, Math.floor(this.x(interval.startMs)));
      const to = Math.min(right, Math.ceil(this.x(interval.endMs)));
      if (to <= left) continue;
      for (const [row, number] of interval.cells) {
        context.fillStyle = palette[Math.round(63 * (Math.log1p(Number(number)) / scale))];
        const upper = Math.floor(y(row + 1));
        context.fillRect(from, upper, Math.max(1, to - from), Math.ceil(y(row)) - upper);
      }
    }
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillStyle = colours.muted;
    // A label each octave, or each fourth or eighth where there are many.
    const step = [4, 8, 16, 32].find((size) => (high - low) / size <= (bottom - top) / 22) || 64;
    for (let row = Math.ceil(low / step) * step; row <= high; row += step) {
      context.fillText(duration(this.boundsNs[row]), left - 7, Math.min(bottom - 5, y(row)));
    }
  }

  words() {
    return `Heat map of ${this.name}: how many samples had which latency in each interval.`;
  }
}
