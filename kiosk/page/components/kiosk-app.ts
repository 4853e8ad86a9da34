import { css, html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Observable } from "rxjs";
import { classesByName, className } from "../../../client/kit/format.ts";
import { type Going, goingText, goingTo } from "../../../client/kit/going.ts";
import { Hearing } from "../../../client/kit/hearing.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { type BuiltInSound, soundsFor } from "../../../client/kit/sounds/index.ts";
import { isUnexplained } from "../../../client/kit/status-text.ts";
import { StreamController } from "../../../client/kit/stream-controller.ts";
import type { Verdict } from "../../../client/kit/verdict.ts";
import { soundTitle, words } from "../../../client/kit/words/words.ts";
import {
  type Decision,
  type Listening,
  listenings,
  type PackSummary,
  type SpectrogramColumns,
  type Status,
} from "../../../client/live/live-explainer.ts";
import { hopMs } from "../../../protocol/audio-shape.ts";
import type { Kiosk } from "../open-kiosk.ts";
import type { Scene } from "../program.ts";
import { RoomLevel } from "../room-level.ts";
import type { SupervisorState } from "../supervisor.ts";
import { verdictLines } from "../words.ts";
import "../../../client/kit/spectrogram/spectrogram-view.ts";

/** Shortest time between two changes of the large line, so that it can be read from afar. */
const READABLE_MS = 400;
const POINTER_MS = 2_000;

/**
 * The whole screen: what it hears, where, and what sounds, readable from three metres. For tests the host carries
 * `data-state` (starting, running, recovering), `data-scene` (live, attract), `data-deaf` (whether no microphone hears),
 * `data-explanation` (coming, here, away), `data-label` and `data-listening`.
 */
@customElement("listenable-kiosk")
class ListenableKiosk extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        box-sizing: border-box;
        display: grid;
        grid-template-rows: auto minmax(0, 1fr) auto;
        gap: 2vmin;
        height: 100dvh;
        padding: 3vmin 4vmin;
        overflow: hidden;
        user-select: none;
        -webkit-user-select: none;
        touch-action: manipulation;
      }
      :host([data-pointer="away"]) {
        cursor: none;
      }
      header {
        display: grid;
        gap: 0.5vmin;
      }
      .title {
        color: var(--soft);
        font-size: clamp(1rem, 2.6vmin, 3rem);
        font-weight: 600;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        gap: 0 2vmin;
        align-items: baseline;
      }
      .going,
      .credits {
        color: var(--soft);
        font-size: clamp(0.875rem, 1.8vmin, 2rem);
      }
      h1 {
        min-height: 1.15em;
        margin: 0;
        font-size: clamp(2.5rem, 11vmin, 14rem);
        font-weight: 700;
        line-height: 1.1;
        letter-spacing: -0.03em;
        overflow-wrap: anywhere;
      }
      h1.quiet {
        color: var(--soft);
        font-weight: 550;
      }
      /* A whole sentence, in the place of a word. */
      h1.long {
        font-size: clamp(2rem, 7vmin, 9rem);
        line-height: 1.73;
      }
      @media (orientation: portrait) {
        h1.long {
          line-height: 1.15;
        }
      }
      .sentence {
        min-height: 1.4em;
        color: var(--soft);
        font-size: clamp(1.25rem, 4vmin, 5rem);
        font-variant-numeric: tabular-nums;
      }
      spectrogram-view {
        min-height: 0;
        font-size: 2vmin;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        gap: 1.5vmin 4vmin;
        align-items: center;
        justify-content: space-between;
        min-height: 6vmin;
        font-size: clamp(1.125rem, 3.4vmin, 4rem);
      }
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 1.2vmin;
      }
      .choices button {
        min-height: max(3.5rem, 8vmin);
        padding: 1vmin 3vmin;
        border-radius: 2vmin;
        font-size: inherit;
      }
      .choices button[aria-pressed="true"] {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--on-accent);
      }
      /* Two rows and a half of them, so that it is seen that there are more. */
      .small {
        max-height: max(8.75rem, 17.4vmin);
        overflow-y: auto;
        overscroll-behavior: contain;
      }
      .small button {
        min-height: max(3rem, 6vmin);
        font-size: clamp(1rem, 2.4vmin, 3rem);
      }
    `,
  ];

  @property({ attribute: false }) kiosk: Kiosk | undefined;
  @state() private state: SupervisorState = "starting";
  @state() private scene: Scene = { kind: "live", waiting: false };
  @state() private status: Status = { state: "idle" };
  @state() private pack: PackSummary | undefined;
  @state() private listening: Listening = "explanation";
  /** Class to explain; -1 is the winner. */
  @state() private target = -1;

  #opened: Kiosk | undefined;
  /** Of the scene that runs. */
  #hearing: Hearing | undefined;
  #room: RoomLevel | undefined;
  #pointer: ReturnType<typeof setTimeout> | undefined;
  #turns: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    const follow = <T>(source: (kiosk: Kiosk) => Observable<T>, next: (value: T) => void) =>
      new StreamController<T>(this, () => this.kiosk && source(this.kiosk), next);
    follow(
      (kiosk) => kiosk.supervisor.state$,
      (state) => {
        this.state = state;
        if (state === "running") void this.#loadPack();
        else this.#forget();
      },
    );
    follow(
      (kiosk) => kiosk.program.scene$,
      (scene) => this.#sceneChanged(scene),
    );
    follow(
      (kiosk) => kiosk.explainer.status$,
      (status) => {
        this.status = status;
        if (this.#hearing) this.#hearing.unexplained = isUnexplained(status);
      },
    );
    follow(
      (kiosk) => kiosk.explainer.decisions$,
      (decision) => this.#decided(decision),
    );
    follow(
      (kiosk) => kiosk.explainer.columns$,
      (columns) => this.#heard(columns),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const type of ["pointerdown", "pointermove", "keydown", "touchstart"]) {
      window.addEventListener(type, this.#touched, { passive: true });
    }
    window.addEventListener("contextmenu", this.#prevent);
    window.addEventListener("dragstart", this.#prevent);
    window.addEventListener("wheel", this.#keepSize, { passive: false });
    this.dataset["pointer"] = "away";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const type of ["pointerdown", "pointermove", "keydown", "touchstart"]) {
      window.removeEventListener(type, this.#touched);
    }
    window.removeEventListener("contextmenu", this.#prevent);
    window.removeEventListener("dragstart", this.#prevent);
    window.removeEventListener("wheel", this.#keepSize);
    clearTimeout(this.#pointer);
    clearInterval(this.#turns);
  }

  protected override willUpdate(): void {
    const { kiosk } = this;
    if (!kiosk || kiosk === this.#opened) return;
    this.#opened = kiosk;
    const { listening, alternate } = kiosk.settings;
    this.#listen(listening);
    clearInterval(this.#turns);
    if (alternate > 0) this.#turns = setInterval(() => this.#turn(), 1000 * alternate);
  }

  protected override updated(): void {
    const { dataset } = this;
    dataset["state"] = this.state;
    dataset["scene"] = this.scene.kind;
    dataset["deaf"] = this.#deaf ? "yes" : "no";
    dataset["explanation"] = this.status.state === "running" ? this.status.explanation : "";
    dataset["label"] = this.#verdict?.kind === "class" ? this.#verdict.label : "";
    dataset["listening"] = this.listening;
  }

  override render() {
    const { kiosk } = this;
    if (!kiosk) return nothing;
    const { kiosk: said } = words;
    const [headline, sentence, sure] = this.#lines();
    const lacks = this.#lacks();
    return html`
      <header>
        <div class="top">
          <p class="title">${kiosk.settings.title ?? "Listenable"}</p>
          <p class="going" data-going=${this.#going}>${goingText(this.#going, location.host)}</p>
          ${this.#credits()}
        </div>
        <h1 class=${`${sure ? "" : "quiet"} ${headline.length > 18 ? "long" : ""}`}>${headline}</h1>
        <p class="sentence">${sentence}</p>
      </header>
      <spectrogram-view
        plain
        .columns=${kiosk.explainer.columns$}
        .ports=${kiosk.explainer.columnPorts$}
        .sampleRate=${this.pack?.sampleRate ?? 16_000}
        .hop=${this.pack?.hop ?? 128}
        .bins=${this.pack?.bins ?? 257}
        .listening=${this.listening}
      ></spectrogram-view>
      <footer>
        ${this.#choices()}
        <p>${this.#away ? "" : lacks || (this.state === "running" ? this.#heardNow() : said.pictureHint)}</p>
      </footer>
      <p class="visually-hidden" role="status">${lacks}</p>
    `;
  }

  /** Whether nothing that visitors do is heard. */
  get #deaf(): boolean {
    return this.scene.kind === "attract" && this.scene.deaf;
  }

  get #away(): boolean {
    return this.state === "running" && this.status.state === "running" && this.status.explanation === "away";
  }

  /** What is missing just now, for those who look and those who listen; empty where nothing is. */
  #lacks(): string {
    const { kiosk: said, page } = words;
    if (this.#away) return `${page.unexplained.headline}. ${said.unexplained}`;
    const wanted = this.kiosk?.settings.source === "microphone";
    return this.#deaf && wanted ? said.noMicrophone : "";
  }

  /** Headline, sentence, and whether a class is believed. */
  #lines(): readonly [string, string, boolean] {
    const { kiosk: said } = words;
    const { settings } = this.kiosk as Kiosk;
    if (this.state === "recovering") return [said.recovering, said.recoveringHint, false];
    if (this.state === "starting" && !this.#verdict) return [said.starting, this.#startingHint, false];
    if (this.#away) return [words.page.unexplained.headline, said.unexplained, false];
    if (this.scene.kind === "attract") {
      const example = this.#exampleLine(soundTitle(this.#example(this.scene.sound).name));
      if (this.#deaf) {
        const own = settings.source === "sounds" ? settings.invitation : undefined;
        return [own ?? said.examples, example, false];
      }
      return [settings.invitation ?? said.invitation, example, false];
    }
    if (this.scene.waiting) return [settings.invitation ?? said.invitation, said.listening, false];
    if (this.#hearing?.silent || !this.#verdict) return [said.listening, said.makeASound, false];
    const [headline, sentence] = verdictLines(this.#verdict);
    return [headline, sentence, this.#verdict.kind === "class"];
  }

  get #startingHint(): string {
    const { status } = this;
    const warming = status.state === "starting" && status.step === "server";
    return warming ? words.page.status.steps.server : words.kiosk.startingHint;
  }

  #example(number: number): BuiltInSound {
    const sounds = soundsFor(this.pack?.labels);
    return sounds[number % sounds.length];
  }

  /** By whom the example was recorded, as the licences ask. */
  #credits() {
    if (this.scene.kind !== "attract") return nothing;
    const by = this.#example(this.scene.sound).recordings.map(
      ({ author, licence }) => `${author} (${licence})`,
    );
    return html`<p class="credits">${words.kiosk.recordedBy([...new Set(by)].join(", "))}</p>`;
  }

  #exampleLine(title: string): string {
    const { kiosk: said } = words;
    const example = said.example(title);
    if (this.#verdict?.kind !== "class") return example;
    return `${example} → ${className(this.#verdict.label)}`;
  }

  #heardNow(): string {
    const { kiosk: said } = words;
    const asked = this.pack?.labels[this.target];
    if (asked !== undefined && this.listening === "explanation") return said.askedFor(className(asked));
    return said.youHear[this.listening];
  }

  #choices() {
    const { controls } = (this.kiosk as Kiosk).settings;
    const { kiosk: said } = words;
    const button = (text: string, pressed: boolean, choose: () => void) =>
      html`<button type="button" aria-pressed=${pressed} @click=${choose}>${text}</button>`;
    return html`
      ${
        controls.includes("listening")
          ? html`<div class="choices">
              ${listenings.map((each) => button(said.choices[each], each === this.listening, () => this.#choose(each)))}
            </div>`
          : nothing
      }
      ${
        controls.includes("class") && this.#targetable
          ? html`<div class="choices small" role="group" aria-label=${said.explain}>
              ${button(said.whatItHears, this.target === -1, () => this.#ask(-1))}
              ${classesByName(this.pack?.labels ?? [], this.pack?.other).map(({ index, label, name }) =>
                label === this.pack?.other
                  ? nothing
                  : button(name, this.target === index, () => this.#ask(index)),
              )}
            </div>`
          : nothing
      }
    `;
  }

  get #verdict(): Verdict | undefined {
    return this.#hearing?.verdict;
  }

  get #going(): Going {
    const { engine } = (this.kiosk as Kiosk).settings;
    return goingTo(engine, undefined, this.pack?.localOnly ?? null);
  }

  get #targetable(): boolean {
    const { method } = (this.kiosk as Kiosk).settings;
    const methods = this.pack?.methods ?? [];
    return (methods.find(({ name }) => name === method) ?? methods[0])?.target ?? false;
  }

  #listen(listening: Listening): void {
    this.listening = listening;
    this.kiosk?.explainer.setListening(listening);
  }

  /** A visitor's choice ends the taking of turns until the next visitor. */
  #choose(listening: Listening): void {
    clearInterval(this.#turns);
    this.#listen(listening);
  }

  #turn(): void {
    this.#listen(this.listening === "original" ? "explanation" : "original");
  }

  #ask(target: number): void {
    this.target = target;
    this.kiosk?.explainer.setTarget(target);
  }

  #sceneChanged(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    if (scene.kind === before.kind) return;
    this.#forget();
    // What the last visitor chose is not the next one's.
    if (scene.kind === "attract" && this.kiosk) {
      const { listening, alternate } = this.kiosk.settings;
      clearInterval(this.#turns);
      if (alternate > 0) this.#turns = setInterval(() => this.#turn(), 1000 * alternate);
      this.#listen(listening);
      this.#ask(-1);
    }
  }

  #forget(): void {
    this.#hearing = undefined;
    this.requestUpdate();
  }

  async #loadPack(): Promise<void> {
    this.pack ??= await this.kiosk?.explainer.pack().catch(() => undefined);
    if (!this.pack || this.#room) return;
    this.#room = new RoomLevel(hopMs(this.pack));
  }

  #heard(columns: SpectrogramColumns): void {
    if (this.scene.kind !== "live") return;
    if (this.#hearing?.heard(columns)) this.requestUpdate();
    if (this.#room?.push(columns)) this.kiosk?.program.heard();
  }

  #decided(decision: Decision): void {
    const { pack } = this;
    if (!pack || this.state !== "running") return;
    this.#hearing ??= new Hearing(pack, READABLE_MS);
    this.#hearing.unexplained = isUnexplained(this.status);
    if (!this.#hearing.decided(decision, performance.now())) return;
    this.requestUpdate();
    const { verdict, silent } = this.#hearing;
    if (verdict?.kind === "class" && !silent) this.kiosk?.program.heard();
  }

  readonly #touched = (): void => {
    this.kiosk?.touched();
    this.dataset["pointer"] = "here";
    clearTimeout(this.#pointer);
    this.#pointer = setTimeout(() => {
      this.dataset["pointer"] = "away";
    }, POINTER_MS);
  };

  readonly #prevent = (event: Event): void => event.preventDefault();

  /** Ctrl and the wheel would change the page's size. */
  readonly #keepSize = (event: WheelEvent): void => {
    if (event.ctrlKey) event.preventDefault();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "listenable-kiosk": ListenableKiosk;
  }
}
