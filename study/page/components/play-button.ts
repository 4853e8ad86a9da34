import { css, html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";

/** Starts and stops one sound, and shows how far it is. Sends "toggle". */
@customElement("play-button")
export class PlayButton extends WordsElement {
  /** What is played: "Sound A". */
  @property() what = "";
  @property({ type: Boolean }) heard = false;
  /** Length in seconds while it plays, else 0. */
  @property({ type: Number }) playing = 0;

  static override styles = [
    sharedStyles,
    css`
      button {
        position: relative;
        display: flex;
        gap: 0.625rem;
        align-items: center;
        min-width: 11rem;
        overflow: hidden;
        text-align: start;
      }
      svg {
        flex: none;
        width: 1rem;
        height: 1rem;
        fill: currentcolor;
      }
      .heard {
        margin-inline-start: auto;
        color: var(--soft);
        font-size: 0.8125rem;
      }
      .line {
        position: absolute;
        inset: auto 0 0;
        height: 4px;
        background: var(--accent);
        transform: scaleX(0);
        transform-origin: left;
      }
      @keyframes run {
        to {
          transform: scaleX(1);
        }
      }
      .line.runs {
        animation: run linear forwards;
      }
      @media (prefers-reduced-motion: reduce) {
        .line.runs {
          animation: none;
          transform: none;
        }
      }
    `,
  ];

  override focus(): void {
    this.renderRoot.querySelector("button")?.focus();
  }

  override render() {
    const { playing, what, heard } = this;
    const shape = playing ? "M3 3h10v10H3z" : "M4 2l10 6-10 6z";
    return html`<button
      type="button"
      aria-label="${playing ? words.study.stop(what) : words.study.play(what)}, ${heard ? words.study.heard : words.study.notHeard}"
      @click=${() => this.dispatchEvent(new CustomEvent("toggle"))}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${shape}></path></svg>
      ${what}
      <span class="heard">${heard ? `✓ ${words.study.heard}` : ""}</span>
      <span class="line ${playing ? "runs" : ""}" .style=${playing ? `animation-duration: ${playing}s` : ""}></span>
    </button>`;
  }
}
