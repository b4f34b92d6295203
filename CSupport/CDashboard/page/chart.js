// Lines over time.

/**
 * series: {name, colour, value(interval) → number or null}; options: isLog,
 * format(value), tickFormat(value), legend (an id), includesZero, top (of a scale, at least).
 */
class LineChart extends Plot {
  constructor(id, options) {
    super(id, { describe: () => this.words(), ...options });
    Object.assign(this, { series: [], intervals: [], ...options });
  }

  times() { return this.intervals.map((interval) => interval.endMs); }

  set(intervals, span, series = this.series) {
    Object.assign(this, { intervals, span, series });
    this.draw();
  }

  range() {
    let [low, high] = [Infinity, -Infinity];
    for (const interval of this.intervals) {
      for (const line of this.series) {
        const value = line.value(interval);
        if (value === null || (this.isLog && value <= 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (low > high) return null;
    if (this.isLog) return [low / 1.25, Math.max(high * 1.25, low * 2.5)];
    if (this.includesZero) [low, high] = [Math.min(0, low), Math.max(0, high)];
    high = Math.max(high, this.top ?? high);
    if (low === 0 && high === 0) return [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low === 0 ? 0 : low - room, high === 0 ? 0 : high + room];
  }

  draw() {
    const context = this.begin();
    if (!context) return;
    const range = this.range();
    this.timeAxis(context);
    if (range) {
      const scale = this.isLog ? Math.log10 : (value) => value;
      const [low, high] = range.map(scale);
      const { top, bottom } = this.area;
      const y = (value) => bottom - ((scale(value) - low) / (high - low)) * (bottom - top);
      const most = Math.floor((bottom - top) / 24);
      const ticks = this.isLog
        ? logTicks(range[0], range[1], most) : linearTicks(range[0], range[1], most);
      this.valueAxis(context, ticks, this.tickFormat || this.format, y);
      this.series.forEach((line, place) => this.line(context, line, place, y));
    } else {
      this.say(context, 'no samples in this span');
    }
    this.crosshair(context, this.group.cursorMs);
    this.readOut();
    this.label();
  }

  /** Broken where an interval is missing or another run began. */
  line(context, line, place, y) {
    context.strokeStyle = colours[line.colour];
    context.fillStyle = colours[line.colour];
    context.lineWidth = 1.6;
    context.lineJoin = 'round';
    context.setLineDash(DASHES[place % DASHES.length]);
    context.beginPath();
    let last = null;
    const alone = [];
    for (const interval of this.intervals) {
      const value = line.value(interval);
      if (value === null || (this.isLog && value <= 0)) {
        last = null;
        continue;
      }
      const [x, height] = [this.x(interval.endMs), y(value)];
      const isBroken = !last || interval.isNewRun || interval.startMs - last.endMs > 1500;
      if (isBroken) {
        context.moveTo(x, height);
        alone.push([x, height]);
      } else {
        context.lineTo(x, height);
        if (alone.length && alone.at(-1)[0] === last.x) alone.pop();
      }
      last = { endMs: interval.endMs, x };
    }
    context.stroke();
    context.setLineDash([]);
    context.lineWidth = 1;
    for (const [x, height] of alone) {
      context.beginPath();
      context.arc(x, height, 1.8, 0, 7);
      context.fill();
    }
  }

  /** The interval under the crosshair, else the last one. */
  current() {
    const at = this.group.cursorMs;
    if (at === null || at === undefined) return this.intervals.at(-1);
    return this.intervals.find((interval) => interval.endMs >= at) || this.intervals.at(-1);
  }

  values() {
    const interval = this.current();
    return this.series.map((line) => {
      const value = interval ? line.value(interval) : null;
      return [line, value === null || value === undefined ? NONE : this.format(value)];
    });
  }

  readOut() {
    const legend = element(this.legend);
    const values = this.values();
    if (legend.children.length !== values.length
      || values.some(([line], place) => legend.children[place].dataset.name !== line.name)) {
      legend.replaceChildren(...values.map(([line], place) => {
        const item = make('span');
        item.dataset.name = line.name;
        const mark = make('i');
        mark.dataset.dash = String(place);
        item.append(mark, make('span', 'key', `${line.name} `), make('span', 'value'));
        return item;
      }));
    }
    values.forEach(([line, text], place) => {
      legend.children[place].firstChild.style.borderColor = `var(--${line.colour})`;
      setText(legend.children[place].lastChild, text);
    });
  }

  words() {
    const values = this.values().map(([line, text]) => `${line.name} ${text}`);
    return `${this.title}: ${values.join(', ')}. Arrow keys move through time.`;
  }
}
