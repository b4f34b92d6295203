// What was traded and what came of it: profit, positions, orders, instruments, models, quality.

const trading = {
  position: memory.get('position'),

  start() {
    const group = {};
    const signed = (value) => money(value * 1e8, Math.abs(value) < 1000 ? 2 : 0);
    this.profit = new LineChart('profit-chart', {
      title: 'Profit and loss', group, legend: 'profit-legend', format: signed,
      series: [{ name: 'net of fees, quote currency', colour: 'one',
        value: (interval) => Number(interval.profit_e8) / 1e8 }],
    });
    this.held = new LineChart('position-chart', {
      title: 'Position', group, legend: 'position-legend', includesZero: true, series: [],
      format: (value) => fixed(value, this.decimals || 0),
    });
    const perSecond = (name) => (interval) =>
      (Number(interval[name]) * 1000) / Math.max(1, interval.endMs - interval.startMs);
    this.orders = new LineChart('orders-chart', {
      title: 'Orders, fills, rejects', group, legend: 'orders-legend', includesZero: true,
      format: (value) => `${rate(value)}/s`,
      series: [
        { name: 'orders', colour: 'one', value: perSecond('orders_sent') },
        { name: 'fills', colour: 'four', value: perSecond('fills') },
        { name: 'rejects', colour: 'bad', value: perSecond('rejects') },
      ],
    });
    element('position-of').addEventListener('change', (event) => {
      this.position = event.target.value;
      memory.set('position', this.position);
      refresh();
    });
    this.makeTables();
  },

  makeTables() {
    const amount = (title, key, hint) => ({
      title, hint, text: (row) => money(row[key]), style: (row) => signClass(row[key]) });
    this.instruments = new Table('instruments', [
      { title: 'instrument', left: true, name: true, sticky: true, text: (row) => row.symbol },
      { title: 'venue', left: true, text: (row) => row.venue },
      { title: 'bid', text: (row) => row.bid },
      { title: 'ask', text: (row) => row.ask },
      { title: 'book', left: true, text: (row) => (row.is_book_valid ? 'in sync' : 'NOT IN SYNC'),
        style: (row) => (row.is_book_valid ? 'dim' : 'bad') },
      { title: 'age', hint: 'since the last update', text: (row) => duration(row.age_ns) },
      { title: 'gaps', text: (row) => count(row.gaps),
        style: (row) => (Number(row.gaps) > 0 ? 'warn' : '') },
      { title: 'position', group: true, text: (row) => row.position },
      amount('net', 'profit_e8', 'realised and unrealised, less fees and funding'),
      amount('realised', 'realised_e8'),
      amount('unrealised', 'unrealised_e8'),
      { title: 'fees', text: (row) => money(row.fees_e8) },
      { title: 'open', group: true, hint: 'open orders', text: (row) => count(row.open_orders) },
      { title: 'sent', text: (row) => count(row.orders_sent) },
      { title: 'fills', text: (row) => count(row.fills) },
      { title: 'rejects', text: (row) => count(row.rejects),
        style: (row) => (Number(row.rejects) > 0 ? 'warn' : '') },
    ], { key: (row) => `${row.venue} ${row.symbol}`, empty: 'no instrument yet' });
    this.models = new Table('models', [
      { title: 'model', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: 'kind', left: true, text: (row) => row.kind },
      { title: 'state', left: true, text: (row) => row.state,
        style: (row) => ({ on: 'good', 'set aside': 'bad' }[row.state] || 'dim') },
      { title: 'share', text: (row) => percent(row.share) },
      { title: 'score', hint: 'the last one, basis points',
        text: (row) => (row.score_bps === null ? NONE : `${fixed(row.score_bps, 2)} bp`) },
      { title: 'judged', text: (row) => count(row.judged) },
      { title: 'accuracy', hint: 'signs that were right', text: (row) => percent(row.accuracy) },
      { title: 'IC', hint: 'correlation of score and return',
        text: (row) => fixed(row.information_coefficient, 3) },
      { title: 'slope', hint: 'return for each basis point of score; 1 is calibrated',
        text: (row) => fixed(row.calibration_slope, 2) },
      { title: 'drift', text: (row) => fixed(row.drift_psi, 3),
        style: (row) => (row.drift_psi > 0.25 ? 'bad' : row.drift_psi > 0.1 ? 'warn' : '') },
    ], { empty: 'the engine has no model' });
    this.makeQuality();
  },

  makeQuality() {
    const bps = (title, key, extra = {}) => (
      { title, ...extra, text: (row) => fixed(row[key], 2) });
    const amount = (title, key, isGain, extra = {}) => ({
      title, ...extra, text: (row) => fixed(Number(row[key]), 2),
      style: (row) => (isGain ? signClass(Number(row[key]).toFixed(2)) : '') });
    const names = [
      { title: 'instrument', left: true, name: true, sticky: true, text: (row) => row.symbol },
      { title: 'venue', left: true, text: (row) => row.venue },
      { title: 'strategy', text: (row) => row.strategy },
    ];
    const options = (empty) => ({
      empty, key: (row) => `${row.venue} ${row.symbol} ${row.strategy}`,
      rowClass: (row) => (row.venue === '' ? 'total' : '') });
    this.quality = new Table('quality', [
      ...names,
      { title: 'orders', text: (row) => count(row.orders_placed) },
      { title: 'filled', hint: 'of the quantity', text: (row) => percent(row.fill_ratio) },
      { title: 'cancelled', text: (row) => percent(row.cancel_ratio) },
      { title: 'expired', text: (row) => percent(row.expiry_ratio) },
      { title: 'rejected', text: (row) => percent(row.reject_ratio) },
      { title: 'maker', text: (row) => percent(row.maker_share) },
      { title: 'rested p50', hint: 'from placing to a first fill', text: (row) =>
        (Number(row.resting_fills) > 0 ? duration(row.resting_p50_ns) : NONE) },
      bps('slippage: decision', 'slippage_decision_bps', { group: true }),
      bps('arrival', 'slippage_arrival_bps'),
      bps('touch', 'slippage_touch_bps'),
      ...['100 ms', '1 s', '5 s', '30 s', '5 min'].map((horizon, place) => ({
        title: place === 0 ? `markout: ${horizon}` : horizon, group: place === 0,
        text: (row) => fixed((row.markouts[place] || {}).gain_bps, 2) })),
    ], options('no order yet'));
    this.attribution = new Table('attribution', [
      ...names,
      ...['delay', 'trading', 'opportunity', 'fees'].map((part, place) => amount(
        place === 0 ? `shortfall: ${part}` : part, `shortfall_${part}`, false,
        { group: place === 0 })),
      amount('sum', 'shortfall', false),
      bps('bps', 'shortfall_bps'),
      ...['spread', 'inventory', 'latency', 'fees', 'funding'].map((part, place) => amount(
        place === 0 ? `profit: ${part}` : part, `profit_${part}`, true, { group: place === 0 })),
      amount('sum', 'profit', true),
    ], options('no order yet'));
    this.features = new Table('features', [
      { title: 'feature', left: true, name: true, sticky: true, text: (row) => row.name },
      { title: 'horizon', text: (row) => roundDuration(row.horizon_ns) },
      { title: 'IC', hint: 'correlation of value and return',
        text: (row) => fixed(row.information_coefficient, 4) },
      { title: 'hit rate', text: (row) => percent(row.hit_rate) },
      { title: 'judged', text: (row) => count(row.count) },
    ], { key: (row) => `${row.name} ${row.horizon_ns}`, empty: 'no feature is followed' });
  },

  /** ", USDT" where that is what every instrument is paid in. */
  quoteOf(instruments) {
    const quotes = new Set(instruments.map(({ symbol }) => symbol.split('-')[1] || ''));
    return quotes.size === 1 && !quotes.has('') ? `, ${[...quotes][0]}` : '';
  },

  show(now) {
    this.instruments.update(now.instruments);
    this.models.update(now.models);
    this.quality.update(now.quality);
    this.attribution.update(now.quality);
    this.features.update([...now.features].sort((one, other) =>
      Math.abs(other.information_coefficient) - Math.abs(one.information_coefficient)));
    setText('features-note', now.features.length ? 'the most telling first' : '\u00a0');
    const sum = (key) => now.instruments.reduce((all, row) => all + Number(row[key]), 0);
    const profit = sum('profit_e8');
    const unit = this.quoteOf(now.instruments);
    setText('tile-profit-name', `Profit and loss${unit}`);
    setText('tile-profit', money(profit));
    element('tile-profit').className = `big ${signClass(money(profit) === '0.00' ? 0 : profit)}`;
    setText('tile-profit-more', facts(`realised ${money(sum('realised_e8'))}`,
      `unrealised ${money(sum('unrealised_e8'))}`, `fees ${money(sum('fees_e8'))}`));
    const figure = (name) => money(now.counters[`risk_figure_${name}_e8`]);
    setText('tile-exposure-name', `Exposure${unit}`);
    setText('tile-exposure', figure('exposure'));
    setText('tile-exposure-more',
      facts(`equity ${figure('equity')}`, `drawdown ${figure('drawdown')}`));
    setText('tile-orders', count(sum('orders_sent')));
    setText('tile-orders-more', facts(`${count(sum('fills'))} fills`,
      `${count(sum('rejects'))} rejects`, `${count(sum('open_orders'))} open`));
    const names = now.instruments.map((row) => `${row.venue} ${row.symbol}`);
    if (!names.includes(this.position)) this.position = names[0] || null;
    setOptions(element('position-of'), names.map((name) => [name, name]), this.position);
    const row = now.instruments.find((one) => `${one.venue} ${one.symbol}` === this.position);
    this.lot = row ? Number(row.lot) : 1;
    this.decimals = row ? (String(row.lot).split('.')[1] || '').length : 0;
  },

  showCharts(all, span) {
    const intervals = all.filter((interval) => interval.endMs >= span.startMs);
    this.profit.set(intervals, span);
    this.orders.set(intervals, span);
    this.held.set(intervals, span, [{ name: this.position || 'position', colour: 'five',
      value: (interval) => {
        const row = interval.positions.find(
          (one) => `${one.venue} ${one.symbol}` === this.position);
        return row ? Number(row.lots) * this.lot : null;
      } }]);
  },
};
