import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Observable } from "rxjs";
import type { SpectrogramColumns } from "../../live/live-explainer.ts";
import { sharedStyles } from "../components/shared-styles.ts";
import { kilohertz, percent } from "../format.ts";
import { StreamController } from "../stream-controller.ts";
import { FrequencyAxis, frequencyTicks, timeTicks } from "./axis.ts";
import { ringColumns, SpectrogramPainter } from "./painter.ts";

const rows = 320;

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
  @property({ type: Number }) sampleRate = 16_000;
  @property({ type: Number }) hop = 128;
  @property({ type: Number }) bins = 257;
  /** 0 to 1: how strongly the mask covers what it takes away. */
  @state() private overlay = 1;
  /** Width of the picture in columns. */
  @state() private width = 640;
  @state() private still = false;
  @state() private empty = true;
  @query("canvas") private canvas!: HTMLCanvasElement;

  #painter: SpectrogramPainter | undefined;
  #frameRequest = 0;
  readonly #motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  readonly #motionChanged = () => {
    this.still = this.#motion.matches;
  };
  readonly #resized = new ResizeObserver(([entry]) => {
    this.width = Math.min(ringColumns, Math.max(240, Math.round(entry.contentRect.width)));
  });

  constructor() {
    super();
    new StreamController(
      this,
      () => this.columns,
      (columns) => {
        this.#painter?.push(columns);
        this.empty = false;
        this.#redraw();
      },
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#motion.addEventListener("change", this.#motionChanged);
    this.#motionChanged();
    if (this.hasUpdated) this.#resized.observe(this.canvas);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#motion.removeEventListener("change", this.#motionChanged);
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frameRequest);
    this.#frameRequest = 0;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.#painter || changed.has("bins") || changed.has("sampleRate")) {
      this.#painter = new SpectrogramPainter(new FrequencyAxis(rows, this.bins, this.sampleRate));
    }
  }

  protected override firstUpdated(): void {
    this.#resized.observe(this.canvas);
  }

  protected override updated(): void {
    this.#redraw();
  }

  override render() {
    const axis = this.#painter!.axis;
    const seconds = (this.width * this.hop) / this.sampleRate;
    return html`
      <figure>
        <div class="plot">
          <div class="axis frequency" aria-hidden="true">
            ${frequencyTicks(this.sampleRate).map(
              (hz) =>
                html`<span .style=${`--at: ${(100 * axis.fromTop(hz)).toFixed(2)}%`}>${kilohertz(hz)}</span>`,
            )}
          </div>
          <div class="picture">
          <canvas
            role="img"
            aria-label=${`Spectrogram of the last ${Math.round(seconds)} seconds, 0 to ${kilohertz(this.sampleRate / 2)} kilohertz. Parts that belong to the explanation are in colour, the rest is grey.`}
            width=${this.width}
            height=${rows}
          ></canvas>
            ${
              this.empty
                ? html`<p class="hint">Here the sound becomes a picture: time runs to the right, high notes are at the top.</p>`
                : nothing
            }
          </div>
          <div class="unit" aria-hidden="true">kHz</div>
          <div class="axis time" aria-hidden="true">${this.#timeLabels(seconds)}</div>
        </div>
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
      </figure>
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

  /** Draws once before the next repaint, however many columns came. */
  #redraw(): void {
    if (this.#frameRequest !== 0 || !this.isConnected) return;
    this.#frameRequest = requestAnimationFrame(() => {
      this.#frameRequest = 0;
      const context = this.canvas?.getContext("2d");
      if (context) this.#painter?.draw(context, this.overlay, this.still);
    });
  }
}
