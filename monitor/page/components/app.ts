import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { signIn } from "../../../client/kit/sign-in.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { ListedEvent, MonitorStatus, StreamMessage } from "../../protocol.ts";
import { fetchEvents, fetchStatus } from "../api.ts";
import { type Connection, Following, type Source } from "../following.ts";
import { type Place, placeOf } from "../place.ts";
import "./event-list.ts";
import "./event-view.ts";
import "./live-view.ts";
import { monitorStyles } from "./monitor-styles.ts";

const LATEST = 8;
const LOOK_AGAIN_MS = 3000;

/**
 * The root: fetches what the monitor is, follows it, and shows the view that the address names.
 * Tests read `data-view` ("loading", or a place's) and `data-connected`.
 */
@customElement("monitor-app")
export class MonitorApp extends WordsElement {
  static override styles = [
    sharedStyles,
    monitorStyles,
    css`
      nav {
        display: flex;
        gap: 0.375rem;
        margin-bottom: 1rem;
      }
      nav a {
        padding: 0.5rem 1rem;
        border: 1px solid var(--line);
        border-radius: 0.625rem;
        background: var(--surface);
        color: inherit;
        text-decoration: none;
      }
      nav a[aria-current] {
        border-color: var(--accent);
        background: var(--tint);
        color: var(--accent-strong);
        font-weight: 600;
      }
      .lost,
      .rebuilding {
        margin-bottom: 1rem;
        padding: 0.75rem 1rem;
        border-radius: var(--radius);
        background: var(--warn-tint);
        color: var(--warn);
      }
    `,
  ];

  @state() private status: MonitorStatus | undefined;
  @state() private latest: readonly ListedEvent[] = [];
  @state() private connection: Connection = "open";
  @state() private place = placeOf(location.hash);
  #following: Following | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.#onAddress);
    this.#following = new Following({
      load: () => this.#load(),
      open: () => new EventSource("api/stream") as Source,
      onMessage: this.#take,
      onConnection: (connection) => {
        this.connection = connection;
      },
    });
    void this.#following.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#onAddress);
    this.#following?.stop();
    clearTimeout(this.#later);
  }

  readonly #onAddress = () => {
    this.place = placeOf(location.hash);
  };

  async #load(): Promise<void> {
    await signIn();
    const [status, { events }] = await Promise.all([fetchStatus(), fetchEvents({ limit: `${LATEST}` })]);
    this.status = status;
    this.latest = events;
    this.#lookAgain();
  }

  /** Nothing else tells how far the database is. */
  #lookAgain(): void {
    clearTimeout(this.#later);
    if (!this.status?.rebuilding) return;
    this.#later = setTimeout(() => void this.#load().catch(() => this.#lookAgain()), LOOK_AGAIN_MS);
  }

  readonly #take = (message: StreamMessage) => {
    const { status } = this;
    if (!status) return;
    if (message.type === "event") {
      const others = this.latest.filter(({ event }) => event.id !== message.event.id);
      this.latest = [{ event: message.event, review: null }, ...others].slice(0, LATEST);
      return;
    }
    const name = message.type === "levels" ? message.levels.input : message.input;
    const inputs = status.inputs.map((input) => {
      if (input.name !== name) return input;
      if (message.type === "input") return { ...input, state: message.state, detail: message.detail };
      if (message.type === "pending") {
        return { ...input, pending: { ...input.pending, [message.what]: message.count } };
      }
      const { levels } = message;
      const recent = input.recent.filter(({ at }) => at >= levels.at - 60_000 && at < levels.at);
      return { ...input, recent: [...recent, levels] };
    });
    this.status = { ...status, inputs };
  };

  protected override updated(): void {
    this.dataset["view"] = this.status ? this.place.view : "loading";
    this.dataset["connected"] = `${this.connection === "open"}`;
  }

  override render() {
    const { view } = this.place;
    const current = (...views: Place["view"][]) => (this.status && views.includes(view) ? "page" : nothing);
    return html`
      <nav aria-label=${words.monitor.views}>
        <a href="#/" aria-current=${current("live")}>${words.monitor.live}</a>
        <a href="#/events" aria-current=${current("events")}>${words.monitor.events}</a>
      </nav>
      <p class="lost" role="status" ?hidden=${this.connection === "open"}>${this.#notice()}</p>
      <p class="rebuilding" role="status" ?hidden=${!this.status?.rebuilding}>${this.#progress()}</p>
      ${this.#body()}
    `;
  }

  #progress() {
    const { rebuilding } = this.status ?? {};
    if (!rebuilding) return "";
    const { done, total, secondsLeft } = rebuilding;
    return words.monitor.rebuilding(done, total, secondsLeft);
  }

  #notice() {
    const { denied, full, lost } = words.monitor;
    return { open: "", denied, full, lost }[this.connection];
  }

  #body() {
    const { status, place } = this;
    if (!status) return html`<p>${words.monitor.loading}</p>`;
    switch (place.view) {
      case "live":
        return html`<live-view .status=${status} .latest=${this.latest}></live-view>`;
      case "event":
        return html`<event-view .eventId=${place.id} ?readonly=${status.readOnly}></event-view>`;
      case "events":
        return html`
          ${place.review ? html`<h2>${words.monitor.toReview}</h2>` : ""}
          <event-list .filters=${place.filters} .status=${status} .newest=${this.latest[0]?.event.id}></event-list>
        `;
      case "unknown":
        return html`<p role="alert">${words.monitor.nothingHere(place.address.slice(0, 80))}</p>`;
    }
  }
}
