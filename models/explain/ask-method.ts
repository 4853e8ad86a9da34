/** How a method is asked about a window or a block: of which class, and what becomes of a class that it can't be asked about. */
import type { Pack } from "../pack/pack.ts";
import { type LoadedMethod, MethodInputError } from "../runtime/load-method.ts";
import type { Streaming } from "../runtime/streaming.ts";
import { strongestClass } from "./class-decision.ts";
import type { ExplainWindow } from "./listener.ts";

/**
 * Some methods explain only the class that wins a window (`target` of the pack's method is false). Asked about another:
 *
 * - "refuse": nothing is explained, and the error says so. What a caller wants who chose both method and class.
 * - "any-winner": every window's winner is explained all the same. To set such a method beside others on one question.
 * - "only-where-it-wins": windows that another class wins have nothing of it; their masks are zeros. To split a sound
 *   by a class that was heard in it, where the masks of other classes would be wrong.
 */
export type IfUnaskable = "refuse" | "any-winner" | "only-where-it-wins";

export interface MethodQuestion {
  /** The class to explain, by its label or its index in `pack.labels`; the winner of each window when left out or -1. */
  readonly target?: string | number | undefined;
  /** Default "refuse". */
  readonly ifUnaskable?: IfUnaskable | undefined;
}

/**
 * The index of the class in the pack; -1 is the winner of each window.
 *
 * @throws MethodInputError that lists the classes there are.
 */
export function targetIndex(pack: Pack, target: string | number = -1): number {
  const index = typeof target === "string" ? pack.labels.indexOf(target) : target;
  const known = Number.isInteger(index) && index >= (typeof target === "string" ? 0 : -1);
  if (!known || index >= pack.labels.length) {
    throw new MethodInputError(
      `pack ${pack.name} has no class ${JSON.stringify(target)}; it has: ${pack.labels.join(", ")}`,
    );
  }
  return index;
}

/**
 * The method as `SignalExplainer` asks it. Of a streaming pack what comes back remembers the sound that it is asked about: one
 * for every sound.
 *
 * @throws MethodInputError for a class that the pack doesn't have or, by default, that the method can't be asked about.
 */
export function askMethod(loaded: LoadedMethod, question: MethodQuestion = {}): ExplainWindow {
  const { pack, method } = loaded;
  const { ifUnaskable = "refuse" } = question;
  const target = targetIndex(pack, question.target);
  if (target >= 0 && !method.target && ifUnaskable === "refuse") {
    const askable = pack.methods.filter((each) => each.target).map(({ name }) => name);
    throw new MethodInputError(
      `method ${method.name} of pack ${pack.name} explains only the most probable class, not "${pack.labels[target]}"; ` +
        `leave the class out${askable.length > 0 ? `, or take ${askable.join(" or ")}` : ""}`,
    );
  }
  const asked = method.target ? target : -1;
  const mustWin = target >= 0 && !method.target && ifUnaskable === "only-where-it-wins";
  const run = loaded.streaming ? hearOn(loaded.streaming, pack, asked) : runWindows(loaded, asked);
  if (!mustWin) return run;
  const winning = async (...frames: Parameters<ExplainWindow>) => {
    const answer = await run(...frames);
    return { ...answer, mask: keptWhereItWins(pack, target, answer) };
  };
  return Object.assign(winning, { frames: run.frames });
}

function runWindows(loaded: LoadedMethod, target: number): ExplainWindow {
  return async (magnitudes, phases) => {
    const { probabilities, masks } = await loaded.run(magnitudes, 1, target, phases);
    return { probabilities, mask: masks };
  };
}

/** Remembers one sound: that whose blocks it is given. */
function hearOn(streaming: Streaming, { windowFrames }: Pack, target: number): ExplainWindow {
  let state = streaming.begin();
  const hear = async (magnitudes: Float32Array, phases?: Float32Array) => {
    const { probabilities, masks, states } = await streaming.hear(magnitudes, [state], target, phases);
    [state] = states;
    return { probabilities, mask: masks };
  };
  return Object.assign(hear, { frames: streaming.blocks.at(-1)! * windowFrames });
}

/** Zeros in windows, or blocks, that another class wins. */
function keptWhereItWins(
  pack: Pack,
  target: number,
  { probabilities, mask }: Awaited<ReturnType<ExplainWindow>>,
): Float32Array {
  const classes = pack.labels.length;
  const rows = probabilities.length / classes;
  const size = mask.length / rows;
  const out = mask.slice();
  for (let row = 0; row < rows; row++) {
    const winner = strongestClass(pack, probabilities.subarray(row * classes, (row + 1) * classes));
    if (winner !== target) out.fill(0, row * size, (row + 1) * size);
  }
  return out;
}
