import { css, html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { capitalised, className, percent } from "../../../client/kit/format.ts";
import { radioRow } from "../../../client/kit/radio-row.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import { type ListedEvent, REVIEWS, type Review } from "../../protocol.ts";
import { Again, mayWorkLater } from "../again.ts";
import { fetchEvent, sendReview } from "../api.ts";
import { classesText, faithfulnessText, lengthText, placeText, timeText } from "../words.ts";
import { monitorStyles } from "./monitor-styles.ts";

const SOUNDS = ["original", "explanation", "rest"] as const;
const FILES = { original: "clip.wav", explanation: "explanation.wav", rest: "rest.wav" } as const;
const AGAIN_MS = 2000;

/** One event: its three sounds, its picture, its figures, and what people say of it. */
@customElement("event-view")
export class EventView extends WordsElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      :host {
        display: grid;
        gap: 1rem;
      }
      h2.large {
        font-size: 1.375rem;
      }
      .sounds {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr));
        gap: 1rem;
      }
      audio {
        width: 100%;
        margin-top: 0.5rem;
      }
      img {
        display: block;
        width: 100%;
        height: auto;
        border-radius: 0.5rem;
      }
      td,
      th {
        padding: 0.125rem 1.5rem 0.125rem 0;
        text-align: left;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: 1rem 2rem;
        justify-content: space-between;
      }
    `,
  ];

  @property({ attribute: false }) eventId = "";
  @property({ type: Boolean }) readonly = false;
  @state() private listed: ListedEvent | undefined;
  @state() private problem = "";
  readonly #again = new Again(() => void this.#load());
  #explaining: ReturnType<typeof setTimeout> | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("eventId")) return;
    this.listed = undefined;
    this.problem = "";
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#explaining);
    this.#again.stop();
  }

  async #load(): Promise<void> {
    clearTimeout(this.#explaining);
    const id = this.eventId;
    try {
      const listed = await fetchEvent(id);
      if (id !== this.eventId) return;
      this.listed = listed;
      this.problem = "";
      this.#again.worked();
      if (listed.event.state === "closed") this.#explaining = setTimeout(() => void this.#load(), AGAIN_MS);
    } catch (error) {
      if (id !== this.eventId) return;
      this.problem = mayWorkLater(error) ? words.monitor.lost : words.monitor.unknownEvent;
      if (mayWorkLater(error)) this.#again.later(error);
    }
  }

  override render() {
    const back = html`<p><a href="#/events">← ${words.monitor.back}</a></p>`;
    const problem = this.problem === "" ? "" : html`<p role="alert">${this.problem}</p>`;
    if (!this.listed) return html`${back}${problem || html`<p>${words.monitor.loading}</p>`}`;
    const { event } = this.listed;
    const explained = event.state === "explained";
    const file = (name: string) => `api/events/${event.id}/${name}`;
    return html`
      ${back}${problem}
      <section class="card" data-event=${event.id} data-event-state=${event.state}>
        <h2 class="large">${classesText(event)}</h2>
        <p class="soft">${timeText(event.at)} · ${placeText(event)} · ${lengthText(event)}</p>
        <p>${faithfulnessText(event)}</p>
        ${event.continues ? html`<p class="soft">${words.monitor.continues}</p>` : ""}
      </section>
      <section class="card sounds" aria-label=${words.monitor.sounds}>
        ${SOUNDS.filter((sound) => explained || sound === "original").map(
          (sound) => html`
            <div>
              <h2>${words.monitor[sound]}</h2>
              <p class="soft">${words.monitor[`${sound}Note`]}</p>
              <audio controls preload="metadata" src=${file(FILES[sound])} aria-label=${words.monitor[sound]} data-sound=${FILES[sound]}></audio>
            </div>
          `,
        )}
      </section>
      ${explained ? html`<img src=${file("picture.png")} alt=${words.monitor.picture} />` : ""}
      <section class="card foot">
        <table>
          ${event.classes.map(
            ({ label, confidence, start, end }) => html`
              <tr>
                <th scope="row">${capitalised(className(label))}</th>
                <td>${percent(confidence)}</td>
                <td>${lengthText({ start, end })}</td>
              </tr>
            `,
          )}
        </table>
        ${this.readonly ? html`<p class="soft">${words.monitor.readOnly}</p>` : this.#review()}
      </section>
    `;
  }

  #review() {
    return radioRow({
      name: "review",
      legend: words.monitor.review,
      values: REVIEWS,
      chosen: this.listed?.review,
      face: (review) => words.monitor.reviews[review],
      onChoose: (review) => void this.#choose(review),
    });
  }

  async #choose(review: Review): Promise<void> {
    const { listed } = this;
    if (!listed) return;
    this.listed = { ...listed, review };
    try {
      await sendReview(listed.event.id, review);
      this.problem = "";
    } catch (error) {
      this.listed = listed;
      this.problem = (error as Error).message;
    }
  }
}
