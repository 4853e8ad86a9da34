import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { signIn } from "../../../client/kit/sign-in.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import type { ListedEvent, MonitorStatus, StreamMessage } from "../../protocol.ts";
import { ApiError, fetchEvents, fetchStatus, follow } from "../api.ts";
import "./event-list.ts";
import "./event-view.ts";
import "./live-view.ts";
import { monitorStyles } from "./monitor-styles.ts";

type View = "loading" | "live" | "events" | "event";

const LATEST = 8;
const RETRY_MS = 3000;

/**
 * The root: fetches what the monitor is, follows it, and shows the view that the address names.
 * Tests read `data-view` ("loading", "live", "events", "event") and `data-connected`.
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
      .lost {
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
  @state() private connected = true;
  /** Whether the monitor wants a token that this page does not have. */
  @state() private denied = false;
  @state() private address = location.hash;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.#onAddress);
    void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#onAddress);
    this.#source?.close();
    clearTimeout(this.#retry);
  }

  readonly #onAddress = () => {
    this.address = location.hash;
  };

  async #load(): Promise<void> {
    try {
      await signIn();
      const [status, { events }] = await Promise.all([fetchStatus(), fetchEvents({ limit: `${LATEST}` })]);
      this.status = status;
      this.latest = events;
      this.connected = true;
      this.denied = false;
      this.#source?.close();
      this.#source = follow(this.#take, (open) => {
        // What happened while nobody listened is fetched anew.
        if (open && !this.connected) void this.#load();
        this.connected = open;
      });
    } catch (error) {
      this.denied = error instanceof ApiError && error.status === 401;
      this.connected = false;
      this.#retry = setTimeout(() => void this.#load(), RETRY_MS);
    }
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
    this.dataset["view"] = this.#view();
    this.dataset["connected"] = `${this.connected}`;
  }

  #view(): View {
    if (!this.status) return "loading";
    if (this.address.startsWith("#/event/")) return "event";
    return this.address.startsWith("#/events") ? "events" : "live";
  }

  override render() {
    const view = this.#view();
    return html`
      <nav aria-label=${words.monitor.views}>
        <a href="#/" aria-current=${view === "live" ? "page" : nothing}>${words.monitor.live}</a>
        <a href="#/events" aria-current=${view === "events" ? "page" : nothing}>${words.monitor.events}</a>
      </nav>
      <p class="lost" role="status" ?hidden=${this.connected}>${this.denied ? words.monitor.denied : words.monitor.lost}</p>
      ${this.#body(view)}
    `;
  }

  #body(view: View) {
    const { status } = this;
    if (!status) return html`<p>${words.monitor.loading}</p>`;
    if (view === "event") {
      const id = this.address.slice("#/event/".length);
      return html`<event-view .eventId=${id} ?readonly=${status.readOnly}></event-view>`;
    }
    if (view === "events") {
      const filters = Object.fromEntries(new URLSearchParams(this.address.split("?")[1] ?? ""));
      return html`
        <event-list .filters=${filters} .status=${status} .newest=${this.latest[0]?.event.id}></event-list>
      `;
    }
    return html`<live-view .status=${status} .latest=${this.latest}></live-view>`;
  }
}
