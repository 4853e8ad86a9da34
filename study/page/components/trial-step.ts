import { css, html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { letter } from "../../../client/kit/format.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import {
  mayRate,
  missingRatings,
  ORIGINAL,
  ratingKey,
  type StudyAction,
  type StudyTrial,
  type StudyView,
  trialProgress,
} from "../../protocol.ts";
import type { Player } from "../player.ts";
import "./play-button.ts";
import "./rating-scale.ts";
import { studyStyles } from "./study-styles.ts";

/** The original, the sounds A, B, C ... and a rating of each for each question; sends "act" with every answer. */
@customElement("trial-step")
export class TrialStep extends WordsElement {
  @property({ attribute: false }) view!: StudyView;
  @property({ attribute: false }) trial!: StudyTrial;
  /** From 1; 0 is the practice. */
  @property({ type: Number }) number = 0;
  @property({ attribute: false }) player!: Player;
  /** What plays, and for how many seconds. */
  @state() private playing: { readonly stimulus: number; readonly seconds: number } | undefined;
  @state() private failed = false;

  static override styles = [
    sharedStyles,
    studyStyles,
    css`
      progress {
        width: 100%;
        height: 0.5rem;
        accent-color: var(--accent);
      }
      .class {
        font-size: 1.0625rem;
        font-weight: 600;
      }
      .stimulus {
        display: grid;
        gap: 0.875rem;
      }
      .questions {
        display: grid;
        gap: 1rem;
      }
      .original {
        position: sticky;
        top: 0.5rem;
        z-index: 1;
      }
    `,
  ];

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("trial")) return;
    this.player.stop();
    this.playing = undefined;
    // The next one's too, so that a moment without network is not noticed.
    const next = this.view.trials[this.number];
    for (const { original, stimuli } of [this.trial, ...(next ? [next] : [])]) {
      for (const sound of [original, ...stimuli]) {
        // Heard of again when it is played.
        this.player.load(sound).catch(() => {});
      }
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player.stop();
  }

  override render() {
    const { view, trial, number } = this;
    const progress = trialProgress(view.progress, trial.id);
    const missing = missingRatings(view, trial, progress);
    const of = view.trials.length;
    return html`<div class="step">
      <div class="step card">
        <h2 tabindex="-1">${number === 0 ? words.study.practiceHeading : words.study.trialHeading(number, of)}</h2>
        ${
          number === 0
            ? html`<p>${words.study.practiceText}</p>`
            : html`<progress aria-label=${words.study.trialHeading(number, of)} max=${of} .value=${number - 1}></progress>`
        }
        <p class="class">${words.study.classLine(trial.label)}</p>
      </div>
      <div class="card original">${this.#button(ORIGINAL, words.study.original, progress.played)}</div>
      ${trial.stimuli.map((_, stimulus) => {
        const name = words.study.stimulus(letter(stimulus));
        const open = mayRate(progress, stimulus);
        return html`<section class="card stimulus" aria-label=${name}>
          ${this.#button(stimulus, name, progress.played)}
          ${open ? "" : html`<p class="soft">${words.study.listenFirst}</p>`}
          <div class="questions">
            ${view.questions.map(
              ({ id, text, low, high }) => html`<rating-scale
                data-question=${id}
                .question=${text.replaceAll("{class}", trial.label)}
                .what=${name}
                .low=${low}
                .high=${high}
                .scale=${view.scale}
                .value=${progress.ratings[ratingKey(stimulus, id)]}
                .disabled=${!open}
                @rate=${(event: CustomEvent<number>) =>
                  this.#act({ kind: "rated", trial: trial.id, stimulus, question: id, value: event.detail })}
              ></rating-scale>`,
            )}
          </div>
        </section>`;
      })}
      ${this.failed ? html`<p role="alert">${words.study.soundFailed}</p>` : ""}
      <div class="row">
        <button
          type="button"
          class="primary"
          ?disabled=${missing > 0}
          @click=${() => this.#act({ kind: "trial-done", trial: trial.id })}
        >
          ${words.study.next}
        </button>
        <span class="soft" aria-live="polite">${missing > 0 ? words.study.missing(missing) : ""}</span>
      </div>
    </div>`;
  }

  #button(stimulus: number, name: string, played: readonly number[]) {
    return html`<play-button
      data-stimulus=${stimulus}
      .what=${name}
      .heard=${played.includes(stimulus)}
      .playing=${this.playing?.stimulus === stimulus ? this.playing.seconds : 0}
      @toggle=${() => this.#toggle(stimulus)}
    ></play-button>`;
  }

  async #toggle(stimulus: number): Promise<void> {
    const { trial } = this;
    const same = this.playing?.stimulus === stimulus;
    this.player.stop();
    this.playing = undefined;
    if (same) return;
    const sound = stimulus === ORIGINAL ? trial.original : trial.stimuli[stimulus];
    try {
      const seconds = await this.player.play(sound, () => {
        this.playing = undefined;
        if (this.trial !== trial) return;
        if (!trialProgress(this.view.progress, trial.id).played.includes(stimulus)) {
          this.#act({ kind: "played", trial: trial.id, stimulus });
        }
      });
      this.playing = { stimulus, seconds };
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  #act(action: StudyAction): void {
    this.dispatchEvent(new CustomEvent("act", { detail: action }));
  }
}
