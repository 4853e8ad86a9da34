import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Observable } from "rxjs";
import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import { sharedStyles } from "../components/shared-styles.ts";
import { kilohertz, percent } from "../format.ts";
import { StreamController } from "../stream-controller.ts";
import { FrequencyAxis, frequencyTicks, timeTicks } from "./axis.ts";
import { openPicture, openPictureInPage, type PictureHost } from "./picture-host.ts";
import { PictureSize } from "./picture-size.ts";

/** The live spectrogram with the mask drawn over it, its axes and the control of the mask's strength. */
@customElement("spectrogram-view")
export class SpectrogramView extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      figure {
        margin: 0;
      }
      .plot {
        display: grid;
        grid-template-columns: 1.75rem minmax(0, 1fr);
        grid-template-rows: clamp(12rem, 36vh, 24rem) 1.5rem;
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
      .axis {
        position: relative;
        color: var(--soft);
        font-size: 0.75rem;
        line-height: 1;
        font-variant-numeric: tabular-nums;
      }
      .axis span {
        position: absolute;
        white-space: nowrap;
      }
      .frequency span {
        top: clamp(0px, var(--at) - 0.375rem, 100% - 0.75rem);
        right: 0;
      }
      .time {
        grid-column: 2;
        margin-top: 0.375rem;
      }
      .time span {
        left: var(--at);
        transform: translateX(-50%);
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
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem 1.5rem;
        align-items: center;
        margin-top: 0.375rem;
      }
      figcaption {
        display: flex;
        flex: 1 1 auto;
        flex-wrap: wrap;
        gap: 0.125rem 1.25rem;
      }
      .key {
        display: inline-flex;
        gap: 0.5rem;
        align-items: center;
      }
      .swatch {
        width: 2.25rem;
        height: 0.75rem;
        border-radius: 0.1875rem;
      }
      .kept {
        border: 1.5px solid #3fc9b2;
        background: linear-gradient(90deg, #51127c, #b73779, #fc8961, #fcfdbf);
      }
      .left-out {
        background: linear-gradient(90deg, #17171a, #3c3c42, #6f6f76);
      }
      .strength {
        display: grid;
        flex: 0 1 15rem;
        grid-template-columns: auto minmax(5rem, 1fr);
        gap: 0.625rem;
        align-items: center;
      }
    `,
  ];

  @property({ attribute: false }) columns: Observable<SpectrogramColumns> | undefined;
  /** The same by a port for each stream, so that the picture needs nothing of this thread. */
  @property({ attribute: false }) ports: Observable<MessagePort> | undefined;
  /** Of the script that draws in a worker. */
  @property({ attribute: false }) workerUrl = new URL("picture.js", import.meta.url);
  /** The picture and its axes alone, as high as the element is. */
  @property({ type: Boolean, reflect: true }) plain = false;
  @property({ type: Number }) sampleRate = 16_000;
  @property({ type: Number }) hop = 128;
  @property({ type: Number }) bins = 257;
  /** 0 to 1: how strongly the mask covers what it takes away. */
  @state() private overlay = 1;
  /** Of the picture: columns, and rows in pixels. */
  @state() private size = { columns: 640, rows: 320 };
  @state() private still = false;
  @state() private empty = true;

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
    this.#open();
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
    if (["bins", "sampleRate", "hop", "size"].some((name) => changed.has(name))) this.#sendAxis();
    if (changed.has("overlay") || changed.has("still")) this.#sendLook();
  }

  get #takesPorts(): boolean {
    return this.ports !== undefined && this.#host?.take != null;
  }

  /** A canvas that once drew in a worker can do nothing else afterwards, so each picture has its own. */
  #open(): void {
    this.#host?.close();
    const canvas = document.createElement("canvas");
    this.#canvas = canvas;
    const lost = () => {
      if (this.#canvas !== canvas) return;
      this.#inPage = true;
      this.#open();
    };
    this.#host = this.#inPage ? openPictureInPage(canvas) : openPicture(canvas, this.workerUrl, lost);
    this.dataset.drawn = this.#host.where;
    this.#sizing.follow(canvas);
    this.#sendAxis();
    this.#sendLook();
    this.requestUpdate();
  }

  #sendAxis(): void {
    const { bins, sampleRate, hop, size } = this;
    this.#host?.send({ type: "axis", axis: { bins, sampleRate, hop, scale: "mel", rows: size.rows } });
    this.#host?.send({ type: "width", width: size.columns });
  }

  #sendLook(): void {
    const { overlay, still } = this;
    this.#host?.send({ type: "look", look: { view: "explanation", overlay, still } });
  }

  override render() {
    const axis = new FrequencyAxis(1, this.bins, this.sampleRate);
    const seconds = (this.size.columns * this.hop) / this.sampleRate;
    return html`
      <figure>
        <div class="plot">
          <div class="axis frequency" aria-hidden="true">
            ${frequencyTicks(axis).map(
              (hz) =>
                html`<span .style=${`--at: ${(100 * axis.fromTop(hz)).toFixed(2)}%`}>${kilohertz(hz)}</span>`,
            )}
          </div>
          <div class="picture">
            <div
              class="canvas"
              role="img"
              aria-label=${`Spectrogram of the last ${Math.round(seconds)} seconds, 0 to ${kilohertz(this.sampleRate / 2)} kilohertz. Parts that belong to the explanation are in colour, the rest is grey.`}
            >
              ${this.#canvas}
            </div>
            ${
              this.empty && !this.plain
                ? html`<p class="hint">Here the sound becomes a picture: time runs to the right, high notes are at the top.</p>`
                : nothing
            }
          </div>
          <div class="unit" aria-hidden="true">kHz</div>
          <div class="axis time" aria-hidden="true">${this.#timeLabels(seconds)}</div>
        </div>
        ${this.plain ? nothing : this.#below()}
      </figure>
    `;
  }

  #below() {
    return html`
      <div class="below">
        <figcaption class="soft">
          <span class="key"><span class="swatch kept"></span>made it decide</span>
          <span class="key"><span class="swatch left-out"></span>left out</span>
        </figcaption>
        <label class="strength soft">
          Show the mask
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
      </div>
    `;
  }

  #timeLabels(seconds: number) {
    const ticks = timeTicks(seconds);
    if (this.still) {
      return ticks.map(
        (t) => html`<span .style=${`--at: ${((100 * t) / seconds).toFixed(2)}%`}>${t} s</span>`,
      );
    }
    return html`
      ${ticks.map((t) => html`<span .style=${`--at: ${(100 * (1 - t / seconds)).toFixed(2)}%`}>−${t} s</span>`)}
      <span class="end">now</span>
    `;
  }

  #overlayChanged(event: Event): void {
    this.overlay = Number((event.target as HTMLInputElement).value) / 100;
  }
}
