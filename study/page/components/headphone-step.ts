import { css, html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { Tone } from "../../protocol.ts";
import type { Player } from "../player.ts";
import type { PlayButton } from "./play-button.ts";
import "./play-button.ts";
import { studyStyles } from "./study-styles.ts";

/** Which of three tones is the quietest, a few times; sends "act" with all answers of the attempt. */
@customElement("headphone-step")
export class HeadphoneStep extends WordsElement {
  @property({ attribute: false }) player!: Player;
  @property({ type: Number }) attempt = 0;
  /** [questions], the order of the three tones. */
  @property({ attribute: false }) questions: readonly (readonly Tone[])[] = [];
  @state() private answers: readonly number[] = [];
  @state() private heard = false;
  @state() private playing = 0;

  static override styles = [
    sharedStyles,
    studyStyles,
    css`
      legend {
        padding-bottom: 0.5rem;
      }
    `,
  ];

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("attempt")) this.answers = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player.stop();
  }

  override render() {
    const question = this.answers.length;
    return html`<div class="step card">
      <h2 tabindex="-1">${words.study.headphonesHeading}</h2>
      <p>${this.attempt > 0 ? words.study.headphonesAgain : words.study.headphonesText}</p>
      <div class="row">
        <play-button
          .what=${words.study.threeTones}
          .heard=${this.heard}
          .playing=${this.playing}
          @toggle=${() => this.#toggle(question)}
        ></play-button>
      </div>
      <fieldset ?disabled=${!this.heard}>
        <legend aria-live="polite">${words.study.headphonesQuestion(question + 1, this.questions.length)}</legend>
        <div class="row">
          ${words.study.tones.map(
            (
              name,
              tone,
            ) => html`<button type="button" ?disabled=${!this.heard} @click=${() => this.#answer(tone)}>
              ${name}
            </button>`,
          )}
        </div>
      </fieldset>
    </div>`;
  }

  async #toggle(question: number): Promise<void> {
    if (this.playing > 0) {
      this.player.stop();
      this.playing = 0;
      return;
    }
    this.playing = await this.player.playTones(this.questions[question], () => {
      this.playing = 0;
      this.heard = true;
    });
  }

  #answer(tone: number): void {
    this.player.stop();
    this.playing = 0;
    this.heard = false;
    this.answers = [...this.answers, tone];
    if (this.answers.length < this.questions.length) {
      this.renderRoot.querySelector<PlayButton>("play-button")?.focus();
      return;
    }
    const { attempt, answers } = this;
    this.dispatchEvent(new CustomEvent("act", { detail: { kind: "tones-answered", attempt, answers } }));
  }
}
