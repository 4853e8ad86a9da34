import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { className, count } from "../../../client/kit/format.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { Levels } from "../../protocol.ts";

const MINUTE_MS = 60_000;
const WIDTH = 960;
const HEIGHT = 120;
/** The bottom of the picture, in dB of full scale. */
const LOWEST = -80;

/** The level of the last minute, newest at the right, coloured where an event was open. */
@customElement("level-strip")
export class LevelStrip extends WordsElement {
  static override styles = [
    sharedStyles,
    css`
      svg {
        display: block;
        width: 100%;
        height: 4.5rem;
        border-radius: 0.5rem;
        background: var(--sunken);
        fill: var(--control);
      }
      .during {
        fill: var(--accent);
      }
    `,
  ];

  @property({ attribute: false }) recent: readonly Levels[] = [];

  override render() {
    const heard = [...new Set(this.recent.flatMap((levels) => levels.heard))].map(className).join(", ");
    const newest = this.recent[this.recent.length - 1];
    const level = newest ? `${count(newest.level)} dB` : words.monitor.silence;
    return html`
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-label=${`${words.monitor.lastMinute}: ${level}${heard === "" ? "" : `; ${heard}`}`}
      >
        <path d=${this.#bars(false)} />
        <path class="during" d=${this.#bars(true)} />
      </svg>
      <p class="soft">${words.monitor.lastMinute} · ${level}${heard === "" ? "" : ` · ${heard}`}</p>
    `;
  }

  /** Bars of the levels with or without an open event, from each to the next. */
  #bars(during: boolean): string {
    const { recent } = this;
    const now = recent.at(-1)?.at ?? 0;
    const xOf = (at: number) => WIDTH * (1 - (now - at) / MINUTE_MS);
    const bars = recent.map(({ at, level, heard }, n) => {
      if (heard.length > 0 !== during) return "";
      const left = n === 0 ? xOf(at) - 4 : xOf(recent[n - 1].at);
      const height = Math.max(2, HEIGHT * (1 - level / LOWEST));
      const width = Math.max(1, xOf(at) - left - 0.5);
      return `M${left.toFixed(1)} ${HEIGHT}v${(-height).toFixed(1)}h${width.toFixed(1)}V${HEIGHT}Z`;
    });
    return bars.join("");
  }
}
