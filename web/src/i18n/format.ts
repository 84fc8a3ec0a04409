/** Numbers and times as people write them. */

import { settings } from "../state/settings.svelte";

const locale = () => (settings.language === "ko" ? "ko-KR" : "en-US");

/** What writes numbers and times takes long to make, and tables ask for it by the thousand: each is made once. */
function kept<Format>(make: (locale: string, options: object) => Format): (options: object) => Format {
  const made = new Map<string, Format>();
  return (options) => {
    const key = locale() + JSON.stringify(options);
    const format = made.get(key) ?? make(locale(), options);
    made.set(key, format);
    return format;
  };
}
const numbers = kept((locale, options) => new Intl.NumberFormat(locale, options));
const distances = kept((locale, options) => new Intl.RelativeTimeFormat(locale, options));
const moments = kept((locale, options) => new Intl.DateTimeFormat(locale, options));

/** Bytes, as computers count them. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${numbers({ maximumFractionDigits: digits }).format(value)} ${units[unit]}`;
}

export function number(value: number, digits = 0): string {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

const two = (large: number, unit: string, small: number, part: string) =>
  small === 0 ? `${number(large)}${unit}` : `${number(large)}${unit} ${small}${part}`;

/** How long something took, in its two largest units: `340 ms`, `2.4 s`, `3 min 5 s`, `2 h`, `7 d`. */
export function duration(millis: number): string {
  const [s, min, h, d] = settings.language === "ko" ? ["초", "분", "시간", "일"] : [" s", " min", " h", " d"];
  if (millis < 1000) return settings.language === "ko" ? `${number(millis / 1000, 2)}초` : `${Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)}${s}`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return two(Math.floor(whole / 60), min, whole % 60, s);
  if (whole < 86_400) return two(Math.floor(whole / 3600), h, Math.floor(whole / 60) % 60, min);
  return two(Math.floor(whole / 86_400), d, Math.floor(whole / 3600) % 24, h);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** How long ago, or how soon: `3 minutes ago`. */
export function since(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  const format = distances({ numeric: "auto", style: "short" });
  return format.format(unit === "second" && Math.abs(seconds) < 5 ? 0 : Math.trunc(seconds / length), unit as Intl.RelativeTimeFormatUnit);
}

/** How old, or how long, in its largest unit: `3d`. */
export function span(seconds: number): string {
  const [unit, length] = STEPS.find(([, length]) => seconds >= length) ?? ["second", 1];
  const format = numbers({ style: "unit", unit, unitDisplay: "narrow" });
  return format.format(Math.max(0, Math.trunc(seconds / length)));
}

/** A moment in full, in this browser's time zone. */
export function moment(time: string): string {
  return moments({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(time));
}

/** The time of day, for lines of a log. */
export function clockTime(time: string): string {
  const at = new Date(time);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
