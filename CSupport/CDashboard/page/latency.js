// Latency: the hops' percentiles, one histogram over time, and its heat map.

/** Title, key, and how many samples there must be for one to be expected beyond. */
const PERCENTILES = [
  ['p50', 'p50_ns', 2], ['p90', 'p90_ns', 10], ['p99', 'p99_ns', 100],
  ['p99.9', 'p99_9_ns', 1e3], ['p99.99', 'p99_99_ns', 1e4], ['p99.999', 'p99_999_ns', 1e5],
  ['p99.9999', 'p99_9999_ns', 1e6], ['max', 'max_ns', 1],
];
/** What most want to see first. */
const FIRST_CHOICES = ['receive_to_encrypted', 'kernel_service'];
const SPANS = [60, 300, 600];

const latency = {
  chosen: memory.get('histogram'),
  span: Number(memory.get('span')) || 300,
  isInterval: false,
  last: null,
  heat: { name: '', boundsNs: [], intervals: [] },

  start() {
    const group = {};
    const place = (index) => ({ histograms }) => {
      const row = histograms[this.chosen];
      return row ? Number(row[index]) : null;
    };
    this.chart = new LineChart('latency-chart', {
      title: 'Latency over time', group, isLog: true, format: duration,
      tickFormat: roundDuration, legend: 'latency-legend',
      series: [
        { name: 'p50', colour: 'one', value: place(1) },
        { name: 'p99', colour: 'two', value: place(2) },
        { name: 'p99.9', colour: 'three', value: place(3) },
      ],
    });
    this.map = new HeatMap('heat-chart', { group });
    this.table = new Table('hops', [
      { title: 'hop', left: true, name: true, sticky: true, text: (row) => row.name,
        pick: (name) => this.choose(name) },
      { title: 'count', text: (row) => count(row.figures.count) },
      { title: 'mean', text: (row) => this.figure(row.figures, 'mean_ns', 1) },
      ...PERCENTILES.map(([title, key, least]) => (
        { title, text: (row) => this.figure(row.figures, key, least) })),
    ], { empty: 'no samples', rowClass: (row) => (row.name === this.chosen ? 'chosen' : '') });
    element('histogram').addEventListener('change', (event) => this.choose(event.target.value));
    element('span').addEventListener('change', (event) => {
      this.span = Number(event.target.value);
      memory.set('span', this.span);
      refresh();
    });
    for (const [id, isInterval] of [['hops-start', false], ['hops-interval', true]]) {
      element(id).addEventListener('click', () => {
        this.isInterval = isInterval;
        element('hops-start').setAttribute('aria-pressed', String(!isInterval));
        element('hops-interval').setAttribute('aria-pressed', String(isInterval));
        if (this.last) this.showHops(this.last);
      });
    }
  },

  /** Fewer samples than `least` say nothing of a percentile but their maximum. */
  figure(figures, key, least) {
    return Number(figures.count) >= least ? duration(figures[key]) : NONE;
  },

  choose(name) {
    this.chosen = name;
    memory.set('histogram', name);
    refresh();
  },

  /** Keeps the choice while the engine has it; else the first that has samples. */
  settle(histograms) {
    if (histograms.some((row) => row.name === this.chosen)) return;
    const filled = histograms.filter((row) => Number(row.since_start.count) > 0);
    const name = FIRST_CHOICES.find((first) => filled.some((row) => row.name === first));
    this.chosen = name || (filled[0] || histograms[0] || {}).name || null;
  },

  showHops(answer) {
    this.last = answer;
    const none = { count: 0 };
    const rows = answer.histograms.map((row) => ({
      name: row.name, figures: (this.isInterval ? row.interval : row.since_start) || none,
    }));
    this.table.update(rows.filter((row) => this.isInterval || Number(row.figures.count) > 0));
    setOptions(element('histogram'), answer.histograms.map(({ name }) => [name, name]),
      this.chosen);
    const chosen = answer.histograms.find((row) => row.name === this.chosen);
    const figures = chosen ? chosen.since_start : none;
    const isEmpty = !chosen || Number(figures.count) === 0;
    setText('tile-latency-name', chosen ? `Latency: ${chosen.name}` : 'Latency');
    setText('tile-latency', isEmpty ? NONE : `${duration(figures.p50_ns)} p50`);
    setText('tile-latency-more', isEmpty ? 'no samples yet'
      : facts(`p99 ${this.figure(figures, 'p99_ns', 100)}`,
        `p99.9 ${this.figure(figures, 'p99_9_ns', 1e3)}`,
        `max ${duration(figures.max_ns)}`, 'since start'));
  },

  takeHeat(answer) {
    if (!answer.bounds_ns) return;
    if (answer.histogram !== this.heat.name) {
      this.heat = { name: answer.histogram, boundsNs: answer.bounds_ns, intervals: [] };
    }
    append(this.heat.intervals, answer.intervals);
  },

  showCharts(intervals, span) {
    this.chart.set(intervals.filter((interval) => interval.endMs >= span.startMs), span);
    this.showHeat(span);
  },

  showHeat(span) {
    const intervals = this.heat.name === this.chosen ? this.heat.intervals : [];
    this.map.set(this.chosen || '', this.heat.boundsNs,
      intervals.filter((interval) => interval.endMs >= span.startMs), span);
  },
};
