import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Observable } from "rxjs";
import { isExplained } from "../../../protocol/mask-state.ts";
import type { Listening, SpectrogramColumns } from "../../live/live-explainer.ts";
import { hertz, kilohertz, percent } from "../format.ts";
import { sharedStyles } from "../shared-styles.ts";
import { StreamController } from "../stream-controller.ts";
import { words } from "../words/words.ts";
import { WordsElement } from "../words/words-element.ts";
import { FrequencyAxis, type FrequencyScale, frequencyScales, frequencyTicks, timeTicks } from "./axis.ts";
import { axisStyles } from "./axis-styles.ts";
import { openPicture, openPictureInPage, type PictureHost } from "./picture-host.ts";
import { PictureSize } from "./picture-size.ts";

/** What is in colour: what is listened to, or always the same. */
type View = Listening | "listening";
const views: readonly View[] = ["listening", "original", "explanation", "rest"];

/**
 * The live spectrogram with the mask drawn over it, its axes and the controls of what it shows. A worker draws it where
 * there can be one, which `data-drawn` tells: "worker" or "page".
 */
@customElement("spectrogram-view")
export class SpectrogramView extends WordsElement {
  static override styles = [
    sharedStyles,
    axisStyles,
    css`
      figure {
        margin: 0;
      }
      .plot {
        display: grid;
        grid-template-columns: 2rem minmax(0, 1fr);
        grid-template-rows: var(--picture-height, clamp(12rem, 36vh, 64rem)) 1.375rem;
        column-gap: 0.375rem;
      }
      :host([plain]) figure,
      :host([plain]) .plot {
        height: 100%;
      }
      :host([plain]) .plot {
        grid-template-rows: minmax(0, 1fr) 2em;
        grid-template-columns: 2.5em minmax(0, 1fr);
      }
      :host([plain]) :is(.axis, .unit) {
        font-size: 1em;
      }
      .picture {
        position: relative;
      }
      .hint {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        padding: 1rem 10%;
        color: #c9c3d4;
        text-align: center;
        text-wrap: balance;
      }
      .canvas {
        height: 100%;
      }
      canvas {
        display: block;
        width: 100%;
        height: 100%;
        border-radius: 0.5rem;
        background: #08060d;
      }
      .time span.end {
        right: 0;
        left: auto;
        transform: none;
      }
      .unit {
        margin-top: 0.375rem;
        color: var(--soft);
        font-size: 0.75rem;
        line-height: 1;
        text-align: right;
      }
      .below {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(8rem, 16rem) auto;
        gap: 0.25rem 1.5rem;
        align-items: center;
        min-height: 2.25rem;
        margin-top: 0.25rem;
      }
      figcaption {
        display: flex;
        flex-wrap: wrap;
        gap: 0.125rem 1.25rem;
      }
      .key {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
      }
      .swatch {
        box-sizing: border-box;
        border: 1px solid var(--line);
        width: 2.25rem;
        height: 0.75rem;
        border-radius: 0.1875rem;
      }
      .kept {
        background: linear-gradient(90deg, #51127c, #b73779, #fc8961, #fcfdbf);
      }
      .outlined {
        border: 2px solid #3fc9b2;
      }
      .left-out {
        background: linear-gradient(90deg, #17171a, #3c3c42, #6f6f76);
      }
      .hatched {
        background: repeating-linear-gradient(45deg, #2a2a30 0 3px, #a8a2b6 3px 5px);
      }
      .strength {
        display: grid;
        grid-template-columns: auto minmax(3.5rem, 1fr);
        gap: 0.625rem;
        align-items: center;
      }
      button {
        min-height: 2.25rem;
        padding: 0.25rem 0.75rem;
        border-color: var(--line);
        font-size: 0.875rem;
      }
      button[aria-expanded="true"] {
        border-color: var(--accent);
        background: var(--tint);
        color: var(--accent-strong);
      }
      .more {
        display: flex;
        grid-column: 1 / -1;
        flex-wrap: wrap;
        gap: 0.5rem 1.5rem;
      }
      .more label {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 0.625rem;
        align-items: center;
      }
      @media (max-width: 40rem) {
        .plot {
          grid-template-columns: 1.625rem minmax(0, 1fr);
          grid-template-rows: var(--picture-height, clamp(11rem, 30vh, 20rem)) 1.375rem;
        }
        .below {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        figcaption {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) columns: Observable<SpectrogramColumns> | undefined;
  /** The same by a port for each stream, so that the picture needs nothing of this thread. */
  @property({ attribute: false }) ports: Observable<MessagePort> | undefined;
  /** Of the script that draws in a worker. */
  @property({ attribute: false }) workerUrl = new URL("./picture.js", import.meta.url);
  /** The picture and its axes alone, as high as the element is. */
  @property({ type: Boolean, reflect: true }) plain = false;
  @property({ type: Number }) sampleRate = 16_000;
  @property({ type: Number }) hop = 128;
  @property({ type: Number }) bins = 257;
  /** What is listened to. */
  @property() listening: Listening = "explanation";
  @state() private chosen: View = "listening";
  @state() private scale: FrequencyScale = "mel";
  /** 0 to 1: how strongly the mask covers what it takes away. */
  @state() private overlay = 1;
  /** Of the picture: columns, and rows in pixels. */
  @state() private size = { columns: 640, rows: 320 };
  @state() private still = false;
  /** Whether the lesser controls are shown. */
  @state() private open = false;
  @state() private empty = true;
  /** Whether columns without a mask are in the picture. */
  @state() private hatched = false;

  /** The frame after the last column without a mask. */
  #hatchedUntil = 0;
  #canvas = document.createElement("canvas");
  #host: PictureHost | undefined;
  /** Whether a worker was tried and could not draw. */
  #inPage = false;
  readonly #motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  readonly #motionChanged = () => {
    this.still = this.#motion.matches;
  };
  readonly #sizing = new PictureSize((size) => {
    this.size = size;
  });

  constructor() {
    super();
    new StreamController(
      this,
      () => this.columns,
      (columns) => {
        this.empty = false;
        this.#followHatched(columns);
        // With ports, a worker has them already.
        if (!this.#takesPorts) this.#host?.send({ type: "columns", columns });
      },
    );
    new StreamController(
      this,
      () => (this.#takesPorts ? this.ports : undefined),
      (port) => this.#host?.take?.(port),
    );
  }

  /** Drawn since the picture was opened. */
  pictures(): Promise<number> {
    return this.#host?.pictures() ?? Promise.resolve(0);
  }

  override connectedCallback(): void {
    // Before the streams are followed: what they bring needs a place.
    this.#openPicture();
    super.connectedCallback();
    this.#motion.addEventListener("change", this.#motionChanged);
    this.#motionChanged();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#motion.removeEventListener("change", this.#motionChanged);
    this.#sizing.stop();
    this.#host?.close();
    this.#host = undefined;
  }

  protected override updated(changed: PropertyValues): void {
    if (["bins", "sampleRate", "hop", "size", "scale"].some((name) => changed.has(name))) this.#sendAxis();
    if (["overlay", "still", "chosen", "listening"].some((name) => changed.has(name))) this.#sendLook();
  }

  #followHatched({ firstFrame, frames, states }: SpectrogramColumns): void {
    // Frames that run backwards are another stream.
    if (firstFrame < this.#hatchedUntil) this.#hatchedUntil = 0;
    states?.forEach((state, k) => {
      if (!isExplained(state)) this.#hatchedUntil = firstFrame + k + 1;
    });
    this.hatched = this.#hatchedUntil > Math.max(0, firstFrame + frames - this.size.columns);
  }

  get #view(): Listening {
    return this.chosen === "listening" ? this.listening : this.chosen;
  }

  get #takesPorts(): boolean {
    return this.ports !== undefined && this.#host?.take != null;
  }

  /** A canvas that once drew in a worker can do nothing else afterwards, so each picture has its own. */
  #openPicture(): void {
    this.#host?.close();
    const canvas = document.createElement("canvas");
    this.#canvas = canvas;
    const lost = () => {
      if (this.#canvas !== canvas) return;
      this.#inPage = true;
      this.#openPicture();
    };
    this.#host = this.#inPage ? openPictureInPage(canvas) : openPicture(canvas, this.workerUrl, lost);
    this.dataset["drawn"] = this.#host.where;
    this.#sizing.follow(canvas);
    this.#sendAxis();
    this.#sendLook();
    this.requestUpdate();
  }

  #sendAxis(): void {
    const { bins, sampleRate, hop, scale, size } = this;
    this.#host?.send({ type: "axis", axis: { bins, sampleRate, hop, scale, rows: size.rows } });
    this.#host?.send({ type: "width", width: size.columns });
  }

  #sendLook(): void {
    const { overlay, still } = this;
    this.#host?.send({ type: "look", look: { view: this.#view, overlay, still } });
  }

  override render(): TemplateResult {
    const axis = new FrequencyAxis(1, this.bins, this.sampleRate, this.scale);
    const seconds = (this.size.columns * this.hop) / this.sampleRate;
    const seen = words.picture.label(Math.round(seconds), kilohertz(this.sampleRate / 2), this.#view);
    const label = this.hatched ? `${seen} ${words.picture.hatchedToo}` : seen;
    return html`
      <figure>
        <div class="plot">
          <div class="axis frequency" aria-hidden="true">
            ${frequencyTicks(axis).map(
              (hz) =>
                html`<span .style=${`--at: ${(100 * axis.fromTop(hz)).toFixed(2)}%`}>${hertz(hz)}</span>`,
            )}
          </div>
          <div class="picture">
            <div class="canvas" role="img" aria-label=${label}>${this.#canvas}</div>
            ${this.empty && !this.plain ? html`<p class="hint">${words.picture.hint}</p>` : nothing}
          </div>
          <div class="unit" aria-hidden="true">${words.picture.hertz}</div>
          <div class="axis time" aria-hidden="true">${this.#timeLabels(seconds)}</div>
        </div>
        ${this.plain ? nothing : this.#below()}
      </figure>
    `;
  }

  #below() {
    return html`
      <div class="below soft">
        <figcaption>${this.#legend()}</figcaption>
        ${this.#controls()}
      </div>
    `;
  }

  #legend() {
    const key = (kind: string, text: string) =>
      html`<span class="key"><span class="swatch ${kind}"></span>${text}</span>`;
    const hatched = this.hatched ? key("hatched", words.picture.hatched) : nothing;
    switch (this.#view) {
      case "original":
        return [key("kept outlined", words.picture.outlined), hatched];
      case "explanation":
        return [key("kept outlined", words.picture.made), key("left-out", words.picture.leftOut), hatched];
      case "rest":
        return [key("kept", words.picture.leftOut), key("left-out outlined", words.picture.made), hatched];
      default:
        return this.#view satisfies never;
    }
  }

  #controls() {
    return html`
      <label class="strength">
        ${words.picture.mask}
        <input
          type="range"
          min="0"
          max="100"
          step="5"
          aria-valuetext=${percent(this.overlay)}
          .value=${String(Math.round(this.overlay * 100))}
          @input=${this.#overlayChanged}
        />
      </label>
      <button type="button" aria-expanded=${this.open} aria-controls="more" @click=${this.#toggle}>
        ${words.picture.more}
      </button>
      <div class="more" id="more" ?hidden=${!this.open}>
        <label>
          ${words.picture.view}
          <select data-value="view" @change=${this.#viewChanged}>
            ${views.map((view) => html`<option value=${view} ?selected=${view === this.chosen}>${words.picture.views[view]}</option>`)}
          </select>
        </label>
        <label>
          ${words.picture.scale}
          <select data-value="scale" @change=${this.#scaleChanged}>
            ${frequencyScales.map((scale) => html`<option value=${scale} ?selected=${scale === this.scale}>${words.picture.scales[scale]}</option>`)}
          </select>
        </label>
      </div>
    `;
  }

  #timeLabels(seconds: number) {
    const ticks = timeTicks(seconds);
    const span = (share: number, text: string) =>
      html`<span .style=${`--at: ${(100 * share).toFixed(2)}%`}>${text}</span>`;
    if (this.still) return ticks.map((t) => span(t / seconds, words.picture.after(t)));
    return html`
      ${ticks.map((t) => span(1 - t / seconds, words.picture.ago(t)))}
      <span class="end">${words.picture.now}</span>
    `;
  }

  #toggle(): void {
    this.open = !this.open;
  }

  #viewChanged(event: Event): void {
    this.chosen = (event.target as HTMLSelectElement).value as View;
  }

  #scaleChanged(event: Event): void {
    this.scale = (event.target as HTMLSelectElement).value as FrequencyScale;
  }

  #overlayChanged(event: Event): void {
    this.overlay = Number((event.target as HTMLInputElement).value) / 100;
  }
}
