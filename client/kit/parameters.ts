/**
 * The page's settings from its address, for kiosks, links and tests:
 *
 *   ?source=sound|microphone|file  ?sound=dog-in-wind  ?engine=local|auto|remote
 *   ?delay=low-delay|balanced|high-quality
 *   ?listening=original|explanation|rest  ?method=lmac  ?pack=everyday
 *   ?volume=0..100  ?loudness=matched|unchanged  ?headphones=yes  ?start=yes
 *   ?language=en|de  ?theme=light|dark|system, see language.ts and theme.ts
 *
 * `start=yes` begins at once, as far as the browser lets pages play sound without a press.
 * `engine=auto` is followed once the visitor agreed to it, see page/agreement.ts; this device until then.
 * An access token is behind the #, see `tokenOf`.
 * Unknown names and values are ignored: a stale link still opens the page.
 */
import {
  type DelaySetting,
  delaySettings,
  type EngineChoice,
  type Listening,
  listenings,
} from "../live/live-explainer.ts";

export type SourceKind = "sound" | "microphone" | "file";

export const engineChoices: readonly EngineChoice[] = ["local", "auto", "remote"];
/** Whether explanation and rest are made as loud as the original. */
export const loudnesses = ["matched", "unchanged"] as const;
export type Loudness = (typeof loudnesses)[number];
const sourceKinds: readonly SourceKind[] = ["sound", "microphone", "file"];

export interface Settings {
  readonly source: SourceKind;
  readonly sound: string;
  readonly engine: EngineChoice;
  /** Undefined: what was chosen last on this device. */
  readonly delay: DelaySetting | undefined;
  readonly listening: Listening;
  /** Name of the method, or undefined for the pack's default. */
  readonly method: string | undefined;
  /** Name of the pack, or undefined for the server's default. */
  readonly pack: string | undefined;
  /** 0 to 1. */
  readonly volume: number;
  /** Undefined: what was chosen last on this device. */
  readonly loudness: Loudness | undefined;
  /** Whether the microphone may play: without headphones it would hear itself. */
  readonly headphones: boolean;
  readonly start: boolean;
}

/**
 * The access token of `#token=...`, for servers that ask for one. Browsers send what is behind the # to nobody, so it
 * ends up in no log of a server or a proxy, as it would from the query.
 */
export function tokenOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? undefined;
}

/** `sounds`: the names of the built-in sounds, the first being the default. */
export function readSettings(search: string, sounds: readonly string[]): Settings {
  const query = new URLSearchParams(search);
  function oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    return values.find((value) => value === query.get(name));
  }
  const sound = oneOf("sound", sounds);
  const volume = Number.parseFloat(query.get("volume") ?? "");
  return {
    source: oneOf("source", sourceKinds) ?? "sound",
    sound: sound ?? sounds[0],
    engine: oneOf("engine", engineChoices) ?? "local",
    delay: oneOf("delay", delaySettings),
    listening: oneOf("listening", listenings) ?? "explanation",
    method: query.get("method") ?? undefined,
    pack: /^[a-z0-9-]+$/.exec(query.get("pack") ?? "")?.[0],
    volume: Number.isFinite(volume) ? Math.min(1, Math.max(0, volume / 100)) : 0.8,
    loudness: oneOf("loudness", loudnesses),
    headphones: query.get("headphones") === "yes",
    start: query.get("start") === "yes",
  };
}
