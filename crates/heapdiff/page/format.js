// Numbers, sizes and times as people read them; the same rules as the terminal's. No DOM.

const GROUPED = new Intl.NumberFormat("en-US");

/** `1234567` as `1,234,567`. */
export const thousands = (number) => GROUPED.format(number);

/** With a sign, but for zero: `+1,234`, `-5`, `0`. */
export const signed = (number) => (number > 0 ? "+" : "") + GROUPED.format(number);

/** A rate, as exact as is useful: `+83,886`, `+16`, `+0.25`, `-3.50`. */
export function rate(number) {
  if (Math.abs(number) >= 100 || Math.abs(number - Math.round(number)) < 0.005) return signed(Math.round(number));
  return (number > 0 ? "+" : "") + number.toFixed(2);
}

/** A standard error to two digits, rounded up: more would say nothing. */
export function errorBar(error) {
  const unit = 10 ** Math.max(Math.floor(Math.log10(Math.max(error, 1))) - 1, 0);
  return thousands(Math.ceil(error / unit) * unit);
}

/** What a cell says: where it is an estimate, with its standard error: `≈ +1,234,567 ± 30,000`. */
export function told(column, numbers) {
  const text = column.format(numbers[column.at]);
  const error = numbers[column.error] ?? 0;
  return error > 0 ? `≈ ${text} ± ${errorBar(error)}` : text;
}

/** A large amount of memory, always in the same unit: `12.3 MiB`. */
export const mebibytes = (bytes) => `${(bytes / 1048576).toFixed(1)} MiB`;

/** An amount of memory in the unit that suits it: `980 bytes`, `12.3 KiB`, `124.1 MiB`. */
export function size(bytes) {
  if (bytes < 1024) return `${thousands(bytes)} ${plural(bytes, "byte")}`;
  let amount = bytes;
  for (const unit of ["KiB", "MiB", "GiB"]) {
    amount /= 1024;
    if (amount < 1024) return `${amount.toFixed(1)} ${unit}`;
  }
  return `${(amount / 1024).toFixed(1)} TiB`;
}

/** `99.8 %`; what is not nothing never says 0.0. */
export function percent(share) {
  const text = (100 * share).toFixed(1);
  return share > 0 && text === "0.0" ? "< 0.1 %" : `${text} %`;
}

/** A time from microseconds, three digits or so: `304 µs`, `2.1 ms`, `4.2 s`, `3 min 5 s`, `2 h 5 min`. */
export function duration(us) {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1e6) return `${(us / 1e3).toFixed(us < 1e5 ? 1 : 0)} ms`;
  const s = us / 1e6;
  if (s < 60) return `${s.toFixed(1)} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min ${Math.floor(s % 60)} s`;
  const hours = Math.floor(min / 60);
  return hours < 48 ? `${hours} h ${min % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** What a DHAT clock counted, in its own unit. */
export const lifetime = (amount, unit) =>
  unit === "instructions" ? `${thousands(Math.round(amount))} instr.` : duration(amount);

const pad = (number) => String(number).padStart(2, "0");

/** The time of day here, `20:44:18`, from RFC 3339. */
export function clock(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? "" : `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** Day and time here: `2026-11-22 20:44:18`. */
export function moment(time) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "";
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock(time)}`;
}

export const plural = (count, word) => (Math.abs(count) === 1 ? word : `${word}s`);

/** The beginning of a text: a name may be 100 KB long, and a table has many. */
export const clip = (text, longest) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
