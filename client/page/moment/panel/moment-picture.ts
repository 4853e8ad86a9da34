import { html, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { kilohertz, percent } from "../../../kit/format.ts";
import { sharedStyles } from "../../../kit/shared-styles.ts";
import { frequencyTicks } from "../../../kit/spectrogram/axis.ts";
import { axisStyles } from "../../../kit/spectrogram/axis-styles.ts";
import { words } from "../../../kit/words/words.ts";
import { WordsElement } from "../../../kit/words/words-element.ts";
import type { Moment } from "../../../live/live-explainer.ts";
import type { MomentVersion, SampleSpan } from "../version.ts";
import { heardStretches } from "./heard-stretches.ts";
import { type MomentDrawing, type MomentView, momentRows } from "./moment-drawing.ts";
import { tell } from "./moment-events.ts";
import { labelName } from "./moment-words.ts";
import { pictureStyles } from "./picture-styles.ts";
import { secondsText, secondTicks } from "./time.ts";

/** Shorter selections are taken for a slip of the hand: they select everything. */
const SHORTEST_SECONDS = 0.05;
const STEP_SECONDS = 0.05;
const PAGE_SECONDS = 0.5;

type End = "from" | "to";

/** The frozen spectrogram with its axes, the selected span and the place that is heard. */
@customElement("moment-picture")
export class MomentPicture extends WordsElement {
  static override styles = [sharedStyles, axisStyles, pictureStyles];

  @property({ attribute: false }) moment!: Moment;
  @property({ attribute: false }) drawing!: MomentDrawing;
  @property({ attribute: false }) version!: MomentVersion;
  @property({ attribute: false }) span!: SampleSpan;
  @property() view: MomentView = "overlay";
  /** The name of what explains it. */
  @property() explainer = "";
  @state() private drawn = false;
  @query("canvas") private canvas!: HTMLCanvasElement;
  @query(".picture") private picture!: HTMLElement;
  @query(".cursor") private cursor!: HTMLElement;

  #abort = new AbortController();
  /** What stays where it is, what moves, and how many samples that is from the pointer. */
  #drag: { readonly anchor: number; readonly end: End | null; readonly pointerToEnd: number } | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#abort.abort();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("version") || changed.has("view") || changed.has("drawing")) void this.#draw();
  }

  /** The sample that is heard now; null where nothing is. */
  showCursor(sample: number | null): void {
    if (!this.cursor) return;
    this.cursor.hidden = sample === null;
    if (sample !== null) this.cursor.style.transform = `translateX(${this.#percent(sample)})`;
  }

  override render() {
    const { moment, span } = this;
    const { sampleRate } = moment;
    const seconds = moment.original.length / sampleRate;
    const label = words.moment.picture(this.explainer, secondsText(seconds), kilohertz(sampleRate / 2));
    return html`
      <div class="plot">
        ${this.#heard()}
        <div class="axis frequency" aria-hidden="true">
          ${frequencyTicks(this.drawing.axis).map(
            (hz) =>
              html`<span .style=${`--at: ${(100 * this.drawing.axis.fromTop(hz)).toFixed(2)}%`}>${kilohertz(hz)}</span>`,
          )}
        </div>
        <div
          class="picture"
          data-drawn=${this.drawn ? "yes" : "no"}
          @pointerdown=${this.#pressed}
          @pointermove=${this.#moved}
          @pointerup=${this.#released}
          @pointercancel=${this.#released}
        >
          <canvas role="img" aria-label=${label} width=${this.drawing.columns} height=${momentRows}></canvas>
          <div class="outside before" .style=${`--from: 0%; --to: ${this.#percent(span.from)}`}></div>
          <div class="outside after" .style=${`--from: ${this.#percent(span.to)}; --to: 100%`}></div>
          <div class="cursor" hidden></div>
          ${this.#handle("from", words.moment.selectFrom)} ${this.#handle("to", words.moment.selectTo)}
        </div>
        <div class="unit" aria-hidden="true">kHz</div>
        <div class="axis time" aria-hidden="true">
          ${secondTicks(seconds).map(
            (t) => html`<span .style=${`--at: ${((100 * t) / seconds).toFixed(2)}%`}>${t} s</span>`,
          )}
        </div>
      </div>
    `;
  }

  #heard() {
    const { moment } = this;
    const stretches = heardStretches(moment);
    const names = [...new Set(stretches.filter(({ sure }) => sure).map(({ target }) => target))];
    const spoken = words.moment.took(names.map((target) => labelName(moment.pack, target)));
    return html`
      <div class="heard" role="img" aria-label=${spoken}>
        ${stretches.map(({ target, sure, probability, from, to }) => {
          const name = labelName(moment.pack, target);
          const style = `--from: ${this.#percent(from)}; --width: ${this.#percent(to - from)}`;
          return html`<span class=${sure ? "sure" : ""} title=${`${name}, ${percent(probability)}`} .style=${style}>${name}</span>`;
        })}
      </div>
    `;
  }

  #handle(end: End, label: string) {
    const { moment, span } = this;
    const { sampleRate } = moment;
    const seconds = (samples: number) => secondsText(samples / sampleRate);
    const least = end === "from" ? 0 : span.from;
    const most = end === "from" ? span.to : moment.original.length;
    return html`
      <div
        class="handle ${end}"
        role="slider"
        tabindex="0"
        aria-label=${label}
        aria-valuemin=${seconds(least)}
        aria-valuemax=${seconds(most)}
        aria-valuenow=${seconds(span[end])}
        aria-valuetext=${words.moment.seconds(seconds(span[end]))}
        .style=${`--at: ${this.#percent(span[end])}`}
        @keydown=${(event: KeyboardEvent) => this.#keyed(event, end)}
        @pointerdown=${(event: PointerEvent) => this.#pressed(event, end)}
      ></div>
    `;
  }

  #percent(sample: number): string {
    return `${((100 * sample) / this.moment.original.length).toFixed(3)}%`;
  }

  readonly #pressed = (event: PointerEvent, end: End | null = null): void => {
    if (event.button !== 0) return;
    event.stopPropagation();
    this.picture.setPointerCapture(event.pointerId);
    const at = this.#sampleAt(event);
    this.#drag =
      end === null
        ? { anchor: at, end, pointerToEnd: 0 }
        : { anchor: this.span[end === "from" ? "to" : "from"], end, pointerToEnd: this.span[end] - at };
  };

  readonly #moved = (event: PointerEvent): void => {
    if (this.#drag) this.#choose(this.#dragged(event), false);
  };

  readonly #released = (event: PointerEvent): void => {
    if (!this.#drag) return;
    const span = this.#dragged(event);
    const tiny = span.to - span.from < SHORTEST_SECONDS * this.moment.sampleRate;
    const chosen = !tiny ? span : this.#drag.end ? this.span : { from: 0, to: this.moment.original.length };
    this.#drag = null;
    this.#choose(chosen, true);
  };

  #dragged(event: PointerEvent): SampleSpan {
    const { anchor, pointerToEnd } = this.#drag!;
    const { length } = this.moment.original;
    const at = Math.min(length, Math.max(0, this.#sampleAt(event) + pointerToEnd));
    return { from: Math.min(anchor, at), to: Math.max(anchor, at) };
  }

  #sampleAt(event: PointerEvent): number {
    const { left, width } = this.picture.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return Math.round(share * this.moment.original.length);
  }

  #keyed(event: KeyboardEvent, end: End): void {
    const { moment, span } = this;
    const step = (seconds: number) => Math.round(seconds * moment.sampleRate);
    const moves: Record<string, number> = {
      ArrowLeft: -step(STEP_SECONDS),
      ArrowDown: -step(STEP_SECONDS),
      ArrowRight: step(STEP_SECONDS),
      ArrowUp: step(STEP_SECONDS),
      PageDown: -step(PAGE_SECONDS),
      PageUp: step(PAGE_SECONDS),
      Home: -Infinity,
      End: Infinity,
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const shortest = Math.min(step(SHORTEST_SECONDS), moment.original.length);
    const chosen =
      end === "from"
        ? { from: Math.max(0, Math.min(span.from + move, span.to - shortest)), to: span.to }
        : {
            from: span.from,
            to: Math.min(moment.original.length, Math.max(span.to + move, span.from + shortest)),
          };
    this.#choose(chosen, true);
  }

  #choose(span: SampleSpan, done: boolean): void {
    tell(this, "choose-span", { span, done });
  }

  /** Leaves the picture as it is when another drawing begins meanwhile. */
  async #draw(): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.drawn = false;
    try {
      const layer = await this.drawing.draw(this.version, this.view, abort.signal);
      this.canvas.getContext("2d")?.drawImage(layer, 0, 0);
      this.drawn = true;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  }
}
