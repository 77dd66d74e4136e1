'use strict';
// Numbers for people: bytes, durations, times, shares. Pure; knows nothing of the page.

((page) => {
  const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const MINUTE_MS = 60_000;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;

  /** Three significant digits, without trailing zeros: 9.53, 95.3, 953, 20. */
  function short(value) {
    const size = Math.abs(value);
    return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
  }

  /** 12.4 MiB; a minus where it is negative. */
  function bytes(value) {
    if (!Number.isFinite(value)) return '–';
    let unit = 0;
    let rest = Math.abs(value);
    for (; rest >= 1023.5 && unit < UNITS.length - 1; unit++) rest /= 1024;
    const sign = value < 0 ? '−' : '';
    return `${sign}${unit === 0 ? Math.round(rest) : short(rest)} ${UNITS[unit]}`;
  }

  /** With its sign, as a change has it. */
  const change = (value) => (value > 0 ? `+${bytes(value)}` : bytes(value));

  /** 850 ms, 12 s, 3 min, 2.5 h, 4 days. */
  function duration(ms) {
    if (!Number.isFinite(ms)) return '–';
    if (ms < 1000) return `${ms < 10 ? short(ms) : Math.round(ms)} ms`;
    if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} s`;
    if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
    if (ms < 2 * DAY_MS) return `${short(Math.round((ms / HOUR_MS) * 10) / 10)} h`;
    return `${Math.round(ms / DAY_MS)} days`;
  }

  const clock = new Intl.DateTimeFormat(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
  const dayAndClock = new Intl.DateTimeFormat(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });

  /** A day, the same for every reader: 2026-05-31. */
  const day = (ms) => {
    const date = new Date(ms);
    const two = (number) => String(number).padStart(2, '0');
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  };

  /** A moment as a clock shows it, with its day where it is not near `now`. */
  function time(ms, now = Date.now()) {
    return (Math.abs(ms - now) < DAY_MS / 2 ? clock : dayAndClock).format(ms);
  }

  // The sign stays on the line of its number.
  const percent = (share) => (Number.isFinite(share) ? `${short(Math.round(share * 1000) / 10)}\u00a0%` : '–');
  const count = (value) => (Number.isFinite(value) ? value.toLocaleString('en') : '–');

  page.format = { bytes, change, duration, day, time, percent, count, short };
})((globalThis.memwatchPage ??= {}));
