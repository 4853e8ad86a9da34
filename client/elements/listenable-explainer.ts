import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type Going, goingText, goingTo } from "../kit/going.ts";
import { Hearing } from "../kit/hearing.ts";
import { sharedStyles } from "../kit/shared-styles.ts";
import { isUnexplained, mayUseDevice, statusText } from "../kit/status-text.ts";
import { StreamController } from "../kit/stream-controller.ts";
import { verdictText } from "../kit/verdict.ts";
import { words } from "../kit/words/words.ts";
import { WordsElement } from "../kit/words/words-element.ts";
import type { LiveAssets } from "../live/assets.ts";
import { createLiveExplainer } from "../live/create-live-explainer.ts";
import {
  type DelaySetting,
  type EngineChoice,
  type Listening,
  type LiveExplainer,
  listenings,
  type PackSummary,
  type Problem,
  type Sounding,
  type SpectrogramColumns,
  type Status,
} from "../live/live-explainer.ts";
import { ProblemError, toProblem } from "../live/problems.ts";
import "../kit/spectrogram/spectrogram-view.ts";

/** Shortest time between two `decision` events, so that their numbers can be read. */
const READABLE_MS = 100;

/** The element's own events; none of them bubbles. */
export interface ExplainerEvents {
  /** What it hears has changed: at most ten times a second, and when silence begins or ends. */
  decision: Hearing;
  /** New frames with the masks that were applied to them, at most 30 times a second. */
  mask: SpectrogramColumns;
  state: Status;
  /** Why it does not run, from pack, source, engine or browser. */
  problem: Problem;
}

/**
 * `<listenable-explainer>` hears a source, shows what made the classifier decide, and plays it. Every attribute is a property of
 * the same name, and may be changed while it runs; `pack`, `server` and `assets` count from the first start on.
 *
 * @fires decision, mask, state, problem: see `ExplainerEvents`; what comes with each is its `detail`.
 * @slot verdict - what it hears; without it a headline and a sentence.
 * @slot controls - below the picture; without it a button that starts and stops, and the choice of what is listened to.
 * @slot problem - what went wrong; without it what happened and what to do next.
 * @csspart verdict, headline, sentence, use-device, picture, controls, start, listening, going, problem - the parts of all these.
 */
@customElement("listenable-explainer")
export class ListenableExplainer extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 0.75rem;
      }
      [part="headline"] {
        font-size: 1.5rem;
        font-weight: 650;
      }
      [part="controls"] {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1.5rem;
        align-items: center;
      }
      fieldset {
        display: flex;
        gap: 1rem;
        margin: 0;
        padding: 0;
        border: 0;
      }
    `,
  ];

  /** URL of a pack's folder, or the name of one of the server's packs; see `LiveExplainerOptions`. */
  @property() pack: string | undefined;
  /** URL of a Listenable server whose packs and engine may be used. */
  @property() server: string | undefined;
  /** One of the pack's methods; its first one when left out. */
  @property() method: string | undefined;
  /** Where the model works. "auto" is followed once `agreed` says so, and is this device until then. */
  @property() engine: EngineChoice = "local";
  /** The visitor agreed that the server is measured and may explain; to be asked by the page before `engine="auto"`. */
  @property({ type: Boolean }) agreed = false;
  /** "microphone", the URL of a sound file, or as a property any source: a node, a stream, a file. */
  @property() source: string | Sounding = "microphone";
  @property({ reflect: true }) listening: Listening = "explanation";
  @property() delay: DelaySetting = "balanced";
  /** 0 to 1. */
  @property({ type: Number }) volume = 1;
  /** Without headphones a microphone would hear its own explanation, so that what it hears stays silent. */
  @property({ type: Boolean }) headphones = false;
  /** Whether explanation and rest are made as loud as the original. */
  @property({ type: Boolean, attribute: "match-loudness" }) matchLoudness = false;
  /** Class of the pack to explain whatever wins; -1 is the winner. */
  @property({ type: Number }) target = -1;
  /** Where worklet, worker and wasm are, if not beside this script. */
  @property({ attribute: false }) assets: Partial<LiveAssets> | undefined;
  /** What does the work: made at the first start and closed with the element, unless the page gives its own before. */
  @property({ attribute: false }) explainer: LiveExplainer | undefined;

  @state() private status: Status = { state: "idle" };
  @state() private problem: Problem | undefined;
  @state() private summary: PackSummary | undefined;
  #hearing: Hearing | undefined;
  /** The explainer that was made here. */
  #own: LiveExplainer | undefined;
  /** Counts starts and stops, so that only the last one's failure is told. */
  #wish = 0;

  constructor() {
    super();
    new StreamController(
      this,
      () => this.explainer?.status$,
      (status) => this.#statusChanged(status),
    );
    new StreamController(
      this,
      () => this.explainer?.decisions$,
      (decision) => {
        if (!this.summary || this.status.state !== "running") return;
        this.#hearing ??= new Hearing(this.summary, READABLE_MS);
        this.#hearing.unexplained = isUnexplained(this.status);
        if (this.#hearing.decided(decision, performance.now())) this.#heard(this.#hearing);
      },
    );
    new StreamController(
      this,
      () => this.explainer?.columns$,
      (columns) => {
        this.#tell("mask", columns);
        if (this.#hearing?.heard(columns)) this.#heard(this.#hearing);
      },
    );
  }

  /** Starts the source, or another one this time; what goes wrong is told by the events. */
  async start(source: string | Sounding = this.source): Promise<void> {
    this.explainer ??= this.#own = this.#makeExplainer();
    const { explainer } = this;
    this.#wish += 1;
    const wish = this.#wish;
    // What was chosen is told before the first sound.
    await this.updateComplete;
    try {
      const sounding = await soundingOf(source);
      if (wish === this.#wish) await explainer.start(sounding);
    } catch (error) {
      // Most failures come with the status; what a start says that was overtaken interests nobody.
      if (wish === this.#wish && this.status.state !== "failed") this.#failed(toProblem(error));
    }
  }

  async stop(): Promise<void> {
    this.#wish += 1;
    await this.explainer?.stop();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (!this.#own) return;
    void this.#own.close();
    if (this.explainer === this.#own) this.explainer = undefined;
    this.#own = undefined;
    this.status = { state: "idle" };
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { explainer } = this;
    if (!explainer) return;
    const isNew = changed.has("explainer");
    // A new explainer asks about the winner already.
    const told = isNew
      ? (name: Choice) => name !== "target" || this.target !== -1
      : (name: Choice) => changed.has(name);
    const choices = Object.keys(CHOICES) as Choice[];
    for (const tell of new Set(choices.filter(told).map((name) => CHOICES[name]))) tell(explainer, this);
    if (isNew) void this.#loadPack(explainer);
  }

  override render(): TemplateResult {
    const { status, summary } = this;
    const said = this.#hearing?.verdict && verdictText(this.#hearing.verdict);
    const useDevice = () => {
      this.engine = "local";
    };
    const { headline, sentence } = said ?? statusText(status);
    return html`
      <slot name="problem">${this.#problemText()}</slot>
      <slot name="verdict">
        <div part="verdict">
          <p part="headline" role="status">${headline}</p>
          <p part="sentence">${sentence}</p>
          ${
            mayUseDevice(status, engineOf(this))
              ? html`<button part="use-device" type="button" @click=${useDevice}>${words.page.unexplained.useDevice}</button>`
              : nothing
          }
        </div>
      </slot>
      <spectrogram-view
        part="picture"
        .columns=${this.explainer?.columns$}
        .ports=${this.explainer?.columnPorts$}
        .sampleRate=${summary?.sampleRate ?? 16_000}
        .hop=${summary?.hop ?? 128}
        .bins=${summary?.bins ?? 257}
        .listening=${this.listening}
      ></spectrogram-view>
      <slot name="controls">${this.#controls()}</slot>
    `;
  }

  #problemText() {
    if (!this.problem) return nothing;
    const { what, next } = words.problems[this.problem.code];
    return html`<p part="problem" role="alert"><strong>${what}</strong> ${next} <code>${this.problem.detail}</code></p>`;
  }

  #controls() {
    const { name, titles } = words.page.listening;
    return html`
      <div part="controls">
        <button part="start" type="button" @click=${this.#startOrStop}>
          ${this.#busy ? words.page.source.stop : words.page.source.start}
        </button>
        <fieldset part="listening">
          <legend class="visually-hidden">${name}</legend>
          ${listenings.map(
            (each) => html`<label
              ><input
                type="radio"
                name="listening"
                .checked=${each === this.listening}
                @change=${() => {
                  this.listening = each;
                }}
              />
              ${titles[each]}</label
            >`,
          )}
        </fieldset>
        <p part="going" role="status" data-going=${this.#going}>${goingText(this.#going, this.#serverName)}</p>
      </div>
    `;
  }

  get #going(): Going {
    const { status, server, summary } = this;
    if (server === undefined) return "device";
    const inUse = status.state === "running" ? status.engine : undefined;
    return goingTo(engineOf(this), inUse, summary?.localOnly ?? null);
  }

  get #serverName(): string {
    return new URL(this.server ?? "", document.baseURI).host;
  }

  get #busy(): boolean {
    return this.status.state === "running" || this.status.state === "starting";
  }

  #startOrStop(): void {
    void (this.#busy ? this.stop() : this.start());
  }

  #makeExplainer(): LiveExplainer {
    const { pack, server, assets } = this;
    return createLiveExplainer({
      pack,
      ...(server === undefined ? {} : { server }),
      ...(assets && { assets }),
    });
  }

  async #loadPack(explainer: LiveExplainer): Promise<void> {
    try {
      const summary = await explainer.pack();
      if (explainer === this.explainer) this.summary = summary;
    } catch (error) {
      if (explainer === this.explainer) this.#failed(toProblem(error));
    }
  }

  #statusChanged(status: Status): void {
    const before = this.status.state;
    this.status = status;
    if (status.state === "starting" && before !== "starting") {
      this.problem = undefined;
      this.#hearing = undefined;
    }
    // Not there yet when the explainer came; the start found it.
    if (status.state === "running" && !this.summary && this.explainer) void this.#loadPack(this.explainer);
    // The last minute stays to be looked at.
    if ((status.state === "stopped" || status.state === "failed") && this.#hearing) {
      this.#hearing.verdict = undefined;
    }
    this.#tell("state", status);
    this.#setUnexplained(isUnexplained(status));
    if (status.state === "failed") this.#failed(status.problem);
  }

  #setUnexplained(unexplained: boolean): void {
    if (!this.#hearing || this.#hearing.unexplained === unexplained) return;
    this.#hearing.unexplained = unexplained;
    this.#heard(this.#hearing);
  }

  #heard(hearing: Hearing): void {
    this.requestUpdate();
    this.#tell("decision", hearing);
  }

  #failed(problem: Problem): void {
    this.problem = problem;
    this.#tell("problem", problem);
  }

  #tell<Name extends keyof ExplainerEvents>(name: Name, detail: ExplainerEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** How the explainer is told of each choice, in an order that it can follow: a method before the class it is asked about. */
const CHOICES = {
  listening: (explainer, { listening }) => explainer.setListening(listening),
  matchLoudness: (explainer, { matchLoudness }) => explainer.setMatchLoudness(matchLoudness),
  engine: tellEngine,
  agreed: tellEngine,
  delay: (explainer, { delay }) => explainer.setDelay(delay),
  method: (explainer, { method }) => method !== undefined && explainer.setMethod(method),
  target: (explainer, { target }) => explainer.setTarget(target),
  source: tellVolume,
  headphones: tellVolume,
  volume: tellVolume,
} satisfies Record<string, (explainer: LiveExplainer, element: ListenableExplainer) => unknown>;

type Choice = keyof typeof CHOICES;

function tellEngine(explainer: LiveExplainer, element: ListenableExplainer): void {
  explainer.setEngine(engineOf(element));
}

function engineOf({ engine, agreed }: ListenableExplainer): EngineChoice {
  return engine === "auto" && !agreed ? "local" : engine;
}

function tellVolume(explainer: LiveExplainer, { volume, headphones, source }: ListenableExplainer): void {
  explainer.setVolume(isMicrophone(source) && !headphones ? 0 : volume);
}

function isMicrophone(source: string | Sounding): boolean {
  return (
    source === "microphone" ||
    (typeof source === "object" && "kind" in source && source.kind === "microphone")
  );
}

async function soundingOf(source: string | Sounding): Promise<Sounding> {
  if (typeof source !== "string") return source;
  if (source === "microphone") return { kind: "microphone" };
  const url = new URL(source, document.baseURI);
  const name = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
  const response = await fetch(url);
  if (!response.ok)
    throw new ProblemError("file-unreadable", `${url} answers with status ${response.status}`);
  return { kind: "file", file: await response.blob(), name };
}

declare global {
  interface HTMLElementTagNameMap {
    "listenable-explainer": ListenableExplainer;
  }
}
