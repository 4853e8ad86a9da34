import { css, html } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { Levels } from "../../../protocol/monitor.ts";
import { sharedStyles } from "../../page/components/shared-styles.ts";
import { className } from "../../page/format.ts";
import { words } from "../../words/words.ts";
import { WordsElement } from "../../words/words-element.ts";

const MINUTE_MS = 60_000;
const WIDTH = 960;
const HEIGHT = 120;
/** The bottom of the picture, in dB of full scale. */
const LOWEST = -80;

/** The level of the last minute, newest at the right, coloured where an event was open. */
@customElement("minute-strip")
export class MinuteStrip extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      canvas {
        display: block;
        width: 100%;
        height: 4.5rem;
        border-radius: 0.5rem;
        background: var(--sunken);
      }
    `,
  ];

  @property({ attribute: false }) recent: readonly Levels[] = [];
  @query("canvas") private canvas!: HTMLCanvasElement;

  override render() {
    const heard = [...new Set(this.recent.flatMap((levels) => levels.heard))].map(className).join(", ");
    const newest = this.recent[this.recent.length - 1];
    const level = newest ? `${Math.round(newest.level)} dB` : words.monitor.silence;
    return html`
      <canvas
        width=${WIDTH}
        height=${HEIGHT}
        role="img"
        aria-label=${`${words.monitor.lastMinute}: ${level}${heard === "" ? "" : `; ${heard}`}`}
      ></canvas>
      <p class="soft">${words.monitor.lastMinute} · ${level}${heard === "" ? "" : ` · ${heard}`}</p>
    `;
  }

  protected override updated(): void {
    const context = this.canvas.getContext("2d");
    const newest = this.recent[this.recent.length - 1];
    if (!context) return;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    if (!newest) return;
    const style = getComputedStyle(this);
    const [quiet, loud] = [style.getPropertyValue("--control"), style.getPropertyValue("--accent")];
    const xOf = (at: number) => WIDTH * (1 - (newest.at - at) / MINUTE_MS);
    this.recent.forEach((levels, n) => {
      const left = n === 0 ? xOf(levels.at) - 4 : xOf(this.recent[n - 1].at);
      const height = Math.max(2, HEIGHT * (1 - levels.level / LOWEST));
      context.fillStyle = levels.heard.length > 0 ? loud : quiet;
      context.fillRect(left, HEIGHT - height, Math.max(1, xOf(levels.at) - left - 0.5), height);
    });
  }
}
