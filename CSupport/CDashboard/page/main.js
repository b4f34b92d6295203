// Asks the API once a second and shows what it says; waits longer after each failure.

const HISTORY_MAX = 600;
const WAITS_MS = [1000, 2000, 4000, 8000, 15000];
const TIMEOUT_MS = 10000;

const page = {
  intervals: [], span: null, failures: 0, timer: 0, isAsking: false, isAgain: false,
};

async function ask(path) {
  const response = await fetch(path, {
    cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${path.split('?')[0]} answered ${response.status}`);
  return parseJSON(await response.text());
}

/** Takes in intervals that are newer than the last one, each with its times in ms. */
function append(intervals, more) {
  for (const interval of more) {
    const last = intervals.at(-1);
    if (last && interval.end_ns <= last.end_ns) continue;
    interval.startMs = interval.start_ns / 1e6;
    interval.endMs = interval.end_ns / 1e6;
    interval.isNewRun = interval.is_new_run === true;
    intervals.push(interval);
  }
  if (intervals.length > HISTORY_MAX) intervals.splice(0, intervals.length - HISTORY_MAX);
}

const lastEnd = (intervals) => (intervals.length ? intervals.at(-1).end_ns : 0);

async function askHeat() {
  const since = latency.heat.name === latency.chosen ? lastEnd(latency.heat.intervals) : 0;
  const name = encodeURIComponent(latency.chosen);
  latency.takeHeat(await ask(`/api/heat?histogram=${name}&since=${since}`));
}

async function update() {
  const since = lastEnd(page.intervals);
  const [status, histograms, history] = await Promise.all([
    ask('/api/status'), ask('/api/histograms'), ask(`/api/history?since=${since}`)]);
  append(page.intervals, history.intervals);
  if (histograms.engine !== null) {
    latency.settle(histograms.histograms);
    latency.showHops(histograms);
  }
  show(status);
  if (histograms.engine === null || latency.chosen === null) return;
  await askHeat();
  latency.showHeat(page.span);
}

function show(status) {
  const now = status.engine;
  if (now === null) {
    engine.showNone();
  } else {
    engine.show(now);
    trading.show(now);
  }
  setStale(now === null || !now.is_alive);
  const isReducing = now && now.control && now.control.trading_state === 'REDUCING';
  const reason = isReducing && now.control.halt_reason
    ? `${status.reason}: ${now.control.halt_reason}` : status.reason;
  setBanner(status.is_healthy ? (isReducing ? 'warn' : 'none') : 'bad', reason);
  setOptions(element('span'), SPANS.map((number) => (
    [String(number), roundDuration(number * status.interval_ns)])), String(latency.span));
  const endMs = Math.max(lastEnd(page.intervals), now ? now.time_ns : 0) / 1e6 || Date.now();
  page.span = { startMs: endMs - (latency.span * status.interval_ns) / 1e6, endMs };
  for (const part of [latency, trading, engine]) part.showCharts(page.intervals, page.span);
}

function setBanner(level, text) {
  element('banner').dataset.level = level;
  setText('banner', text);
}

/** Figures that are not of now are dimmed. */
function setStale(isStale) { element('content').dataset.stale = String(isStale); }

function setPulse(isOK, text) {
  element('pulse').dataset.ok = String(isOK);
  setText('pulse', text);
}

/** Asks now, or once more as soon as the answers that are under way have come. */
async function refresh() {
  if (page.isAsking) {
    page.isAgain = true;
    return;
  }
  clearTimeout(page.timer);
  page.isAsking = true;
  let waitMs = WAITS_MS[0];
  try {
    await update();
    page.failures = 0;
    setPulse(true, 'live');
  } catch (error) {
    waitMs = WAITS_MS[Math.min(page.failures, WAITS_MS.length - 1)];
    page.failures += 1;
    setStale(true);
    setPulse(false, `retry in ${waitMs / 1000} s`);
    setBanner('bad', `The monitor does not answer (${error.message}); the figures are old.`);
  }
  page.isAsking = false;
  if (page.isAgain) {
    page.isAgain = false;
    refresh();
    return;
  }
  // A page that nobody sees asks seldom; it asks at once when it is seen again.
  page.timer = setTimeout(refresh, document.hidden ? 15000 : waitMs);
}

const theme = {
  order: ['auto', 'light', 'dark'],
  set(name) {
    document.documentElement.dataset.theme = name;
    setText('theme', `Theme: ${name}`);
    colours.read();
    for (const plot of [latency.chart, latency.map, trading.profit, trading.held, trading.orders,
      engine.duty]) plot.draw();
  },
  start() {
    const remembered = memory.get('theme');
    this.set(this.order.includes(remembered) ? remembered : 'auto');
    element('theme').addEventListener('click', () => {
      const now = this.order.indexOf(document.documentElement.dataset.theme);
      const next = this.order[(now + 1) % this.order.length];
      memory.set('theme', next);
      this.set(next);
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
      this.set(document.documentElement.dataset.theme));
  },
};

colours.read();
latency.start();
trading.start();
engine.start();
theme.start();
document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
refresh();
