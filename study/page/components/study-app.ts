import { css, html, type LitElement, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { sharedStyles } from "../../../client/kit/shared-styles.ts";
import { signIn } from "../../../client/kit/sign-in.ts";
import { words } from "../../../client/kit/words/words.ts";
import { WordsElement } from "../../../client/kit/words/words-element.ts";
import {
  advance,
  LONGEST_COMMENT,
  type Progress,
  type Stage,
  type StudyAction,
  StudyRefusal,
  type StudyView,
  stageOf,
} from "../../protocol.ts";
import { Denied, join } from "../api.ts";
import { Outbox } from "../outbox.ts";
import { participant } from "../participant.ts";
import { Player } from "../player.ts";
import "./consent-step.ts";
import "./headphone-step.ts";
import "./trial-step.ts";
import "./volume-step.ts";
import { studyStyles } from "./study-styles.ts";

const RETRY_MS = 2_000;

/**
 * The study's page: joins, shows what comes next, and sends every answer. For tests: `data-stage` (a stage's name, or
 * "loading", "denied"), `data-trial`, `data-saved` ("yes" when the server has all answers).
 */
@customElement("study-app")
export class StudyApp extends WordsElement {
  @state() private view: StudyView | undefined;
  @state() private denied = "";
  @state() private unreachable = false;
  @state() private saving = { waiting: 0, failing: false };
  @state() private outOfStep = false;
  @state() private comment = "";
  readonly #player = new Player();
  readonly #id = participant();
  #shown = "";
  readonly #outbox = new Outbox(this.#id, {
    changed: (waiting, failing) => {
      this.saving = { waiting, failing };
    },
    refused: (progress) => {
      this.outOfStep = true;
      this.#setProgress(progress);
    },
    denied: (reason) => {
      this.denied = reason;
    },
  });

  static override styles = [
    sharedStyles,
    studyStyles,
    css`
      :host {
        display: grid;
        gap: 1rem;
      }
      h1 {
        margin: 0;
        font-size: 1.5rem;
        font-weight: 650;
        letter-spacing: -0.02em;
      }
      textarea {
        width: 100%;
        min-height: 7rem;
        padding: 0.625rem;
        border: 1px solid var(--control);
        border-radius: 0.625rem;
        background: var(--surface);
        color: var(--ink);
        font: inherit;
      }
      .failing {
        color: var(--warn);
      }
      footer {
        min-height: 1.5rem;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#join();
  }

  async #join(): Promise<void> {
    for (;;) {
      try {
        await signIn();
        const view = await join(this.#id);
        // What an earlier visit could not send counts already.
        const progress = this.#outbox.actions.reduce((before, action) => {
          try {
            return advance(view, before, action);
          } catch {
            return before;
          }
        }, view.progress);
        this.view = { ...view, progress };
        this.unreachable = false;
        document.title = view.title;
        document.documentElement.lang = view.language;
        void this.#outbox.run();
        return;
      } catch (error) {
        if (error instanceof Denied) {
          this.denied = error.message;
          return;
        }
        this.unreachable = true;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  override willUpdate(): void {
    const stage = this.#stage();
    this.dataset["stage"] = this.denied ? "denied" : (stage?.name ?? "loading");
    this.dataset["trial"] = stage?.name === "trial" ? stage.trial.id : "";
    this.dataset["saved"] = this.saving.waiting === 0 ? "yes" : "no";
  }

  override updated(_changed: PropertyValues): void {
    const now = `${this.dataset["stage"]} ${this.dataset["trial"]} ${this.view?.progress.headphones.length}`;
    const before = this.#shown;
    this.#shown = now;
    // A new step begins at its top, for eyes and for screen readers; not at the first view, where nobody acted.
    if (before !== "" && !before.startsWith("loading") && before !== now) void this.#focusHeading();
  }

  async #focusHeading(): Promise<void> {
    const step = this.renderRoot.querySelector<LitElement>(".current");
    await step?.updateComplete;
    const heading = (step?.renderRoot ?? step ?? this.renderRoot).querySelector("h2");
    window.scrollTo({ top: 0 });
    heading?.focus({ preventScroll: true });
  }

  override render() {
    if (this.denied) return html`<div class="step card" role="alert"><p>${this.denied}</p></div>`;
    const { view } = this;
    const stage = this.#stage();
    if (!view || !stage) {
      return html`<div class="card" role="status">
        <p>${this.unreachable ? words.study.noServer : words.study.loading}</p>
      </div>`;
    }
    return html`<h1>${view.title}</h1>
      ${this.outOfStep ? html`<p role="alert" class="failing">${words.study.outOfStep}</p>` : ""} ${this.#step(view, stage)}
      <footer class="soft" role="status">${this.#savingText()}</footer>`;
  }

  #step(view: StudyView, stage: Stage) {
    const act = (event: CustomEvent<StudyAction>) => this.#act(event.detail);
    switch (stage.name) {
      case "consent":
        return html`<consent-step class="current" .view=${view} @act=${act}></consent-step>`;
      case "headphones": {
        const attempt = view.progress.headphones.length;
        return html`<headphone-step
          class="current"
          .player=${this.#player}
          .attempt=${attempt}
          .questions=${view.headphones?.attempts[attempt] ?? []}
          @act=${act}
        ></headphone-step>`;
      }
      case "volume":
        return html`<volume-step
          class="current"
          .player=${this.#player}
          .sound=${(view.practice ?? view.trials[0]).original}
          @act=${act}
        ></volume-step>`;
      case "trial":
        return html`<trial-step
          class="current"
          .player=${this.#player}
          .view=${view}
          .trial=${stage.trial}
          .number=${stage.number}
          @act=${act}
        ></trial-step>`;
      case "comment":
        return this.#commentStep();
      case "no-headphones":
        return ending(words.study.noHeadphonesHeading, [words.study.noHeadphonesText]);
      case "done":
        return ending(words.study.doneHeading, view.texts.thanks);
      default:
        return stage satisfies never;
    }
  }

  #commentStep() {
    return html`<div class="step card">
      <h2 tabindex="-1">${words.study.commentHeading}</h2>
      <label for="comment">${words.study.commentLabel}</label>
      <textarea
        id="comment"
        maxlength=${LONGEST_COMMENT}
        .value=${this.comment}
        @input=${(event: Event) => {
          this.comment = (event.target as HTMLTextAreaElement).value;
        }}
      ></textarea>
      <div class="row">
        <button
          type="button"
          class="primary"
          @click=${() => this.#act({ kind: "finished", comment: this.comment.trim() })}
        >
          ${words.study.finish}
        </button>
      </div>
    </div>`;
  }

  #savingText() {
    const { waiting, failing } = this.saving;
    if (failing) return html`<span class="failing">${words.study.notSaved(waiting)}</span>`;
    if (this.#stage()?.name === "consent") return "";
    return waiting > 0 ? words.study.saving : words.study.saved;
  }

  #stage(): Stage | undefined {
    return this.view && stageOf(this.view, this.view.progress);
  }

  #act(action: StudyAction): void {
    if (!this.view) return;
    try {
      this.#setProgress(advance(this.view, this.view.progress, action));
    } catch (error) {
      // A press that came as the step changed.
      if (error instanceof StudyRefusal) return;
      throw error;
    }
    this.outOfStep = false;
    this.#outbox.push(action);
  }

  #setProgress(progress: Progress): void {
    if (this.view) this.view = { ...this.view, progress };
  }
}

function ending(heading: string, texts: readonly string[]) {
  return html`<div class="step card">
    <h2 tabindex="-1">${heading}</h2>
    ${texts.map((text) => html`<p>${text}</p>`)}
  </div>`;
}
