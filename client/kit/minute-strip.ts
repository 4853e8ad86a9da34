import { css, html, nothing, svg } from "lit";
import { customElement, property } from "lit/decorators.js";
import { capitalised, className, percent } from "./format.ts";
import type { Stretch } from "./minute.ts";
import { sharedStyles } from "./shared-styles.ts";
import { words } from "./words/words.ts";
import { WordsElement } from "./words/words-element.ts";

/** Hues of the classes in the pack's order, as far apart as they go; believed classes alone have one. */
const TURN = 137.5;
/** Height of the drawing in its own units: a probability of 1. */
const HEIGHT = 100;
/** A name needs this share of the width up to the next one; all of them are in the tips and in what is spoken. */
const ROOM = 0.075;
/** Less room than this is too little on narrow screens. */
const NARROW_ROOM = 0.16;
/** Generous width of a letter, so that the newest name stays inside at the right edge. */
const LETTER_REM = 0.52;
/** Stretches of one class share a name when no more than this lies between them. */
const TOGETHER = 0.08;

/**
 * What was heard in the last minute and how sure it was: named stretches, each filled up to its probability, with the
 * line above which a class is believed, or over each stretch where classes have lines of their own. What it only guessed
 * is grey. Of several classes at once it is the one most above its line.
 */
@customElement("minute-strip")
export class MinuteStrip extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      .band {
        position: relative;
        padding-top: 1.25rem;
      }
      .course {
        position: relative;
        height: clamp(2.25rem, 6vh, 6rem);
        overflow: hidden;
        border-radius: 0.375rem;
        background: var(--sunken);
      }
      svg {
        display: block;
        width: 100%;
        height: 100%;
      }
      path {
        fill: light-dark(oklch(0.55 0.13 var(--hue)), oklch(0.7 0.13 var(--hue)));
      }
      path.guess {
        fill: var(--control);
        fill-opacity: 0.35;
      }
      line {
        stroke: var(--ink);
        stroke-dasharray: 3;
        stroke-opacity: 0.45;
        vector-effect: non-scaling-stroke;
      }
      .threshold {
        position: absolute;
        right: 0;
        bottom: var(--at);
        left: 0;
        border-top: 1px dashed var(--ink);
        opacity: 0.45;
      }
      .name {
        position: absolute;
        top: 0;
        left: var(--from);
        /* Up to the next name, and to the newest one, which stays inside and so may begin before its own place. */
        max-width: min(var(--width), 100% - var(--from) - var(--letters-of-newest));
        padding-right: 0.5rem;
        overflow: hidden;
        font-size: 0.8125rem;
        font-weight: 600;
        line-height: 1.25rem;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .name.newest {
        left: max(0px, min(var(--from), 100% - var(--letters-of-newest)));
        max-width: 100%;
        padding-right: 0;
      }
      @media (max-width: 40rem) {
        .name.tight {
          display: none;
        }
      }
      .scale {
        display: flex;
        justify-content: space-between;
        margin-top: 0.25rem;
        font-size: 0.75rem;
        line-height: 1.2;
      }
      @media (forced-colors: active) {
        path {
          fill: CanvasText;
        }
        .course {
          border: 1px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) stretches: readonly Stretch[] = [];
  @property({ attribute: false }) labels: readonly string[] = [];
  /** From which each of the labels is believed. */
  @property({ attribute: false }) thresholds: readonly number[] = [];
  /** The newest frame, and how many a minute has. */
  @property({ type: Number }) now = 0;
  @property({ type: Number }) frames = 1;

  override render() {
    const believed = this.stretches.filter(({ label }) => label !== undefined);
    const [threshold = 0.5, ...others] = new Set(this.thresholds);
    return html`
      <div class="band" role="img" aria-label=${this.#spoken(believed)}>
        ${this.#names(believed)}
        <div class="course">
          <svg viewBox="0 0 ${this.frames} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
            ${this.stretches.map((stretch) => this.#area(stretch))}
            ${others.length > 0 ? believed.map((stretch) => this.#line(stretch)) : nothing}
          </svg>
          ${
            others.length > 0
              ? nothing
              : html`<div class="threshold" .style=${`--at: ${(100 * threshold).toFixed(1)}%`}></div>`
          }
        </div>
      </div>
      <div class="scale soft" aria-hidden="true"><span>−60 s</span><span>−30 s</span><span>${words.page.minute.now}</span></div>
    `;
  }

  /** Place of a frame, 0 at the left edge and `frames` at the right one. */
  #x(frame: number): number {
    return Math.min(this.frames, Math.max(0, frame - this.now + this.frames));
  }

  #names(believed: readonly Stretch[]) {
    const share = (frame: number) => this.#x(frame) / this.frames;
    const first = believed.filter(({ label, from }, k) => {
      const before = believed[k - 1];
      return !(before?.label === label && share(from) - share(before.to) <= TOGETHER);
    });
    const lefts = first.map(({ from }) => share(from));
    const named = first.flatMap(({ label = "", probability }, k) =>
      k === first.length - 1 || lefts[k + 1] - lefts[k] >= ROOM
        ? [{ label, probability, left: lefts[k] }]
        : [],
    );
    const nameOf = (label: string) => capitalised(className(label));
    const letters = (LETTER_REM * nameOf(named.at(-1)?.label ?? "").length).toFixed(2);
    return named.map(({ label, probability, left }, k) => {
      const newest = k === named.length - 1;
      const room = (named[k + 1]?.left ?? 1) - left;
      const name = nameOf(label);
      const percents = `--from: ${(100 * left).toFixed(2)}%; --width: ${(100 * room).toFixed(2)}%`;
      const style = `${percents}; --letters-of-newest: ${letters}rem`;
      const place = newest ? "newest" : room < NARROW_ROOM ? "tight" : "";
      const title = words.page.minute.upTo(name, percent(probability));
      return html`<span class="name ${place}" title=${title} .style=${style}>${name}</span>`;
    });
  }

  #area({ label, to, course }: Stretch) {
    const high = (probability: number) => (HEIGHT * (1 - probability)).toFixed(1);
    const steps = course.map(({ frame, probability }) => {
      const x = this.#x(frame);
      return `H${x} V${high(probability)}`;
    });
    const path = `M${this.#x(course[0].frame)} ${HEIGHT} ${steps.join(" ")} H${this.#x(to)} V${HEIGHT} Z`;
    const hue = (TURN * this.labels.indexOf(label ?? "")) % 360;
    return svg`<path class=${label === undefined ? "guess" : ""} .style=${`--hue: ${hue}`} d=${path} />`;
  }

  /** Above which the class of a stretch is believed. */
  #line({ label = "", from, to }: Stretch) {
    const y = HEIGHT * (1 - this.thresholds[this.labels.indexOf(label)]);
    return svg`<line x1=${this.#x(from)} x2=${this.#x(to)} y1=${y} y2=${y} />`;
  }

  /** For those who don't see it: each class with the time that it was heard. */
  #spoken(believed: readonly Stretch[]): string {
    const frames = new Map<string, number>();
    for (const { label = "", from, to } of believed) frames.set(label, (frames.get(label) ?? 0) + to - from);
    const parts = [...frames].map(
      ([label, count]) => `${className(label)} ${Math.max(1, Math.round((60 * count) / this.frames))} s`,
    );
    const { heard, nothing } = words.page.minute;
    return parts.length > 0 ? heard(parts.join(", ")) : nothing;
  }
}
