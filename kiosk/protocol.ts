/** The kiosk's settings, from a file that the server reads or from the page's address, and what a kiosk reports. */
import * as v from "valibot";

/** Below the page's own folder. */
export const KIOSK_PAGE = "kiosk";
export const KIOSK_SETTINGS_PATH = "kiosk/settings.json";
export const KIOSK_REPORT_PATH = "kiosk/report";
export const KIOSK_STATUS_PATH = "kiosk/status";
export const KIOSK_STATUS_JSON_PATH = "kiosk/status.json";

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const from = (least: number, most: number) =>
  v.pipe(v.number(`a number from ${least} to ${most}`), v.minValue(least), v.maxValue(most));

/** Every setting is one plain value, so that the same names serve in a file and in an address. */
const entries = {
  /** Tells kiosks apart in reports, metrics and logs. */
  name: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "small letters, digits and -, 32 at most")),
    "kiosk",
  ),
  language: v.optional(v.picklist(["en", "de"]), "en"),
  theme: v.optional(v.picklist(["dark", "light", "system"]), "dark"),
  /** Above everything; the product's name when left out. */
  title: v.optional(text(80)),
  /** What people read while the built-in sounds play. */
  invitation: v.optional(text(240)),
  source: v.optional(v.picklist(["microphone", "sounds"]), "microphone"),
  /** Part of the microphone's name; the system's own when left out or away. */
  microphone: v.optional(text(120)),
  /** What is not this device is the decision of whoever sets the kiosk up, and is said on the screen. */
  engine: v.optional(v.picklist(["local", "auto", "remote"]), "local"),
  delay: v.optional(v.picklist(["low-delay", "balanced", "high-quality"]), "balanced"),
  pack: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, "the name of a pack that the server has"))),
  method: v.optional(text(60)),
  listening: v.optional(v.picklist(["original", "explanation", "rest"]), "explanation"),
  /** Seconds of each of original and explanation in turn, so that people hear the difference; 0 stays with `listening`. */
  alternate: v.optional(from(0, 600), 0),
  /** Percent. */
  volume: v.optional(from(0, 100), 80),
  /** Whether explanation and rest are made as loud as the original. Left out: with headphones. */
  loudness: v.optional(v.picklist(["matched", "unchanged"])),
  /** Where the sound comes out. "speakers" in the microphone's room may howl: docs/kiosk.md. */
  output: v.optional(v.picklist(["headphones", "speakers"]), "headphones"),
  /** What visitors may change. */
  controls: v.optional(v.array(v.picklist(["listening", "class"])), []),
  /** Seconds without a touch or a sound until the built-in sounds play; 0 never. */
  idle: v.optional(from(0, 86_400), 60),
  /** Seconds of each built-in sound, and of listening to the room after it. */
  attract: v.optional(from(5, 600), 24),
  listen: v.optional(from(3, 600), 8),
  /** Percent, of the built-in sounds. */
  attractVolume: v.optional(from(0, 100), 50),
  /** Local time of the daily restart, or "never". */
  restart: v.optional(
    v.pipe(v.string(), v.regex(/^(([01]\d|2[0-3]):[0-5]\d|never)$/, 'a time such as "04:00", or "never"')),
    "04:00",
  ),
  /** Seconds between two reports to the server; 0 sends none. */
  report: v.optional(from(0, 86_400), 60),
} as const;

const kioskSchema = v.strictObject(entries);
export type KioskSettings = v.InferOutput<typeof kioskSchema>;
type KioskKey = keyof typeof entries;
const kioskKeys = Object.keys(entries) as readonly KioskKey[];

/** Names the setting, its value and what it may be. */
export class KioskSettingsError extends Error {
  override name = "KioskSettingsError";
}

/**
 * Checks settings and fills in what was left out.
 *
 * @param where they come from, for the error: a file's name, or "this address".
 * @throws KioskSettingsError
 */
export function kioskSettings(value: unknown, where: string): KioskSettings {
  const result = v.safeParse(kioskSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  if (key === null)
    throw new KioskSettingsError(`${where}: the settings must be an object such as {"idle": 60}`);
  if (!kioskKeys.includes(key.split(".")[0] as KioskKey)) {
    throw new KioskSettingsError(`${where}: there is no setting "${key}"; there are ${kioskKeys.join(", ")}`);
  }
  const wanted = issue.expected ? `${issue.expected.replaceAll(" | ", ", ")}` : issue.message;
  const what = issue.type === "picklist" ? `one of ${wanted.replace(/^\(|\)$/g, "")}` : issue.message;
  throw new KioskSettingsError(`${where}: "${key}" is ${JSON.stringify(issue.input)}; it should be ${what}`);
}

/**
 * Settings of an address such as `?idle=30&controls=listening,class`, as far as it names any; not yet checked. Names that
 * are no settings are left to others.
 */
export function kioskAddressSettings(search: string): Record<string, unknown> {
  const query = new URLSearchParams(search);
  const found: Record<string, unknown> = {};
  for (const key of kioskKeys) {
    const value = query.get(key);
    if (value === null) continue;
    if (key === "controls") found[key] = value.split(",").filter((each) => each !== "");
    else
      found[key] =
        isNumber(key) && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  return found;
}

const numbers: readonly KioskKey[] = [
  "alternate",
  "volume",
  "idle",
  "attract",
  "listen",
  "attractVolume",
  "report",
];
const isNumber = (key: KioskKey) => numbers.includes(key);

const count = v.pipe(v.number(), v.minValue(0), v.maxValue(1e15));

/** What a kiosk says of itself; never sound, spectra or what was heard. */
export const kioskReportSchema = v.strictObject({
  name: entries.name,
  state: v.picklist(["starting", "live", "attract", "recovering"]),
  engine: v.nullable(v.picklist(["local", "remote"])),
  /** "missing" or "denied": examples play instead. Pages of before did not tell. */
  microphone: v.optional(v.picklist(["there", "missing", "denied", "unused"])),
  /** Whether what is heard has masks; "away" as while a server is gone. Null while nothing runs. */
  explanation: v.optional(v.nullable(v.picklist(["coming", "here", "away"]))),
  uptimeSeconds: count,
  /** Starts of the sound that nobody asked for, and loads of the whole page, since the browser was opened. */
  recoveries: count,
  reloads: count,
  missedDeadlines: count,
  windowsDropped: count,
  /** Times that the output fed back into the microphone and was turned down. */
  howls: count,
  /** Of the page's JavaScript, where the browser tells. */
  heapMiB: v.nullable(count),
  /** Codes of the last problems, newest last. */
  problems: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/))), v.maxLength(10)),
});
export type KioskReport = v.InferOutput<typeof kioskReportSchema>;
