import { css, html, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { classesByName } from "../../../client/kit/format.ts";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import { type ListedEvent, type MonitorStatus, REVIEWS } from "../../protocol.ts";
import { Again, mayWorkLater } from "../again.ts";
import { type Filters, fetchEvents, queryText } from "../api.ts";
import { eventLine } from "./event-line.ts";
import { monitorStyles } from "./monitor-styles.ts";

const PAGE = 50;
const CONFIDENCES = ["0.9", "0.95", "0.99"];
type Options = readonly (readonly [value: string, text: string])[];

/** The events that pass the filters of the address, the newest first. */
@customElement("event-list")
export class EventList extends WordsElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
        gap: 0.75rem;
        margin-bottom: 1rem;
      }
      form label {
        display: grid;
        min-width: 0;
        gap: 0.25rem;
        font-size: 0.875rem;
      }
      form select {
        width: 100%;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 1rem;
        align-items: center;
        margin-top: 0.75rem;
      }
    `,
  ];

  @property({ attribute: false }) filters: Filters = {};
  @property({ attribute: false }) status!: MonitorStatus;
  /** Id of the newest event: there is more to show when it changes. */
  @property({ attribute: false }) newest: string | undefined;
  @state() private events: readonly ListedEvent[] = [];
  @state() private total = 0;
  @state() private problem = "";
  #query = "";
  #newest: string | undefined;
  #loading: AbortController | undefined;
  /** The page that did not come: "" is the first, else what is older than this event. */
  #missing = "";
  readonly #again = new Again(() => void this.#load(this.#missing));

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#again.stop();
    this.#loading?.abort();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const query = queryText(this.filters);
    const isOther = query !== this.#query || this.newest !== this.#newest;
    if (!isOther && !(changed.has("filters") && changed.get("filters") === undefined)) return;
    this.#query = query;
    this.#newest = this.newest;
    void this.#load();
  }

  async #load(before = ""): Promise<void> {
    this.#loading?.abort();
    this.#loading = new AbortController();
    try {
      const page = await fetchEvents(
        { ...apiFilters(this.filters), limit: `${PAGE}`, before },
        this.#loading.signal,
      );
      this.events = before === "" ? page.events : [...this.events, ...page.events];
      this.total = page.total;
      this.problem = "";
      this.#again.worked();
    } catch (error) {
      if ((error as Error).name === "AbortError") return;
      this.problem = mayWorkLater(error) ? words.monitor.lost : (error as Error).message;
      this.#missing = before;
      if (mayWorkLater(error)) this.#again.later(error);
    }
  }

  override render() {
    const { labels, other, inputs } = this.status;
    const classes = classesByName(labels, other)
      .filter(({ label }) => label !== other)
      .map(({ label, name }) => [label, name] as const);
    const labelsQuery = queryText(apiFilters(this.filters));
    return html`
      <form class="card" role="search" @change=${this.#onChange} @submit=${(event: Event) => event.preventDefault()}>
        <label>${words.monitor.search}<input type="search" name="text" .value=${this.filters["text"] ?? ""} /></label>
        ${this.#choice("label", words.monitor.class, [["", words.monitor.allClasses], ...classes])}
        ${this.#choice("input", words.monitor.input, [
          ["", words.monitor.allInputs],
          ...inputs.map(({ name }) => [name, name] as const),
        ])}
        <label>
          ${words.monitor.from}<input type="datetime-local" name="from" .value=${this.filters["from"] ?? ""} />
        </label>
        <label>${words.monitor.to}<input type="datetime-local" name="to" .value=${this.filters["to"] ?? ""} /></label>
        ${this.#choice("confidence", words.monitor.confidence, [
          ["", words.monitor.anyConfidence],
          ...CONFIDENCES.map((value) => [value, `${Math.round(100 * Number(value))} %`] as const),
        ])}
        ${this.#choice("review", words.monitor.reviewState, [
          ["", words.monitor.anyReview],
          ["none", words.monitor.unreviewed],
          ...REVIEWS.map((review) => [review, words.monitor.reviews[review]] as const),
        ])}
        ${this.#choice("badge", words.monitor.badge, [["", words.monitor.anyBadge], ...Object.entries(words.monitor.badges)])}
      </form>
      <section class="card" aria-live="polite">
        ${this.problem === "" ? "" : html`<p role="alert">${this.problem}</p>`}
        ${
          this.events.length === 0
            ? html`<p class="soft">${this.#query === "" ? words.monitor.nothingYet : words.monitor.nothingFound}</p>`
            : html`<ul class="events">${this.events.map(eventLine)}</ul>`
        }
        <div class="foot">
          <span class="soft">${words.monitor.total(this.events.length, this.total)}</span>
          <button
            type="button"
            ?hidden=${this.events.length >= this.total}
            @click=${() => this.#load(this.events[this.events.length - 1].event.id)}
          >
            ${words.monitor.more}
          </button>
          <span class="soft">
            ${words.monitor.labels}:
            ${[
              ["labels.csv", "CSV"],
              ["labels.json", "JSON"],
              ["labels.txt", "Audacity"],
            ].map(
              ([file, name]) => html` <a href=${`api/labels/${file}?${labelsQuery}`} download>${name}</a>`,
            )}
          </span>
        </div>
      </section>
    `;
  }

  #choice(name: string, title: string, options: Options) {
    const chosen = this.filters[name] ?? "";
    return html`
      <label>
        ${title}
        <select name=${name}>
          ${options.map(
            ([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`,
          )}
        </select>
      </label>
    `;
  }

  readonly #onChange = (event: Event) => {
    const form = event.currentTarget as HTMLFormElement;
    const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
    const query = queryText(Object.fromEntries(entries));
    location.hash = query === "" ? "#/events" : `#/events?${query}`;
  };
}

/** The times of the fields are the reader's; the monitor wants them in UTC. */
function apiFilters(filters: Filters): Filters {
  const utc = (text: string | undefined) => {
    const time = Date.parse(text ?? "");
    return Number.isNaN(time) ? "" : new Date(time).toISOString();
  };
  return { ...filters, from: utc(filters["from"]), to: utc(filters["to"]) };
}
