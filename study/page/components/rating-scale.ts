import { css, html } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import { type Scale, scaleRange } from "../../protocol.ts";

/** One question about one sound: a slider or five buttons. Sends "rate" with the number when a choice was made. */
@customElement("rating-scale")
export class RatingScale extends WordsElement {
  /** The question as participants read it. */
  @property() question = "";
  /** What is rated: "Sound A". */
  @property() what = "";
  @property() low = "";
  @property() high = "";
  @property() scale: Scale = "0-100";
  @property({ type: Number }) value: number | undefined;
  @property({ type: Boolean }) disabled = false;
  @query("input[type=range]") private readonly slider!: HTMLInputElement;

  static override styles = [
    sharedStyles,
    css`
      fieldset,
      .slider {
        display: grid;
        gap: 0.25rem;
      }
      .question {
        display: flex;
        gap: 0.75rem;
        justify-content: space-between;
        font-size: 0.9375rem;
      }
      .value {
        flex: none;
        color: var(--soft);
        font-variant-numeric: tabular-nums;
      }
      .ends {
        display: flex;
        justify-content: space-between;
        color: var(--soft);
        font-size: 0.8125rem;
      }
      .choices label {
        flex: 1;
      }
      input:disabled,
      :disabled + span.face {
        opacity: 0.5;
        cursor: not-allowed;
      }
      input.open {
        accent-color: var(--control);
      }
    `,
  ];

  override render() {
    const ends = html`<div class="ends" aria-hidden="true"><span>${this.low}</span><span>${this.high}</span></div>`;
    return this.scale === "0-100" ? this.#slider(ends) : this.#buttons(ends);
  }

  #slider(ends: unknown) {
    const { low, high } = scaleRange(this.scale);
    const rated = this.value !== undefined;
    const bounds = words.study.ends(low, this.low, high, this.high);
    const said = `${rated ? this.value : words.study.notRated}, ${bounds}`;
    return html`<div class="slider">
      <label class="question" for="slider">
        <span>${this.question}</span><span class="value" aria-hidden="true">${this.value ?? "–"}</span>
      </label>
      <input
        id="slider"
        type="range"
        class=${rated ? "" : "open"}
        min=${low}
        max=${high}
        .value=${String(this.value ?? (low + high) / 2)}
        aria-label="${this.what}: ${this.question}"
        aria-valuetext=${said}
        ?disabled=${this.disabled}
        @change=${this.#choose}
        @pointerup=${this.#choose}
        @keydown=${(event: KeyboardEvent) => {
          // The middle can be chosen too, which moves nothing.
          if (event.key === "Enter" || event.key === " ") this.#choose();
        }}
      />
      ${ends}
    </div>`;
  }

  #buttons(ends: unknown) {
    const { low, high } = scaleRange(this.scale);
    const values = Array.from({ length: high - low + 1 }, (_, k) => low + k);
    const meaning = (value: number) =>
      value === low ? `, ${this.low}` : value === high ? `, ${this.high}` : "";
    return html`<fieldset>
      <legend class="question"><span class="visually-hidden">${this.what}: </span>${this.question}</legend>
      <div class="choices">
        ${values.map(
          (value) => html`<label>
            <input
              type="radio"
              name="value"
              aria-label="${value}${meaning(value)}"
              .checked=${this.value === value}
              ?disabled=${this.disabled}
              @change=${() => this.#rate(value)}
            /><span class="face">${value}</span>
          </label>`,
        )}
      </div>
      ${ends}
    </fieldset>`;
  }

  #choose(): void {
    if (!this.disabled) this.#rate(Number(this.slider.value));
  }

  #rate(value: number): void {
    if (value !== this.value) this.dispatchEvent(new CustomEvent("rate", { detail: value }));
  }
}
