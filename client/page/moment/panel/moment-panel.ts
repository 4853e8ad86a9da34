import { html, nothing, type PropertyValues } from "lit";
import { customElement, property, query, queryAll, state } from "lit/decorators.js";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { numbers, words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import { type Listening, listenings, type Moment } from "../../../live/live-explainer.ts";
import { chosenByKey } from "../../choice-keys.ts";
import { matchingGains } from "../match-loudness.ts";
import type { MomentClient } from "../moment-client.ts";
import { MomentPlayer } from "../moment-player.ts";
import { type SampleSpan, wholeOf } from "../version.ts";
import { MomentDrawing, type MomentView, momentViews } from "./moment-drawing.ts";
import { type MomentEvents, tell } from "./moment-events.ts";
import { type Shown, SIDE_NAMES } from "./moment-exports.ts";
import type { MomentSide } from "./moment-side.ts";
import { MomentSides } from "./moment-sides.ts";
import type { MomentTransport } from "./moment-transport.ts";
import { sourceName } from "./moment-words.ts";
import { panelStyles } from "./panel-styles.ts";
import { secondsText } from "./time.ts";
import "./moment-keep.ts";
import "./moment-side.ts";
import "./moment-transport.ts";

/**
 * A frozen moment over the page, which goes on listening: seen, played, explained otherwise, kept.
 *
 * For tests the host carries `data-playing` (original, explanation, rest or empty), `data-side` (0 or 1) and `data-busy`.
 */
@customElement("moment-panel")
export class MomentPanel extends WordsElement {
  static override styles = [sharedStyles, panelStyles];

  @property({ attribute: false }) moment!: Moment;
  /** Explains anew; the panel's owner closes it. */
  @property({ attribute: false }) client!: MomentClient;
  /** 0 to 1. */
  @property({ type: Number }) volume = 1;
  @property() listening: Listening = "explanation";
  /** Whether keys do anything but what browsers do with them. */
  @property({ type: Boolean }) shortcuts = true;
  @state() private span!: SampleSpan;
  @state() private view: MomentView = "overlay";
  @state() private loop = true;
  @state() private match = true;
  @state() private playing = false;
  /** Which explanation is heard. */
  @state() private heardSide = 0;
  @state() private problem = "";
  @query("dialog") private dialog!: HTMLDialogElement;
  @query("moment-transport") private transport!: MomentTransport;
  @queryAll("moment-side") private sideElements!: NodeListOf<MomentSide>;

  #drawing!: MomentDrawing;
  #sides!: MomentSides;
  #cursorRequest = 0;
  #lastMatched: {
    readonly span: SampleSpan;
    readonly sounds: readonly Float32Array[];
    readonly gains: readonly number[];
  } | null = null;
  readonly #player = new MomentPlayer(() => this.#soundChanged());

  constructor() {
    super();
    this.addEventListener("choose-span", (event) => {
      const { span, done } = (event as CustomEvent<MomentEvents["choose-span"]>).detail;
      this.span = span;
      // What plays follows when the hand is off, so that it does not stutter.
      if (done && this.playing) void this.#play();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#cursorRequest);
    void this.#player.close();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("moment")) {
      this.span = wholeOf(this.moment);
      this.#drawing = new MomentDrawing(this.moment);
      this.#sides = new MomentSides(this.moment, this.client, () => this.#sidesChanged());
    }
    if (changed.has("volume")) this.#player.setVolume(this.volume);
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
    // On Play, not on Close, which comes first.
    void this.transport.updateComplete.then(() => this.transport.focus());
    this.#sides.begin();
  }

  protected override updated(): void {
    this.dataset["playing"] = this.playing ? this.listening : "";
    this.dataset["side"] = String(this.heardSide);
    this.dataset["busy"] = this.#sides.busy ? "yes" : "";
  }

  override render() {
    const { moment } = this;
    const clock = numbers.clock(new Date(moment.facts.frozenAt));
    const seconds = secondsText(moment.original.length / moment.sampleRate);
    const { sides } = this.#sides;
    return html`
      <dialog aria-labelledby="title" @close=${this.#closed} @keydown=${this.#keyed}>
        <header>
          <div>
            <h2 id="title">${words.moment.title}</h2>
            <p class="soft">
              ${words.moment.facts(seconds, clock, sourceName(moment))} ${moment.facts.mixed ? words.moment.mixed : ""}
            </p>
          </div>
          <button @click=${() => this.dialog.close()}>${words.moment.close}</button>
        </header>
        <moment-transport
          .listening=${this.listening}
          .playing=${this.playing}
          .sides=${sides.map((_, k) => SIDE_NAMES[k])}
          .side=${this.heardSide}
          .shortcuts=${this.shortcuts}
          @toggle-moment=${() => this.#toggle()}
          @hear-sound=${(event: CustomEvent<MomentEvents["hear-sound"]>) => this.#listenTo(event.detail)}
          @hear-side=${(event: CustomEvent<MomentEvents["hear-side"]>) => this.#hear(event.detail)}
        ></moment-transport>
        <div class="sides ${sides.length > 1 ? "two" : ""}">
          ${sides.map(
            (side, k) => html`
              <moment-side
                .moment=${moment}
                .drawing=${this.#drawing}
                .side=${side}
                .span=${this.span}
                .view=${this.view}
                .name=${sides.length > 1 ? SIDE_NAMES[k] : ""}
                @choose-version=${(event: CustomEvent<MomentEvents["choose-version"]>) =>
                  this.#sides.choose(k, event.detail)}
              ></moment-side>
            `,
          )}
        </div>
        ${this.#settings()}
        <moment-keep .shown=${this.#shown} .side=${this.heardSide}></moment-keep>
        ${this.problem ? html`<p role="alert">${this.problem}</p>` : nothing}
        ${this.shortcuts ? html`<p class="soft keys">${words.moment.keys}</p>` : nothing}
      </dialog>
    `;
  }

  /** What is selected and how it is shown and played. */
  #settings() {
    const { moment, span } = this;
    const seconds = (samples: number) => secondsText(samples / moment.sampleRate);
    const two = this.#sides.sides.length > 1;
    return html`
      <div class="row">
        <span class="selected">
          ${words.moment.selected(seconds(span.from), seconds(span.to), seconds(span.to - span.from))}
        </span>
        <button class="small" @click=${() => this.#selectAll()}>${words.moment.selectAll}</button>
        <label class="check">
          <input type="checkbox" name="loop" .checked=${this.loop} @change=${() => this.#setLoop(!this.loop)} />
          ${words.moment.loop}
        </label>
        <label class="check" title=${words.moment.matchHint}>
          <input type="checkbox" name="match" .checked=${this.match} @change=${this.#setMatch} />
          ${words.moment.match}
        </label>
        <label class="field">
          ${words.moment.view}
          <select data-choice="view" @change=${this.#setView}>
            ${momentViews.map(
              (view) =>
                html`<option value=${view} .selected=${view === this.view}>${words.moment.views[view]}</option>`,
            )}
          </select>
        </label>
        <button class="small compare" @click=${() => this.#compare()}>
          ${two ? words.moment.single : words.moment.compare}
        </button>
      </div>
    `;
  }

  readonly #shown = (): Shown => {
    const { moment, span, view } = this;
    const versions = this.#sides.sides.map(({ version }) => version);
    return { moment, drawing: this.#drawing, versions, span, view };
  };

  #sidesChanged(): void {
    const { sides } = this.#sides;
    if (this.heardSide >= sides.length) this.heardSide = 0;
    this.requestUpdate();
    // Another explanation came: it is heard from where the other one was.
    const { sounds } = sides[this.heardSide].version;
    if (this.playing && this.#player.sounds !== sounds) void this.#play(this.#player.position ?? undefined);
    else this.#chooseLevels();
  }

  #toggle(): void {
    if (this.playing) {
      this.#player.stop();
      this.#soundChanged();
    } else void this.#play();
  }

  async #play(at?: number): Promise<void> {
    const { moment, span, loop } = this;
    const { sounds } = this.#sides.sides[this.heardSide].version;
    const inside = at !== undefined && at >= span.from && at < span.to ? Math.floor(at) : undefined;
    this.#chooseLevels();
    this.problem = "";
    try {
      await this.#player.play({ sounds, sampleRate: moment.sampleRate, ...span, loop, at: inside });
    } catch (error) {
      this.problem = words.moment.notPlayed(error instanceof Error ? error.message : String(error));
    }
    if (!this.isConnected) this.#player.stop();
    this.#soundChanged();
  }

  /** It began or ended to sound. */
  #soundChanged(): void {
    const { playing } = this.#player;
    if (playing !== this.playing) {
      this.playing = playing;
      tell(this, "moment-sounds", playing);
    }
    if (this.#cursorRequest === 0) this.#followCursor();
  }

  #followCursor(): void {
    const sample = this.#player.position;
    for (const side of this.sideElements) side.showCursor(sample);
    this.#cursorRequest = sample === null ? 0 : requestAnimationFrame(() => this.#followCursor());
  }

  /** Where loudness is matched, all sounds that can be heard here are brought to one, so that sides can be compared too. */
  #chooseLevels(): void {
    const gains = this.match ? this.#matched() : [1];
    const level = (k: number) => gains[k] ?? 1;
    const explanation = 1 + 2 * this.heardSide;
    this.#player.choose(this.listening, {
      original: level(0),
      explanation: level(explanation),
      rest: level(explanation + 1),
    });
  }

  /** Of the original, then of explanation and rest of each side; some ten milliseconds each, so only when they change. */
  #matched(): readonly number[] {
    const { moment, span } = this;
    const versions = this.#sides.sides.map(({ version }) => version.sounds);
    const sounds = [moment.original, ...versions.flatMap(({ explanation, rest }) => [explanation, rest])];
    const matched = this.#lastMatched;
    const same =
      matched?.span === span &&
      matched.sounds.length === sounds.length &&
      matched.sounds.every((sound, k) => sound === sounds[k]);
    if (same) return matched.gains;
    const parts = sounds.map((samples) => samples.subarray(span.from, span.to));
    const gains = matchingGains(parts, moment.sampleRate);
    this.#lastMatched = { span, sounds, gains };
    return gains;
  }

  #listenTo(listening: Listening): void {
    this.listening = listening;
    this.#chooseLevels();
  }

  #hear(side: number): void {
    this.heardSide = side;
    if (this.playing) void this.#play(this.#player.position ?? undefined);
  }

  #setLoop(loop: boolean): void {
    this.loop = loop;
    if (this.playing) void this.#play(this.#player.position ?? undefined);
  }

  readonly #setMatch = (): void => {
    this.match = !this.match;
    this.#chooseLevels();
  };

  readonly #setView = (event: Event): void => {
    this.view = (event.target as HTMLSelectElement).value as MomentView;
  };

  #selectAll(): void {
    this.span = wholeOf(this.moment);
    if (this.playing) void this.#play();
  }

  #compare(): void {
    if (this.#sides.sides.length > 1) this.#sides.single(this.heardSide);
    else this.#sides.compare();
  }

  readonly #closed = (): void => {
    this.#player.stop();
    this.#soundChanged();
    tell(this, "close-moment", undefined);
  };

  readonly #keyed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    if (!this.shortcuts || target instanceof HTMLSelectElement) return;
    const listening = chosenByKey(listenings, event.key);
    const pressable = target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
    if (listening) this.#listenTo(listening);
    else if (event.key === " " && !pressable) this.#toggle();
    else if (event.key === "l") this.#setLoop(!this.loop);
    else if (event.key === "s" && this.#sides.sides.length > 1) this.#hear(1 - this.heardSide);
    else return;
    // The page under it has the same keys.
    event.preventDefault();
  };
}
