import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { capitalised, className, percent } from "../format.ts";
import type { Stretch } from "../minute.ts";
import { sharedStyles } from "./shared-styles.ts";

/** Hues of the classes in the pack's order, as far apart as they go; believed classes alone have one. */
const TURN = 137.5;

/** What was heard in the last minute, as a band of named stretches. */
@customElement("minute-strip")
export class MinuteStrip extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      .band {
        position: relative;
        height: 1.75rem;
        overflow: hidden;
        border-radius: 0.375rem;
        background: var(--sunken);
      }
      .stretch {
        position: absolute;
        top: 0;
        bottom: 0;
        left: var(--from);
        width: var(--width);
        overflow: hidden;
        padding: 0 0.25rem;
        border-radius: 0.25rem;
        background: hsl(var(--hue) 45% 35%);
        color: #fff;
        font-size: 0.8125rem;
        line-height: 1.75rem;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .scale {
        display: flex;
        justify-content: space-between;
        font-size: 0.75rem;
      }
      @media (forced-colors: active) {
        .stretch {
          border: 1px solid;
        }
      }
    `,
  ];

  @property({ attribute: false }) stretches: readonly Stretch[] = [];
  @property({ attribute: false }) labels: readonly string[] = [];
  /** The newest frame, and how many a minute has. */
  @property({ type: Number }) now = 0;
  @property({ type: Number }) frames = 1;

  override render() {
    const believed = this.stretches.filter(({ label }) => label !== undefined);
    return html`
      <div class="band" role="img" aria-label=${this.#spoken(believed)}>
        ${believed.map((stretch) => this.#stretch(stretch))}
      </div>
      <div class="scale soft" aria-hidden="true"><span>−60 s</span><span>−30 s</span><span>now</span></div>
    `;
  }

  #stretch({ label = "", from, to, probability }: Stretch) {
    const oldest = this.now - this.frames;
    const left = Math.max(0, (from - oldest) / this.frames);
    const right = Math.min(1, (to - oldest) / this.frames);
    const hue = (TURN * this.labels.indexOf(label)) % 360;
    const name = capitalised(className(label));
    const style = `--from: ${(100 * left).toFixed(2)}%; --width: ${(100 * Math.max(0, right - left)).toFixed(2)}%; --hue: ${hue}`;
    return html`<div class="stretch" title=${`${name}, up to ${percent(probability)}`} .style=${style}>${name}</div>`;
  }

  /** For those who don't see it: each class with the time that it was heard. */
  #spoken(believed: readonly Stretch[]): string {
    const frames = new Map<string, number>();
    for (const { label = "", from, to } of believed) frames.set(label, (frames.get(label) ?? 0) + to - from);
    const parts = [...frames].map(
      ([label, count]) => `${className(label)} ${Math.max(1, Math.round((60 * count) / this.frames))} s`,
    );
    return parts.length > 0 ? `The last minute: ${parts.join(", ")}` : "The last minute: nothing for sure";
  }
}
