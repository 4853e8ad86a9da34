/**
 * From the probabilities of overlapping windows to events: a class counts when it reaches its threshold in n of m
 * windows, classes that overlap make one event, and a class that was just reported waits for its cool-down. That holds
 * whether classes exclude each other or several are heard at once: each is counted by itself, by its own threshold.
 * Pure: no clock, no sound; times are seconds of the sound itself.
 */

import { rankedClasses } from "../models/explain/class-decision.ts";
import { type Parents, parentsAmong } from "../models/pack/class-tree.ts";
import type { DetectedEvent } from "./event.ts";
import type { EventClass } from "./protocol.ts";

export interface DetectorOptions {
  /** Class names in the order of the probabilities. */
  readonly labels: readonly string[];
  /** Classes that never make an event, such as the pack's "other". */
  readonly ignored?: readonly string[];
  /** For every class that has no threshold of its own. */
  readonly threshold: number;
  readonly thresholds?: ReadonlyMap<string, number>;
  /** The classes' tree, by their indexes: of an event's classes the special is named before the general. */
  readonly parents?: Parents | undefined;
  /** At least `hits` of `of` windows in a row. */
  readonly confirm: { readonly hits: number; readonly of: number };
  /** Seconds from one window to the next. */
  readonly stride: number;
  /** Seconds without a hit after which a class has ended. */
  readonly gap: number;
  /** Seconds after a class's end in which it opens no new event. */
  readonly coolDown: number;
  /** Seconds after which an event is cut; the next begins at once. */
  readonly longest: number;
}

interface WindowScores {
  /** Middle of the window, in seconds. */
  readonly centre: number;
  /** [classes]; means nothing when the window is silent. */
  readonly probabilities: ArrayLike<number>;
  readonly silent: boolean;
}

interface Hit {
  readonly centre: number;
  readonly probability: number;
}

interface Track {
  readonly label: string;
  readonly index: number;
  readonly threshold: number;
  /** Of the last windows, null where the class stayed below its threshold. */
  recent: (Hit | null)[];
  /** Hits before this time open nothing. */
  coolUntil: number;
  /** Hits before this time prolong the cool-down: they are of the event that was reported already. */
  carriedUntil: number;
  /** In the open event: all hits, merged. */
  open?: { first: number; last: number; sum: number; peak: number; count: number } | undefined;
}

/** Windows that reached a threshold and made no event. */
interface Withheld {
  /** Too few in a row. */
  readonly unconfirmed: number;
  /** In the cool-down of their class. */
  readonly cooling: number;
}

/** What a detector knows between two events, for one that goes on in its place. */
export interface DetectorState {
  /** By class: hits before these seconds open nothing. */
  readonly cool: Readonly<Record<string, number>>;
  /**
   * Classes whose event ended because the sound did. If the sound goes on, and they with it, that is the same event and no
   * other; until these seconds at the latest.
   */
  readonly carried: Readonly<Record<string, number>>;
}

/** The same for one whose times count from `seconds` earlier. */
export function laterState({ cool, carried }: DetectorState, seconds: number): DetectorState {
  const later = (times: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(times).map(([label, time]) => [label, time + seconds]));
  return { cool: later(cool), carried: later(carried) };
}

export class Detector {
  readonly #tracks: Track[];
  readonly #options: DetectorOptions;
  #unconfirmed = 0;
  #cooling = 0;
  /** Middle of the newest window. */
  #last = 0;

  /** @throws RangeError for options that no detector can have. */
  constructor(options: DetectorOptions) {
    const { hits, of } = options.confirm;
    if (!Number.isInteger(hits) || !Number.isInteger(of) || hits < 1 || of < hits) {
      throw new RangeError(`confirmation by ${hits} of ${of} windows is impossible; 2 of 3 would be right`);
    }
    this.#options = options;
    const ignored = new Set(options.ignored ?? []);
    this.#tracks = options.labels.flatMap((label, index) =>
      ignored.has(label)
        ? []
        : [
            {
              label,
              index,
              threshold: options.thresholds?.get(label) ?? options.threshold,
              recent: [],
              coolUntil: Number.NEGATIVE_INFINITY,
              carriedUntil: Number.NEGATIVE_INFINITY,
            },
          ],
    );
  }

  get withheld(): Withheld {
    return { unconfirmed: this.#unconfirmed, cooling: this.#cooling };
  }

  /** Classes of the event that is open now. */
  get heard(): readonly string[] {
    return this.#tracks.filter(({ open }) => open).map(({ label }) => label);
  }

  /** When the earliest hit was that may still become part of an event; undefined when there is none. */
  get undecidedSince(): number | undefined {
    const firsts = this.#tracks.flatMap(({ open, recent }) => [
      ...(open ? [open.first] : []),
      ...recent.filter((hit) => hit !== null).map(({ centre }) => centre),
    ]);
    return firsts.length > 0 ? Math.min(...firsts) : undefined;
  }

  /** Means something when nothing is undecided, or after `finish`. */
  get state(): DetectorState {
    const times = (key: "coolUntil" | "carriedUntil") =>
      Object.fromEntries(
        this.#tracks.flatMap((track) => (Number.isFinite(track[key]) ? [[track.label, track[key]]] : [])),
      );
    return { cool: times("coolUntil"), carried: times("carriedUntil") };
  }

  /** Before the first window: goes on in the place of another. */
  resume({ cool, carried }: DetectorState): void {
    for (const track of this.#tracks) {
      track.coolUntil = cool[track.label] ?? Number.NEGATIVE_INFINITY;
      track.carriedUntil = carried[track.label] ?? Number.NEGATIVE_INFINITY;
    }
  }

  /** Takes the next window, in order of time; returns the event that it ended, if it ended one. */
  push(window: WindowScores): DetectedEvent | undefined {
    this.#last = window.centre;
    for (const track of this.#tracks) this.#follow(track, window);
    const open = this.#tracks.filter((track) => track.open);
    if (open.length === 0) return undefined;
    const first = Math.min(...open.map((track) => track.open!.first));
    const last = Math.max(...open.map((track) => track.open!.last));
    if (window.centre - last > this.#options.gap) return this.#close(false);
    if (window.centre - first >= this.#options.longest) return this.#close(true);
    return undefined;
  }

  /** The sound has ended: what is open ends with it. */
  finish(): DetectedEvent | undefined {
    const open = this.#tracks.filter((track) => track.open);
    const until = this.#last + this.#options.longest;
    for (const track of open) track.carriedUntil = until;
    const event = this.#close(false);
    for (const track of open) track.coolUntil = Math.max(track.coolUntil, this.#last + this.#rest);
    return event;
  }

  /** Seconds without a hit after which one is surely another event's. */
  get #rest(): number {
    const { gap, coolDown, stride } = this.#options;
    return Math.max(gap + stride, coolDown + stride / 2);
  }

  #follow(track: Track, { centre, probabilities, silent }: WindowScores): void {
    const { hits, of } = this.#options.confirm;
    const probability = probabilities[track.index];
    let hit: Hit | null = !silent && probability >= track.threshold ? { centre, probability } : null;
    if (hit && track.open) {
      const { open } = track;
      open.last = centre;
      open.sum += probability;
      open.peak = Math.max(open.peak, probability);
      open.count++;
      return;
    }
    if (hit && centre < track.coolUntil) {
      this.#cooling++;
      hit = null;
      if (centre < track.carriedUntil) track.coolUntil = Math.max(track.coolUntil, centre + this.#rest);
    }
    track.recent.push(hit);
    if (track.recent.length > of && track.recent.shift()) this.#unconfirmed++;
    const found = track.recent.filter((each) => each !== null);
    if (track.open || found.length < hits) return;
    track.recent = [];
    track.open = {
      first: found[0].centre,
      last: found[found.length - 1].centre,
      sum: found.reduce((sum, each) => sum + each.probability, 0),
      peak: Math.max(...found.map((each) => each.probability)),
      count: found.length,
    };
  }

  #close(continues: boolean): DetectedEvent | undefined {
    const half = this.#options.stride / 2;
    const classes: EventClass[] = [];
    for (const track of this.#tracks) {
      const { open } = track;
      if (!open) continue;
      classes.push({
        label: track.label,
        start: open.first - half,
        end: open.last + half,
        confidence: open.sum / open.count,
        peak: open.peak,
        windows: open.count,
      });
      track.open = undefined;
      track.recent = [];
      // What is only cut goes on at once.
      if (!continues) track.coolUntil = open.last + half + this.#options.coolDown;
    }
    if (classes.length === 0) return undefined;
    return {
      start: Math.min(...classes.map(({ start }) => start)),
      end: Math.max(...classes.map(({ end }) => end)),
      classes: this.#surestFirst(classes),
      continues,
    };
  }

  #surestFirst(found: readonly EventClass[]): EventClass[] {
    const tracks = found.map(({ label }) => this.#tracks.find((track) => track.label === label)!);
    const classes = {
      labels: found.map(({ label }) => label),
      threshold: this.#options.threshold,
      thresholds: tracks.map(({ threshold }) => threshold),
      parents:
        this.#options.parents &&
        parentsAmong(
          this.#options.parents,
          tracks.map(({ index }) => index),
        ),
    };
    const confidences = found.map(({ confidence }) => confidence);
    return rankedClasses(classes, confidences).map(({ index }) => found[index]);
  }
}
