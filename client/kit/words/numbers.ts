/** Numbers, times and lists as people of one language read them. Every function takes any number and never shows NaN. */

const UNKNOWN = "–";

/** Formats write a hyphen. */
const withMinus = (text: string) => text.replace("-", "−");

export type Numbers = ReturnType<typeof numbersIn>;

/** `locale`: a BCP 47 tag, such as "de". */
export function numbersIn(locale: string) {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, useGrouping: false });
  const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const hundredths = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const shortest = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, useGrouping: false });
  const rules = new Intl.PluralRules(locale);
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const all = new Intl.ListFormat(locale, { type: "conjunction" });
  const order = new Intl.Collator(locale);
  const any = new Intl.ListFormat(locale, { type: "disjunction" });
  return {
    locale,

    /** 0.934 → "93 %"; tiny but not nothing is "<1 %", and short of certain is ">99 %". */
    percent(fraction: number): string {
      if (!Number.isFinite(fraction)) return UNKNOWN;
      if (fraction > 0 && fraction < 0.01) return "<1 %";
      if (fraction > 0.99 && fraction < 1) return ">99 %";
      return `${whole.format(Math.round(fraction * 100))} %`;
    },

    /** Whole milliseconds from 10 up, one decimal below. */
    milliseconds(ms: number | null): string {
      if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
      return `${Math.abs(ms) < 10 && !Number.isInteger(ms) ? tenths.format(ms) : whole.format(Math.round(ms))} ms`;
    },

    /** Hertz as kilohertz without trailing zeros: 500 → "0.5". */
    kilohertz(hz: number): string {
      return Number.isFinite(hz) ? shortest.format(hz / 1000) : UNKNOWN;
    },

    /** A rate a second, one decimal below 100. */
    rate(perSecond: number): string {
      if (!Number.isFinite(perSecond)) return UNKNOWN;
      return perSecond < 100 ? tenths.format(perSecond) : whole.format(perSecond);
    },

    count(value: number): string {
      return Number.isFinite(value) ? withMinus(whole.format(Math.round(value) || 0)) : UNKNOWN;
    },

    /** With one decimal. */
    oneDecimal(value: number): string {
      return Number.isFinite(value) ? tenths.format(value) : UNKNOWN;
    },

    /** With two decimals. */
    twoDecimals(value: number): string {
      return Number.isFinite(value) ? withMinus(hundredths.format(value)) : UNKNOWN;
    },

    /** One of two forms, as the language counts. */
    plural(value: number, one: string, other: string): string {
      return rules.select(value) === "one" ? one : other;
    },

    /** "a, b, and c". */
    listed(parts: readonly string[]): string {
      return all.format(parts);
    },

    /** "a, b, or c". */
    listedAny(parts: readonly string[]): string {
      return any.format(parts);
    },

    /** Negative when `a` comes before `b` in an alphabetical list. */
    order(a: string, b: string): number {
      return order.compare(a, b);
    },

    /** The time of day. */
    clock(date: Date): string {
      return clock.format(date);
    },

    /** Day and time of day. */
    date(date: Date): string {
      return dates.format(date);
    },
  };
}
