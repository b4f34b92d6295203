// The engine itself: its state, stages, rings, risk's verdicts, outliers and counters.

/** Counters of which each unit is something that was lost or should not have been. */
const LOSS = new RegExp('_(dropped|drops|overflows?|gaps|malformed|exhausted|allocations'
  + '|page_faults|mismatch|mismatches|errors|left_out|lost)(_total)?$');
/** Something had to wait for room in a ring. */
const STALL = /_stalls_total$/;

const engine = {
  before: null,
  last: null,

  start() {
    this.stages = new Table('stages', [
      { title: 'stage', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: 'core', text: (row) => (row.core < 0 ? NONE : String(row.core)) },
      { title: '', fill: (row) => row.duty || 0 },
      { title: 'duty', text: (row) => percent(row.duty, 2) },
      { title: 'work/s', text: (row) => rate(row.work) },
      { title: 'beat', hint: 'age of the heartbeat',
        text: (row) => duration(row.heartbeat_age_ns),
        style: (row) => (row.heartbeat_age_ns > 1e9 ? 'bad' : '') },
    ], { empty: 'no stage yet' });
    this.rings = new Table('rings', [
      { title: 'ring', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: '', fill: (row) => Number(row.depth) / Math.max(1, Number(row.capacity)),
        isFull: (row) => Number(row.depth) * 2 > Number(row.capacity) },
      { title: 'depth', text: (row) =>
        (row.message_size === 1 ? bytes(row.depth) : count(row.depth)) },
      { title: 'capacity', text: (row) =>
        (row.message_size === 1 ? bytes(row.capacity) : count(row.capacity)) },
      { title: 'in/s', hint: 'messages, of byte rings bytes', text: (row) => rate(row.rate) },
    ], { empty: 'no ring yet' });
    this.verdicts = new Table('verdicts', [
      { title: 'verdict', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: 'orders', text: (row) => count(row.value),
        style: (row) => (row.isRefusal ? 'warn' : '') },
      { title: 'per s', text: (row) => rate(row.rate) },
    ], { empty: 'no order was judged yet' });
    this.counters = [0, 1, 2].map((place) => new Table(`counters-${place}`, [
      { title: 'counter', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: 'value', text: (row) => count(row.value),
        style: (row) => (LOSS.test(row.name) && Number(row.value) > 0 ? 'warn' : '') },
      { title: 'per s', text: (row) => (row.name.endsWith('_total') ? rate(row.rate) : '') },
    ], { empty: place === 0 ? 'no counter of that name' : '' }));
    this.makeOutliers();
    this.duty = new LineChart('duty-chart', {
      title: 'Duty of the busiest stages', legend: 'duty-legend', includesZero: true,
      top: 0.01, series: [], format: (value) => percent(value, 1),
    });
    for (const [id, kind] of [['filter', 'input'], ['zeros', 'change']]) {
      element(id).addEventListener(kind, () => this.showCounters());
    }
  },

  makeOutliers() {
    const share = (row, hop) => Number(hop.ns) / Math.max(1, Number(row.total_ns));
    this.outliers = new Table('outliers', [
      { title: 'received', left: true, sticky: true,
        text: (row) => clockTime(Number(row.receive_time_ns) / 1e6) },
      { title: 'total', text: (row) => duration(row.total_ns) },
      { title: 'excess', text: (row) => duration(row.excess_ns) },
      { title: 'whose', left: true, text: (row) => row.label,
        style: (row) => ({ ours: 'bad', host: 'warn' }[row.label] || 'dim') },
      { title: 'why', left: true, text: (row) => row.why },
      { title: 'hops of 5 % and more', left: true, hint: '/n: a poll of n records; !: preempted',
        text: (row) => row.hops.filter((hop) => share(row, hop) >= 0.05).map((hop) =>
          `${hop.stage}${hop.is_preempted ? '!' : ''} ${duration(hop.ns)}${
            Number(hop.work) > 1 ? `/${hop.work}` : ''}`).join(' · ') },
      { title: 'instrument', left: true, name: true, text: (row) => row.symbol },
      { title: 'connection', text: (row) => (row.connection_id === null ? NONE
        : `${row.connection_id} + ${count(row.frame_position)}`),
        hint: 'its number, and the byte of its stream where the frame begins' },
    ], { key: (row) => `${row.receive_time_ns} ${row.sequence}`, empty: 'none so far' });
  },

  /** Only where the engine keeps them. */
  showOutliers({ outliers }) {
    const isKept = Boolean(outliers && Number(outliers.threshold_ns) > 0);
    element('outliers-card').hidden = !isKept;
    if (!isKept) return;
    this.outliers.update(outliers.latest);
    const labels = ['ours', 'host', 'unknown'].filter((label) => label in outliers)
      .map((label) => `${count(outliers[label])} ${label}`);
    setText('outliers-note', `${count(outliers.count)} orders took longer than ${
      roundDuration(outliers.threshold_ns)}: ${labels.join(', ')}; the latest`);
  },

  /** Growth of a number a second, against the answer before, of the same run. */
  rateOf(now, find) {
    const before = this.before;
    if (!before || before.start_time_ns !== now.start_time_ns) return NaN;
    const [was, is] = [find(before), find(now)];
    const seconds = (now.time_ns - before.time_ns) / 1e9;
    return was === undefined || !(seconds > 0) ? NaN : (Number(is) - Number(was)) / seconds;
  },

  showNone() {
    setText('instance', NONE);
    for (const id of ['uptime', 'heartbeat', 'mode', 'placement', 'process']) setText(id, NONE);
    setText('state', 'NO ENGINE');
    element('state').dataset.state = 'NONE';
    document.title = 'Apus: no engine';
  },

  show(now) {
    if (this.last && this.last.time_ns !== now.time_ns) this.before = this.last;
    this.last = now;
    const state = now.is_alive ? (now.control ? now.control.trading_state : 'STARTING') : 'GONE';
    setText('instance', now.instance);
    setText('state', state);
    element('state').dataset.state = now.is_alive ? state : 'HALTED';
    document.title = `${state} · ${now.instance} · Apus`;
    setText('uptime', duration(now.uptime_ns));
    setText('heartbeat', duration(now.heartbeat_age_ns));
    element('heartbeat').className =
      now.heartbeat_age_ns === null || now.heartbeat_age_ns > 1e9 ? 'bad' : '';
    setText('mode', now.mode || NONE);
    setText('placement', now.placement || NONE);
    setText('process', String(now.process_id));
    this.showStages(now);
    this.showRings(now);
    this.showRisk(now);
    this.showOutliers(now);
    this.showCounters();
    this.showTiles(now);
  },

  showStages(now) {
    const find = (name, key) => (one) =>
      (one.stages.find((stage) => stage.name === name) || {})[key];
    this.stages.update(now.stages.map((stage) => {
      const busy = this.rateOf(now, find(stage.name, 'busy_polls'));
      const polls = this.rateOf(now, find(stage.name, 'polls'));
      const isFresh = Number.isFinite(polls) && polls > 0;
      const duty = isFresh ? busy / polls
        : Number(stage.busy_polls) / Math.max(1, Number(stage.polls));
      return { ...stage, duty: Math.min(1, duty),
        work: this.rateOf(now, find(stage.name, 'work')) };
    }));
  },

  showRings(now) {
    const find = (name) => (one) =>
      (one.rings.find((ring) => ring.name === name) || {}).published;
    const rows = now.rings.map((ring) => ({ ...ring, rate: this.rateOf(now, find(ring.name)) }));
    const used = rows.filter((ring) => Number(ring.published) > 0);
    const share = (ring) => Number(ring.depth) / Math.max(1, Number(ring.capacity));
    const fullest = used.reduce((most, ring) => (share(ring) > share(most) ? ring : most),
      used[0]);
    this.rings.update(used);
    setText('rings-note', `${used.length} of ${rows.length} in use${
      fullest ? `; fullest: ${fullest.name}, ${percent(share(fullest))}` : ''}`);
  },

  showRisk(now) {
    const { control, counters } = now;
    const figure = (name) => money(counters[`risk_figure_${name}_e8`]);
    const stateClass = (state) =>
      ({ READY: 'good', REDUCING: 'warn', HALTED: 'bad' }[state] || 'dim');
    const pairs = control ? [
      ['operator', control.operator_state, stateClass(control.operator_state)],
      ['engine', control.engine_state, stateClass(control.engine_state)],
      ['reason', control.halt_reason || NONE, control.halt_reason ? 'bad' : 'dim'],
    ] : [['control page', 'none yet', 'bad']];
    const guards = Number(counters.risk_guards_refusing || 0);
    pairs.push(['guards refusing', count(guards), guards > 0 ? 'bad' : '']);
    pairs.push(['day: gain / loss', `${figure('day_gain')} / ${figure('day_loss')}`]);
    pairs.push(['value at risk: normal / historical',
      `${figure('var_parametric')} / ${figure('var_historical')}`]);
    setPairs('risk-state', pairs);
    const rows = [];
    let silent = 0;
    for (const [name, value] of Object.entries(counters)) {
      const [, refused] = /^risk_rejected_(.+)_total$/.exec(name) || [];
      if (refused && Number(value) === 0) silent += 1;
      if (name !== 'risk_approved_total' && (!refused || Number(value) === 0)) continue;
      rows.push({ name: refused ? refused.replaceAll('_', ' ') : 'approved', value,
        isRefusal: Boolean(refused), rate: this.rateOf(now, (one) => one.counters[name]) });
    }
    rows.sort((one, other) =>
      Number(one.isRefusal) - Number(other.isRefusal) || Number(other.value) - Number(one.value));
    this.verdicts.update(rows);
    setText('verdicts-note', `${silent} rules have refused nothing`);
  },

  showCounters() {
    const now = this.last;
    if (!now) return;
    const part = element('filter').value.trim().toLowerCase();
    const all = Object.entries(now.counters);
    const rows = all.filter(([name, value]) =>
      name.includes(part) && (element('zeros').checked || Number(value) !== 0));
    const columns = innerWidth >= 1450 ? 3 : innerWidth >= 900 ? 2 : 1;
    const height = Math.ceil(rows.length / columns);
    this.counters.forEach((table, place) => {
      table.table.hidden = place >= columns;
      const part = rows.slice(place * height, (place + 1) * height);
      table.update(part.map(([name, value]) => (
        { name, value, rate: this.rateOf(now, (one) => one.counters[name]) })));
    });
    setText('counters-note', `${rows.length} of ${all.length}`);
  },

  showTiles(now) {
    const messages = (one) => one.instruments.reduce((all, row) => all + Number(row.messages), 0);
    const perSecond = this.rateOf(now, messages);
    setText('tile-data', Number.isFinite(perSecond) ? `${rate(perSecond)}/s` : NONE);
    const stale = now.instruments.filter((row) => !row.is_book_valid).length;
    setText('tile-data-more', facts(`${count(messages(now))} messages`,
      `${now.instruments.length - stale} of ${now.instruments.length} books in sync`));
    const losses = Object.entries(now.counters)
      .filter(([name, value]) => LOSS.test(name) && Number(value) > 0)
      .sort((one, other) => Number(other[1]) - Number(one[1]));
    setText('tile-losses', count(losses.reduce((all, [, value]) => all + Number(value), 0)));
    element('tile-losses').className = `big ${losses.length > 0 ? 'warn' : 'good'}`;
    const stalls = Object.entries(now.counters).filter(([name]) => STALL.test(name))
      .reduce((all, [, value]) => all + Number(value), 0);
    setText('tile-losses-more', losses.length === 0
      ? `no gap, drop or hot allocation; ${count(stalls)} waits for a ring`
      : facts(...losses.slice(0, 3).map(([name, value]) =>
        `${name.replace(/_total$/, '').replaceAll('_', ' ')} ${count(value)}`)));
  },

  showCharts(all, span) {
    const intervals = all.filter((interval) => interval.endMs >= span.startMs);
    const means = {};
    for (const { duty } of intervals) {
      for (const [name, share] of Object.entries(duty)) means[name] = (means[name] || 0) + share;
    }
    const busiest = Object.keys(means).sort((one, other) => means[other] - means[one]).slice(0, 3);
    busiest.sort();
    this.duty.set(intervals, span, busiest.map((name, place) => ({
      name, colour: ['one', 'two', 'three'][place],
      value: ({ duty }) => (name in duty ? duty[name] : null) })));
  },
};
