// Tables whose rows are kept from one update to the next, so that nothing flickers, a selection of
// text stays, and the place that was scrolled to.

/**
 * columns: {title, text(row)} and, as wanted, left, name, sticky, group, hint (of the title),
 * style(row) (a class), fill(row) (0...1, a bar in the place of text), pick(row) (a button).
 */
class Table {
  constructor(id, columns, { key = (row) => row.name, empty = 'nothing yet', rowClass } = {}) {
    this.table = element(id);
    this.columns = columns;
    this.key = key;
    this.rowClass = rowClass;
    const head = this.table.createTHead().insertRow();
    for (const column of columns) {
      const cell = make('th', this.classes(column), column.title);
      cell.scope = 'col';
      if (column.hint) cell.title = column.hint;
      head.append(cell);
    }
    this.body = this.table.createTBody();
    this.rows = new Map();
    this.empty = make('tr');
    const cell = make('td', 'empty', empty);
    cell.colSpan = columns.length;
    this.empty.append(cell);
    this.update([]);
  }

  classes(column) {
    return ['left', 'name', 'sticky', 'group', 'fill'].filter((word) => column[word]).join(' ');
  }

  makeRow(key) {
    const node = make('tr');
    node.dataset.key = key;
    for (const column of this.columns) {
      const cell = make('td', this.classes(column));
      if (column.fill) {
        const level = make('span', 'level');
        level.append(make('i'));
        cell.append(level);
      } else if (column.pick) {
        cell.append(make('button', 'pick'));
        cell.firstChild.type = 'button';
        cell.firstChild.addEventListener('click', () => column.pick(key));
      }
      node.append(cell);
    }
    return node;
  }

  update(rows) {
    const wanted = [];
    const seen = new Set();
    for (const row of rows) {
      const key = this.key(row);
      if (seen.has(key)) continue;
      seen.add(key);
      if (!this.rows.has(key)) this.rows.set(key, this.makeRow(key));
      const node = this.rows.get(key);
      this.fill(node, row);
      wanted.push(node);
    }
    for (const key of [...this.rows.keys()]) if (!seen.has(key)) this.rows.delete(key);
    if (wanted.length === 0) wanted.push(this.empty);
    const now = this.body.children;
    if (wanted.length !== now.length || wanted.some((node, place) => node !== now[place])) {
      this.body.replaceChildren(...wanted);
    }
  }

  fill(node, row) {
    const rowClass = this.rowClass ? this.rowClass(row) : '';
    if (node.className !== rowClass) node.className = rowClass;
    this.columns.forEach((column, place) => {
      const cell = node.children[place];
      if (column.fill) {
        const share = Math.max(0, Math.min(1, column.fill(row)));
        const width = `${(100 * share).toFixed(1)}%`;
        const bar = cell.firstChild.firstChild;
        if (bar.style.width !== width) bar.style.width = width;
        cell.firstChild.dataset.full = String(Boolean(column.isFull && column.isFull(row)));
        return;
      }
      setText(column.pick ? cell.firstChild : cell, column.text(row));
      if (column.style) {
        cell.className = `${this.classes(column)} ${column.style(row) || ''}`.trim();
      }
    });
  }
}

/** A list of names and values; the values may have a class. */
function setPairs(id, pairs) {
  const list = element(id);
  while (list.children.length > 2 * pairs.length) list.lastChild.remove();
  while (list.children.length < 2 * pairs.length) {
    list.append(make(list.children.length % 2 === 0 ? 'dt' : 'dd'));
  }
  pairs.forEach(([name, value, className], place) => {
    setText(list.children[2 * place], name);
    const node = list.children[2 * place + 1];
    setText(node, value);
    node.className = className || '';
  });
}

/** Makes the options of a select be `options`, [value, text], and keeps what is chosen. */
function setOptions(select, options, chosen) {
  const same = select.options.length === options.length
    && options.every(([value], place) => select.options[place].value === value);
  if (!same) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
  if (chosen !== undefined && select.value !== chosen) select.value = chosen;
}
