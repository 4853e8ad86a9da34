/** The one or two explanations of a moment that are shown, and the asking for others. */
import type { Moment } from "../../../live/live-explainer.ts";
import type { MomentAnswer } from "../explain-moment.ts";
import type { MomentClient } from "../moment-client.ts";
import type { MomentVersion } from "../version.ts";
import type { MomentEvents } from "./moment-events.ts";
import type { SideState } from "./moment-side.ts";

type Choice = MomentEvents["choose-version"];

/** Explanations kept beside those that are shown: some 3 MB each. */
const MOST_KEPT = 8;

export class MomentSides {
  readonly #moment: Moment;
  readonly #client: MomentClient;
  readonly #onChange: () => void;
  /** By what was asked, the ones asked for longest ago first; with the classifier's word about them. */
  readonly #known = new Map<string, MomentVersion>();
  /** What is being worked on. */
  readonly #asked = new Set<string>();
  #sides: SideState[];

  constructor(moment: Moment, client: MomentClient, onChange: () => void) {
    this.#moment = moment;
    this.#client = client;
    this.#onChange = onChange;
    const { method, target } = this.#heard;
    const { original, explanation, rest, mask, states } = moment;
    const sounds = { original, explanation, rest };
    const version = { heard: true, method, target, sounds, mask, states, windows: [] };
    this.#sides = [{ heard: true, method, target, progress: null, problem: null, version }];
  }

  /** Asks the classifier about what was heard. */
  begin(): void {
    this.choose(0, { heard: true, ...this.#heard });
  }

  get sides(): readonly SideState[] {
    return this.#sides;
  }

  get #heard(): Omit<Choice, "heard"> {
    const { method, target } = this.#moment.facts;
    return { method, target };
  }

  get busy(): boolean {
    return this.#asked.size > 0;
  }

  /** Explains a side otherwise; what it shows stays until that is there. */
  choose(side: number, choice: Choice): void {
    const key = keyOf(choice);
    const version = this.#known.get(key);
    const before = this.#sides[side];
    this.#set(side, {
      ...before,
      ...choice,
      problem: null,
      progress: version ? null : 0,
      version: version ?? before.version,
    });
    if (!version && !this.#asked.has(key)) void this.#ask(key, choice);
  }

  /** Shows a second side: by the pack's next method, or where there is one alone by that, asked anew. */
  compare(): void {
    const { methods } = this.#moment.pack;
    const [first] = this.#sides;
    const at = methods.findIndex(({ name }) => name === first.method);
    const { name, target } = methods[(at + 1) % methods.length];
    this.#sides = [first, first];
    this.choose(1, { heard: false, method: name, target: target ? first.target : -1 });
  }

  /** Shows one of two sides alone. */
  single(side: number): void {
    this.#sides = [this.#sides[side]];
    this.#onChange();
  }

  async #ask(key: string, choice: Choice): Promise<void> {
    const { original, explanation, pack } = this.#moment;
    this.#asked.add(key);
    const question = { original, target: choice.target, heard: choice.heard ? explanation : null };
    try {
      const answer = await this.#client.explain(pack.url, choice.method, question, (progress) =>
        this.#update(key, { progress }),
      );
      const version = this.#versionOf(choice, answer);
      this.#keep(key, version);
      this.#asked.delete(key);
      this.#update(key, { progress: null, version });
    } catch (error) {
      this.#asked.delete(key);
      this.#update(key, { progress: null, problem: error instanceof Error ? error.message : String(error) });
    }
  }

  #versionOf({ heard, method, target }: Choice, answer: MomentAnswer): MomentVersion {
    const { original, explanation, rest, mask, states } = this.#moment;
    if (heard || !answer.mask) {
      return {
        heard,
        method,
        target,
        sounds: { original, explanation, rest },
        mask,
        states,
        windows: answer.windows,
      };
    }
    const left = original.map((sample, n) => sample - answer.explanation[n]);
    const sounds = { original, explanation: answer.explanation, rest: left };
    return { heard, method, target, sounds, mask: answer.mask, windows: answer.windows };
  }

  #keep(key: string, version: MomentVersion): void {
    this.#known.set(key, version);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) return;
      if (!this.#sides.some((side) => keyOf(side) === old)) this.#known.delete(old);
    }
  }

  /** Of all sides that show what was asked. */
  #update(key: string, change: Partial<SideState>): void {
    this.#sides = this.#sides.map((side) => (keyOf(side) === key ? { ...side, ...change } : side));
    this.#onChange();
  }

  #set(side: number, state: SideState): void {
    this.#sides = this.#sides.map((each, k) => (k === side ? state : each));
    this.#onChange();
  }
}

function keyOf({ heard, method, target }: Choice): string {
  return heard ? "heard" : `${method}:${target}`;
}
