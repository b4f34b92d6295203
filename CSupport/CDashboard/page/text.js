'use strict';
// Part of Apus. SPDX-License-Identifier: Apache-2.0
// Numbers as text, with their units, and the page's elements. Everything that comes from the
// engine reaches the page as text, never as markup.

const NONE = '–';
const element = (id) => document.getElementById(id);

/** Sets text and nothing else; leaves the page alone where it is the same. */
function setText(target, text) {
  const node = typeof target === 'string' ? element(target) : target;
  if (node.textContent !== text) node.textContent = text;
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Three significant digits: "1.25", "12.5", "125". */
function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** Nanoseconds with the unit that suits them: "850 ns", "1.25 µs", "3.20 s". */
function duration(ns) {
  if (ns === null || ns === undefined || !Number.isFinite(Number(ns))) return NONE;
  const value = Number(ns);
  if (value < 1000) return `${Math.round(value)} ns`;
  if (value < 999500) return `${digits(value / 1e3)} µs`;
  if (value < 999.5e6) return `${digits(value / 1e6)} ms`;
  if (value < 60e9) return `${digits(value / 1e9)} s`;
  const seconds = Math.floor(value / 1e9);
  const pair = (major, minor, first, second) =>
    `${Math.floor(seconds / major)} ${first} ${Math.floor((seconds % major) / minor)} ${second}`;
  if (seconds < 3600) return pair(60, 1, 'min', 's');
  if (seconds < 86400) return pair(3600, 60, 'h', 'min');
  return pair(86400, 3600, 'd', 'h');
}

/** The same without zeros behind it, for round times: "5 µs", "10 min". */
const roundDuration = (ns) =>
  duration(ns).replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ').replace(/ 0 (s|min|h)$/, '');

/** "1,234,567", exact also beyond 2^53. */
const count = (value) =>
  value === null || value === undefined ? NONE : value.toLocaleString('en-US');

/** Events a second: "0", "0.25", "12.5", "8,123", "1.25 M". */
function rate(value) {
  if (!Number.isFinite(value)) return NONE;
  if (value < 0.005) return '0';
  if (value < 100) return digits(value);
  if (value < 1e6) return count(Math.round(value));
  return value < 1e9 ? `${digits(value / 1e6)} M` : `${digits(value / 1e9)} G`;
}

/** Money of 1e-8 units with two digits. */
function money(e8, digitCount = 2) {
  if (e8 === null || e8 === undefined || !Number.isFinite(Number(e8))) return NONE;
  const value = Number(e8) / 1e8;
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digitCount, maximumFractionDigits: digitCount,
  });
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

const signClass = (value) => (Number(value) < 0 ? 'bad' : Number(value) > 0 ? 'good' : '');

function fixed(value, digitCount) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = Math.abs(value).toFixed(digitCount);
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

const percent = (share, digitCount = 1) =>
  share === null || share === undefined || !Number.isFinite(share)
    ? NONE : `${(100 * share).toFixed(digitCount)} %`;

/** Bytes of a whole number of KiB, or fewer. */
function bytes(value) {
  const size = Number(value);
  if (size >= 1048576) return `${digits(size / 1048576).replace(/\.0+$/, '')} MiB`;
  return size >= 1024 ? `${digits(size / 1024).replace(/\.0+$/, '')} KiB` : `${size} B`;
}

function clockTime(ms) {
  const two = (value) => String(value).padStart(2, '0');
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** JSON whose whole numbers beyond 2^53 stay exact, but for times and money, which are rounded. */
function parseJSON(text) {
  return JSON.parse(text, (key, value, context) =>
    typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER
      && !/_(ns|e8)$/.test(key) && context && /^-?\d+$/.test(context.source)
      ? BigInt(context.source) : value);
}

/** A choice that this browser remembers, where it may. */
const memory = {
  get(name) {
    try { return localStorage.getItem(`apus.${name}`); } catch { return null; }
  },
  set(name, value) {
    try { localStorage.setItem(`apus.${name}`, value); } catch { /* Then until it is closed. */ }
  },
};
