// Charts over time on a canvas: axes with units, a crosshair by pointer or arrow keys that charts
// of one group share, colours from the style sheet.

/** The style sheet's colours as the browser resolves them; read anew when the theme changes. */
const colours = {
  names: ['text', 'muted', 'line', 'grid', 'card', 'one', 'two', 'three', 'four', 'five', 'good',
    'bad', 'accent', 'heat-0', 'heat-1', 'heat-2', 'heat-3'],
  read() {
    const probe = make('span');
    document.body.append(probe);
    for (const name of this.names) {
      probe.style.color = `var(--${name})`;
      this[name] = getComputedStyle(probe).color;
    }
    probe.remove();
  },
};

const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** Round numbers from `low` to `high`: as few as may be, but three, and at most `most`. */
function linearTicks(low, high, most) {
  const ticks = (step) => {
    const list = [];
    for (let place = Math.ceil(low / step - 1e-9); place * step <= high + step * 1e-9; place += 1) {
      list.push(place * step);
    }
    return list;
  };
  let best = [];
  let last = [];
  for (let power = 10 ** Math.floor(Math.log10(high - low) - 1); ; power *= 10) {
    for (const factor of [1, 2, 5]) {
      const list = ticks(factor * power);
      if (list.length < 3) return best.length ? best : last;
      if (list.length <= Math.max(3, most)) best = list;
      last = list;
    }
  }
}

/** 1, 2, 5 of each power of ten; only the powers where that is too many. */
function logTicks(low, high, most) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high) + 1; power += 1) {
    for (const factor of [1, 2, 5]) {
      const value = factor * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
    }
  }
  return ticks.length <= most ? ticks
    : ticks.filter((value) => Math.abs(Math.log10(value) % 1) < 1e-9);
}

/** Steps of time that a clock shows, ms. */
const TIME_STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400]
  .map((seconds) => seconds * 1000);

class Plot {
  /** group: {cursorMs} that its charts share; describe(): the chart in words. */
  constructor(id, { group = {}, describe }) {
    this.canvas = element(id);
    this.describe = describe;
    this.group = group;
    (group.plots ||= []).push(this);
    this.margin = { left: 64, right: 10, top: 8, bottom: 20 };
    this.span = { startMs: 0, endMs: 1 };
    const canvas = this.canvas;
    canvas.addEventListener('pointermove', (event) => this.point(event.offsetX));
    canvas.addEventListener('pointerleave', () => this.moveCursor(null));
    canvas.addEventListener('blur', () => this.moveCursor(null));
    canvas.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = this.group.cursorMs ?? this.span.endMs;
    const times = this.times();
    const at = times.findIndex((time) => time >= from);
    const place = (at < 0 ? times.length - 1 : at) + step;
    this.moveCursor(times[Math.max(0, Math.min(times.length - 1, place))] ?? null);
  }

  point(x) {
    const { left, right } = this.margin;
    const share = (x - left) / (this.canvas.clientWidth - left - right);
    const { startMs, endMs } = this.span;
    this.moveCursor(share < 0 || share > 1 ? null : startMs + share * (endMs - startMs));
  }

  moveCursor(ms) {
    this.group.cursorMs = ms;
    for (const plot of this.group.plots) plot.draw();
  }

  times() { return []; }

  /** A clean canvas of the element's size; `null` while it has none. */
  begin() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width < 100 || height < 40) return null;
    const scale = window.devicePixelRatio || 1;
    const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
      this.canvas.width = pixelWidth;
      this.canvas.height = pixelHeight;
    }
    const context = this.canvas.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
    context.lineWidth = 1;
    const { left, right, top, bottom } = this.margin;
    this.area = { left, top, right: width - right, bottom: height - bottom };
    return context;
  }

  x(ms) {
    const { startMs, endMs } = this.span;
    return this.area.left
      + ((ms - startMs) / (endMs - startMs)) * (this.area.right - this.area.left);
  }

  timeAxis(context) {
    const { startMs, endMs } = this.span;
    const { left, right, top, bottom } = this.area;
    const most = Math.max(2, Math.floor((right - left) / 90));
    const step = TIME_STEPS.find((size) => (endMs - startMs) / size <= most) || 86400000;
    const zone = new Date(endMs).getTimezoneOffset() * 60000;
    context.textAlign = 'center';
    context.textBaseline = 'top';
    let ms = Math.ceil((startMs - zone) / step) * step + zone;
    for (; ms <= endMs; ms += step) {
      const x = Math.round(this.x(ms)) + 0.5;
      context.strokeStyle = colours.grid;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, bottom);
      context.stroke();
      if (x < left + 22 || x > right - 20) continue;
      context.fillStyle = colours.muted;
      context.fillText(clockTime(ms), x, bottom + 5);
    }
  }

  valueAxis(context, ticks, format, y) {
    const { left, right } = this.area;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of ticks) {
      const place = Math.round(y(tick)) + 0.5;
      context.strokeStyle = tick === 0 ? colours.line : colours.grid;
      context.beginPath();
      context.moveTo(left, place);
      context.lineTo(right, place);
      context.stroke();
      context.fillStyle = colours.muted;
      context.fillText(format(tick), left - 7, place);
    }
  }

  crosshair(context, ms) {
    if (ms === null || ms === undefined) return;
    const { left, right, top, bottom } = this.area;
    const x = Math.round(this.x(ms)) + 0.5;
    if (x < left || x > right) return;
    context.strokeStyle = colours.muted;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    const text = clockTime(ms);
    const width = context.measureText(text).width + 8;
    const from = Math.max(left, Math.min(right - width, x - width / 2));
    context.fillStyle = colours.card;
    context.fillRect(from, bottom + 2, width, 16);
    context.fillStyle = colours.text;
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillText(text, from + 4, bottom + 5);
  }

  say(context, text) {
    context.fillStyle = colours.muted;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(text, (this.area.left + this.area.right) / 2,
      (this.area.top + this.area.bottom) / 2);
  }

  label() {
    const text = this.describe();
    if (this.canvas.getAttribute('aria-label') !== text) {
      this.canvas.setAttribute('aria-label', text);
    }
  }
}

/**
 * Lines over time. series: {name, colour, value(interval) → number or null}; options: isLog,
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
    if (this.top) high = Math.max(high, this.top);
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
