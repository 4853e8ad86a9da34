/** How a method is asked about one window: of which class, and what becomes of a class that it can't be asked about. */
import type { Pack } from "../pack/pack.ts";
import { type LoadedMethod, MethodInputError } from "../runtime/load-method.ts";
import { strongestClass } from "./class-decision.ts";
import type { ExplainWindow } from "./signal-explainer.ts";

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
 * The method as `SignalExplainer` asks it.
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
  return async (magnitudes, phases) => {
    const { probabilities, masks } = await loaded.run(magnitudes, 1, asked, phases);
    const saysNothing = mustWin && strongestClass(pack, probabilities) !== target;
    return { probabilities, mask: saysNothing ? new Float32Array(masks.length) : masks };
  };
}
