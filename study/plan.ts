/**
 * What one participant hears in which order: clips that others have heard as often, in an order drawn by the name, methods
 * placed by a Latin square, attention checks in between. The same study, name and number give the same plan.
 */
import { type Random, seededBy } from "../lab/data/random.ts";
import type { StudyTrial, Tone } from "./protocol.ts";
import type { Study, StudyClip } from "./study-file.ts";

interface PlannedStimulus {
  readonly sound: string;
  /** The method's id; in an attention check "right" or "wrong". */
  readonly method: string;
}

export interface PlannedTrial {
  readonly id: string;
  readonly kind: "practice" | "rating" | "attention";
  readonly clip: string;
  readonly label: string;
  readonly original: string;
  readonly stimuli: readonly PlannedStimulus[];
}

export interface Plan {
  readonly practice?: PlannedTrial | undefined;
  readonly trials: readonly PlannedTrial[];
  /** [attempts][questions], each the order of its three tones. */
  readonly tones: readonly (readonly (readonly Tone[])[])[];
}

/** @param number how many joined before: consecutive participants share out the clips. */
export function planFor(study: Study, participant: string, number: number): Plan {
  const random = seededBy(study.seed, "participant", participant);
  const clips = random.shuffle(clipsOf(study, number));
  const orders = methodOrders(study.methods.length, random);
  const place = (clip: StudyClip, id: string, kind: "practice" | "rating", order: readonly number[]) => ({
    id,
    kind,
    clip: clip.id,
    label: clip.label,
    original: clip.original,
    stimuli: order.map((k) => ({ method: study.methods[k].id, sound: clip.sounds[study.methods[k].id] })),
  });
  // Names are given at the end, in the order of hearing, so that a check can't be told by its name.
  const trials: PlannedTrial[] = clips.map((clip, k) => place(clip, "", "rating", orders[k % orders.length]));
  for (const check of study.attention) {
    const stimuli = random.shuffle([
      { method: "right", sound: check.right },
      ...check.wrong.map((sound) => ({ method: "wrong", sound })),
    ]);
    const { id: clip, label, original } = check;
    // Never the first trial, where everybody pays attention.
    const at = trials.length === 0 ? 0 : 1 + random.integer(trials.length);
    trials.splice(at, 0, { id: "", kind: "attention", clip, label, original, stimuli });
  }
  const { practice, headphones } = study;
  return {
    practice: practice && place(practice, "practice", "practice", random.shuffle([...orders[0]])),
    trials: trials.map((trial, k) => ({ ...trial, id: `trial-${k + 1}` })),
    tones: Array.from({ length: headphones?.attempts ?? 0 }, () =>
      Array.from({ length: headphones?.questions ?? 0 }, () =>
        random.shuffle<Tone>(["plain", "quiet", "opposed"]),
      ),
    ),
  };
}

/** What of a planned trial the page may know. */
export function blindTrial({ id, label, original, stimuli }: PlannedTrial): StudyTrial {
  return { id, label, original, stimuli: stimuli.map(({ sound }) => sound) };
}

/** The next clips of one shuffled round after the other. */
function clipsOf({ clips, trials, seed }: Study, number: number): StudyClip[] {
  const round = seededBy(seed, "clips").shuffle([...clips]);
  return Array.from({ length: trials }, (_, k) => round[(number * trials + k) % round.length]);
}

/**
 * Rows of a Williams square in random order and with methods at random in it: within the first `count` rows every method
 * is at every place once, and over all rows each follows each other one equally often. An odd count needs twice as many.
 */
export function methodOrders(count: number, random: Random): number[][] {
  const names = random.shuffle(Array.from({ length: count }, (_, k) => k));
  const first = Array.from({ length: count }, (_, k) =>
    k % 2 === 0 ? (count - k / 2) % count : (k + 1) / 2,
  );
  const square = first.map((_, row) => first.map((value) => names[(value + row) % count]));
  const mirrored = square.map((row) => [...row].reverse());
  return count % 2 === 0 ? random.shuffle(square) : [...random.shuffle(square), ...random.shuffle(mirrored)];
}
