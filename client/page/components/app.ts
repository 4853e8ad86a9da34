import { css, html, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { answersAlone, sharedThreshold } from "../../../models/explain/class-decision.ts";
import { classThresholds } from "../../../models/pack/pack.ts";
import type { ListenableExplainer } from "../../elements/listenable-explainer.ts";
import { goingTo } from "../../kit/going.ts";
import { type Hearing, minuteFrames } from "../../kit/hearing.ts";
import { readSettings, type Settings, type SourceKind } from "../../kit/parameters.ts";
import { recall, remember } from "../../kit/remembered.ts";
import { sharedStyles } from "../../kit/shared-styles.ts";
import { builtInSounds, soundsFor } from "../../kit/sounds/index.ts";
import { loadAhead } from "../../kit/sounds/load-ahead.ts";
import { mayUseDevice, type StatusText, statusText } from "../../kit/status-text.ts";
import { StreamController } from "../../kit/stream-controller.ts";
import { alsoNames, type Verdict, verdictText } from "../../kit/verdict.ts";
import { titleText, toldText, words } from "../../kit/words/words.ts";
import { WordsElement } from "../../kit/words/words-element.ts";
import {
  type LiveEvent,
  type LiveExplainer,
  listenings,
  type MethodSummary,
  type PackSummary,
  type Problem,
  type Status,
  type Timings,
} from "../../live/live-explainer.ts";
import { toProblem } from "../../live/problems.ts";
import { agreedToAutomatic, agreeToAutomatic, takeBackAutomatic } from "../agreement.ts";
import { Announcer } from "../announcer.ts";
import { chosenByKey } from "../choice-keys.ts";
import { type Choices, firstChoices, rememberChoices } from "../choices.ts";
import { type DiagnosticFacts, withoutQueries } from "../diagnostics.ts";
import { FileDrop } from "../file-drop.ts";
import { FREEZE_KEY } from "../moment/panel/freeze-moment.ts";
import { firstSource, mustBeSilent, type SourceChoice, sourceOf } from "../source-choice.ts";
import type { PageEvents } from "./emit.ts";
import "../moment/panel/freeze-moment.ts";
import "../../elements/listenable-explainer.ts";
import "../../kit/class-bars.ts";
import "./diagnostics-panel.ts";
import "./listening-switch.ts";
import "../../kit/minute-strip.ts";
import "./problem-card.ts";
import "./running-panel.ts";
import "./source-panel.ts";
import "./verdict-line.ts";
import "./welcome-card.ts";

/**
 * The root of the page: holds what was chosen, passes it to the live explainer, and passes on what comes back.
 *
 * For tests and styling the host carries `data-state` (idle, starting, running, stopped, failed), `data-problem`,
 * `data-verdict` (class, other, unsure, none or empty), `data-label` (the class believed, or empty), `data-listening`,
 * and while it runs `data-engine` and `data-explanation` (coming, here, away).
 */
@customElement("listenable-app")
export class ListenableApp extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: clamp(0.75rem, 1.5vw, 1.125rem);
      }
      .stage {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 19rem;
        gap: clamp(0.75rem, 1.5vw, 1.125rem);
      }
      .notices {
        display: grid;
        gap: 0.25rem;
        margin: 0;
        padding: 0.625rem 1rem;
        border-radius: var(--radius);
        background: var(--warn-tint);
        color: var(--ink);
        font-size: 0.875rem;
        list-style: none;
      }
      .drop {
        position: fixed;
        z-index: 1;
        inset: 0.75rem;
        display: grid;
        place-items: center;
        border: 3px dashed var(--accent);
        border-radius: 1.25rem;
        background: color-mix(in srgb, var(--paper) 88%, transparent);
        font-size: 1.5rem;
        font-weight: 650;
        pointer-events: none;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        justify-content: space-between;
        color: var(--soft);
        font-size: 0.8125rem;
      }
      /* On small screens what it hears matters more than how this works, once it hears something. */
      @media (max-width: 50rem) {
        :host([data-state="running"]) welcome-card {
          display: none;
        }
      }
      @media (max-width: 62rem) {
        .stage {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) explainer: LiveExplainer | undefined;
  /** What the page starts with. */
  @property({ attribute: false }) settings: Settings = readSettings("", [builtInSounds[0].name]);

  @state() private status: Status = { state: "idle" };
  @state() private pack: PackSummary | undefined;
  /** A failure that the explainer's status does not tell of, such as a missing pack. */
  @state() private problem: Problem | undefined;
  @state() private timings: Timings | undefined;
  @state() private events: readonly LiveEvent[] = [];
  @state() private announcement = "";
  @state() private microphones: readonly { deviceId: string; label: string }[] = [];
  /** Shown until somebody closes it, and again when asked for. */
  @state() private welcome = recall("welcome", ["closed"]) === undefined;

  @state() private source!: SourceChoice;
  @state() private choices!: Choices;
  @state() private agreed = agreedToAutomatic();
  /** Automatic was chosen and waits for the visitor's agreement. */
  @state() private asking = false;
  @state() private volume!: number;
  @state() private shortcuts = true;
  /** A frozen moment is heard, so the live sound is not. */
  @state() private momentSounds = false;

  #configured: LiveExplainer | undefined;
  /** Of the stream that runs or ran last, once the pack is there. */
  #hearing: Hearing | undefined;
  readonly #drop = new FileDrop(this, (file) => this.#playFile(file));
  readonly #announcer = new Announcer();

  constructor() {
    super();
    new StreamController(
      this,
      () => this.explainer?.timings$,
      (timings) => {
        this.timings = timings;
      },
    );
    new StreamController(
      this,
      () => this.explainer?.events$,
      (events) => {
        this.events = events;
      },
    );
    this.#listen("choose-source", (kind) => this.#chooseSource(kind));
    this.#listen("choose-sound", (sound) => {
      this.source = { ...this.source, sound };
      this.#restartIfBusy();
    });
    this.#listen("choose-microphone", (microphone) => {
      this.source = { ...this.source, microphone };
      this.#restartIfBusy();
    });
    this.#listen("choose-file", (file) => this.#playFile(file));
    this.#listen("set-repeat", (repeat) => {
      this.source = { ...this.source, repeat };
    });
    this.#listen("set-headphones", (headphones) => {
      this.source = { ...this.source, headphones };
    });
    this.#listen("try-sound", () => {
      void this.#closeWelcome();
      this.source = { ...this.source, kind: "sound" };
      this.#start();
    });
    this.#listen("close-welcome", () => void this.#closeWelcome());
    this.#listen("start-stop", () => this.#startStop());
    this.#listen("set-volume", (volume) => {
      this.volume = volume;
    });
    this.#listen("choose-listening", (listening) => this.#choose({ listening }));
    this.#listen("match-loudness", (matchLoudness) => this.#choose({ matchLoudness }));
    this.#listen("choose-engine", (engine) => {
      this.asking = engine === "auto" && !this.agreed;
      if (!this.asking) this.#choose({ engine });
    });
    this.#listen("agree", (yes) => (yes ? this.#agree() : this.#takeBack()));
    this.#listen("choose-delay", (delay) => this.#choose({ delay }));
    this.#listen("choose-method", (method) => {
      const { target } = this.choices;
      this.#choose({ method, target: this.#targetable(method) ? target : -1 });
    });
    this.#listen("choose-target", (target) => this.#choose({ target }));
    this.#listen("moment-sounds", (sounds) => {
      this.momentSounds = sounds;
    });
    this.#listen("set-shortcuts", (on) => {
      this.shortcuts = on;
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.#keyPressed);
    navigator.mediaDevices?.addEventListener("devicechange", this.#listMicrophones);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("keydown", this.#keyPressed);
    navigator.mediaDevices?.removeEventListener("devicechange", this.#listMicrophones);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("settings")) this.#takeSettings(this.settings);
    if (this.explainer && this.explainer !== this.#configured) {
      this.#configured = this.explainer;
      void this.#configure(this.explainer);
    }
  }

  protected override updated(): void {
    const { dataset } = this;
    dataset["state"] = this.#failure ? "failed" : this.status.state;
    dataset["problem"] = this.#failure?.code ?? "";
    dataset["listening"] = this.choices.listening;
    dataset["engine"] = this.status.state === "running" ? this.status.engine : "";
    dataset["explanation"] = this.status.state === "running" ? this.status.explanation : "";
    const verdict = this.#verdict;
    dataset["verdict"] = verdict?.kind ?? "";
    dataset["label"] = verdict?.kind === "class" || verdict?.kind === "other" ? verdict.label : "";
  }

  override render() {
    const { source, choices } = this;
    const running = this.status.state === "running" ? this.status : undefined;
    const notices = running?.notices ?? this.explainer?.notices ?? [];
    const line = this.#line();
    return html`
      ${this.welcome ? html`<welcome-card></welcome-card>` : nothing}
      <source-panel
        .kind=${source.kind}
        .sound=${source.sound}
        .sounds=${this.#sounds}
        .microphones=${this.microphones}
        .microphone=${source.microphone}
        .fileName=${source.file?.name ?? ""}
        .repeat=${source.repeat}
        .headphones=${source.headphones}
        .running=${this.#busy}
        .going=${goingTo(choices.engine, running?.engine, this.pack?.localOnly ?? null)}
      ></source-panel>
      <problem-card .problem=${this.#failure} ?hidden=${!this.#failure}></problem-card>
      ${
        notices.length > 0
          ? html`<ul class="notices" aria-label=${words.page.notices}>${notices.map((each) => html`<li>${toldText(each)}</li>`)}</ul>`
          : nothing
      }
      <div class="stage">
        <section class="card" aria-label=${words.page.whatItHears}>
          <listenable-explainer
            .explainer=${this.explainer}
            .listening=${choices.listening}
            .matchLoudness=${choices.matchLoudness}
            .engine=${choices.engine}
            .agreed=${this.agreed}
            .delay=${choices.delay}
            .method=${choices.method}
            .target=${choices.target}
            .volume=${mustBeSilent(source) || this.momentSounds ? 0 : this.volume}
            .headphones=${true}
            @state=${this.#statusChanged}
            @decision=${this.#decided}
            @problem=${this.#failed}
          >
            <span slot="problem" hidden></span>
          <verdict-line
            slot="verdict"
            .headline=${line.headline}
            .sentence=${line.sentence}
            .sure=${line.sure ?? false}
            .progress=${line.progress}
            .probability=${line.probability}
            .threshold=${line.threshold ?? 0.5}
            .offersDevice=${mayUseDevice(this.status, choices.engine)}
          ></verdict-line>
          <minute-strip
            slot="verdict"
            .stretches=${this.#hearing?.stretches ?? []}
            .labels=${this.pack?.labels ?? []}
            .thresholds=${this.pack ? classThresholds(this.pack) : []}
            .now=${this.#hearing?.newest ?? 0}
            .frames=${this.pack ? minuteFrames(this.pack) : 1}
          ></minute-strip>
          <listening-switch
            slot="controls"
            .value=${choices.listening}
            .volume=${this.volume}
            .matchLoudness=${choices.matchLoudness}
            .shortcuts=${this.shortcuts}
            .silentBecause=${this.#silentBecause}
          ></listening-switch>
          <freeze-moment
            slot="controls"
            .explainer=${this.explainer}
            .fetchedAhead=${running?.engine === "remote"}
            .available=${running !== undefined || (this.#hearing !== undefined && !this.#busy)}
            .volume=${this.volume}
            .listening=${choices.listening}
            .shortcuts=${this.shortcuts}
          ></freeze-moment>
          </listenable-explainer>
        </section>
        <class-bars
          .ranked=${this.#hearing?.ranked ?? []}
          .past=${this.#away}
          .threshold=${this.pack ? sharedThreshold(this.pack) : 0.5}
          .alone=${this.pack ? answersAlone(this.pack) : false}
          .other=${this.pack?.other}
          .labels=${this.pack?.labels ?? []}
          .method=${titleText(this.#methodInUse?.title ?? "")}
          .targetable=${this.#targetable(choices.method)}
          .target=${choices.target}
        ></class-bars>
      </div>
      <running-panel
        .engine=${choices.engine}
        .asking=${this.asking}
        .agreed=${this.agreed}
        .delay=${choices.delay}
        .engineInUse=${running?.engine}
        .localOnly=${this.pack?.localOnly ?? null}
        .description=${running?.engineDescription ?? ""}
        .methods=${this.pack?.methods ?? []}
        .method=${choices.method}
        .shortcuts=${this.shortcuts}
        .timings=${this.timings}
      ></running-panel>
      <diagnostics-panel
        .facts=${this.explainer ? this.#facts : undefined}
        .timings=${this.timings}
        .events=${this.events}
      ></diagnostics-panel>
      <footer>
        <span>${this.pack ? words.page.model(titleText(this.pack.title), this.pack.labels.length) : ""}</span>
        ${this.welcome ? nothing : html`<button @click=${this.#openWelcome}>${words.page.welcome.again}</button>`}
      </footer>
      <p class="visually-hidden" role="status" aria-live="polite">${this.announcement}</p>
      ${this.#drop.over ? html`<div class="drop">${words.page.drop}</div>` : nothing}
    `;
  }

  async #closeWelcome(): Promise<void> {
    remember("welcome", "closed");
    this.welcome = false;
    await this.updateComplete;
    this.renderRoot.querySelector("source-panel")?.focusStart();
  }

  async #openWelcome(): Promise<void> {
    this.welcome = true;
    await this.updateComplete;
    this.renderRoot.querySelector("welcome-card")?.focus();
  }

  get #methodInUse(): MethodSummary | undefined {
    return this.#method(this.choices.method);
  }

  #method(name: string | undefined): MethodSummary | undefined {
    return this.pack?.methods.find((method) => method.name === name);
  }

  #targetable(name: string | undefined): boolean {
    return this.#method(name)?.target ?? false;
  }

  get #verdict(): Verdict | undefined {
    return this.#hearing?.verdict;
  }

  get #busy(): boolean {
    return this.status.state === "running" || this.status.state === "starting";
  }

  /** Whether what is heard has no masks just now. */
  get #away(): boolean {
    return this.status.state === "running" && this.status.explanation === "away";
  }

  get #failure(): Problem | undefined {
    return this.status.state === "failed" ? this.status.problem : this.problem;
  }

  get #silentBecause(): string {
    return mustBeSilent(this.source) ? words.page.listening.silentBecause : "";
  }

  #line(): StatusText & { readonly probability?: number; readonly threshold?: number } {
    const verdict = this.#verdict;
    if (this.#away) return this.#unexplainedLine();
    if (this.status.state === "running" && this.#hearing?.silent) {
      const { silent, muted, silentPart } = words.page.status;
      return { headline: silent, sentence: this.source.kind === "microphone" ? muted : silentPart };
    }
    if (this.status.state === "running" && verdict) {
      const { kind, probability, threshold } = verdict;
      return { ...verdictText(verdict), sure: kind === "class", probability, threshold };
    }
    return statusText(this.#failure ? { state: "failed", problem: this.#failure } : this.status);
  }

  #unexplainedLine(): StatusText {
    const { headline, sentence, preparing } = words.page.unexplained;
    const answering = this.status.state === "running" ? this.status.engine : undefined;
    const switching = this.choices.engine === "local" && answering === "remote";
    return { headline, sentence: switching ? `${preparing} ${sentence}` : sentence };
  }

  get #sounds() {
    return soundsFor(this.pack?.labels, this.source.sound);
  }

  readonly #facts = (): DiagnosticFacts => {
    const running = this.status.state === "running" ? this.status : undefined;
    return {
      state: this.status.state,
      problem: this.#failure?.code ?? null,
      engine: {
        chosen: this.choices.engine,
        inUse: running?.engine ?? null,
        description: withoutQueries(running?.engineDescription ?? ""),
        method: this.choices.method ?? null,
        delay: this.choices.delay,
      },
      timings: this.timings ?? null,
      environment: (this.explainer as LiveExplainer).environment(),
      events: this.events,
      browser: {
        userAgent: navigator.userAgent,
        isolated: globalThis.crossOriginIsolated,
        secure: globalThis.isSecureContext,
        cores: navigator.hardwareConcurrency ?? null,
      },
    };
  };

  #listen<Name extends keyof PageEvents>(name: Name, act: (detail: PageEvents[Name]) => void): void {
    this.addEventListener(name, (event) => act((event as CustomEvent<PageEvents[Name]>).detail));
  }

  #takeSettings(settings: Settings): void {
    this.source = firstSource(settings);
    this.choices = firstChoices(settings);
    this.asking = settings.engine === "auto" && !this.agreed;
    this.volume = settings.volume;
  }

  #agree(): void {
    agreeToAutomatic();
    this.agreed = true;
    this.asking = false;
    this.#choose({ engine: "auto" });
  }

  #takeBack(): void {
    takeBackAutomatic();
    this.agreed = this.asking = false;
    if (this.choices.engine === "auto") this.#choose({ engine: "local" });
  }

  async #configure(explainer: LiveExplainer): Promise<void> {
    void this.#listMicrophones();
    try {
      await this.#loadPack(explainer);
    } catch (error) {
      this.problem = toProblem(error);
      return;
    }
    if (explainer.hindrance) this.problem = explainer.hindrance;
    else if (this.settings.start) this.#startStop();
  }

  async #loadPack(explainer: LiveExplainer): Promise<void> {
    this.pack = await explainer.pack();
    const { method, engine } = this.choices;
    const wanted = this.#method(method ?? this.settings.method) ?? this.pack.methods[0];
    this.#apply({ method: wanted?.name });
    if (!this.pack.localOnly) return;
    // There is nothing to choose from.
    this.asking = false;
    if (engine !== "local") this.#apply({ engine: "local" });
  }

  #statusChanged({ detail: status }: CustomEvent<Status>): void {
    const before = this.status.state;
    const wasAway = this.#away;
    this.status = status;
    if (this.#away !== wasAway && status.state === "running") this.#sayExplained();
    if (status.state === before) return;
    if (status.state === "starting") {
      this.problem = undefined;
      this.timings = undefined;
      this.#hearing = undefined;
    }
    if (status.state === "running") {
      // Whoever listens to one of them may choose another; loading one again costs nothing.
      if (this.source.kind === "sound") loadAhead(this.#sounds);
      this.announcement = words.page.spoken.listeningTo(status.source);
      void this.#listMicrophones();
      // Not there yet when the page opened; the start found it.
      if (!this.pack && this.explainer) void this.#loadPack(this.explainer);
    }
    if (status.state === "stopped") {
      this.announcement = words.page.spoken[status.reason === "ended" ? "ended" : "stopped"];
    }
  }

  /** At once, unlike a label, which may flicker. */
  #sayExplained(): void {
    const { headline, sentence } = words.page.unexplained;
    this.announcement = this.#away ? `${headline}. ${sentence}` : words.page.spoken.explained;
  }

  #decided({ detail: hearing }: CustomEvent<Hearing>): void {
    this.#hearing = hearing;
    this.requestUpdate();
    const { verdict } = hearing;
    if (!verdict) return;
    const heard = [verdictText(verdict).headline, alsoNames(verdict)].filter((each) => each !== "");
    const sentence = words.page.spoken.hears(heard.join(", "));
    this.announcement = this.#announcer.offer(sentence, performance.now()) ?? this.announcement;
  }

  #failed({ detail: problem }: CustomEvent<Problem>): void {
    this.problem = problem;
  }

  readonly #listMicrophones = async (): Promise<void> => {
    this.microphones = (await this.explainer?.microphones().catch(() => [])) ?? [];
  };

  #chooseSource(kind: SourceKind): void {
    if (kind === this.source.kind) return;
    this.source = { ...this.source, kind };
    if (kind === "microphone") void this.#listMicrophones();
    // The old source is stopped, and the new one waits for Start: nobody's microphone opens by surprise.
    if (this.#busy) this.#stop();
  }

  #playFile(file: File): void {
    this.source = { ...this.source, kind: "file", file };
    this.#start();
  }

  #choose(change: Partial<Choices>): void {
    this.#apply(change);
    rememberChoices(change);
  }

  #apply(change: Partial<Choices>): void {
    this.choices = { ...this.choices, ...change };
  }

  #startStop(): void {
    if (this.#busy) this.#stop();
    else if (this.source.kind === "file" && !this.source.file) {
      this.renderRoot.querySelector("source-panel")?.pickFile();
    } else this.#start();
  }

  #restartIfBusy(): void {
    if (this.#busy) this.#start();
  }

  #start(): void {
    const source = sourceOf(this.source);
    if (source) void this.#explained?.start(source);
  }

  #stop(): void {
    void this.#explained?.stop();
  }

  get #explained(): ListenableExplainer | null {
    return this.renderRoot.querySelector("listenable-explainer");
  }

  readonly #keyPressed = (event: KeyboardEvent): void => {
    if (!this.shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return;
    const listening = chosenByKey(listenings, event.key);
    if (listening) this.#choose({ listening });
    if (event.key.toLowerCase() === FREEZE_KEY.toLowerCase()) {
      void this.renderRoot.querySelector("freeze-moment")?.freeze();
    }
  };
}
