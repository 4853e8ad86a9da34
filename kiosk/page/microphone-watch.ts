/** Whether the kiosk has its microphone. Where it hasn't, examples play at once, and it is looked for quietly. */
import type { Observable } from "rxjs";
import type { ProblemCode, Status, Told } from "../../client/live/live-explainer.ts";
import type { KioskReport } from "../protocol.ts";
import type { Clock } from "./clock.ts";
import type { MicrophoneSeeker } from "./microphone-seeker.ts";
import type { Program } from "./program.ts";

/** Failures that trying again at once would not mend. */
const DENIED: readonly string[] = ["permission-denied", "insecure-context"] satisfies ProblemCode[];
const MISSING: readonly string[] = [
  "no-microphone",
  "microphone-busy",
  "microphone-lost",
] satisfies ProblemCode[];
/** While it runs: taken away, or mute. */
const AWAY: readonly string[] = ["microphone-away", "microphone-muted"] satisfies Told["code"][];
/** Another one may take over, and some are mute for a moment as they begin. */
const AWAY_MS = 1_000;
/** The browser's question may stand there, with nobody to answer it. */
const UNANSWERED_MS = 10_000;

interface WatchParts {
  readonly clock: Clock;
  readonly status$: Observable<Status>;
  readonly program: Pick<Program, "scene$" | "microphoneAway" | "microphoneBack">;
  readonly seeker: Pick<MicrophoneSeeker, "seek" | "hurry" | "stop">;
  readonly onChange: () => void;
}

type Microphone = NonNullable<KioskReport["microphone"]>;

export class MicrophoneWatch {
  state: Microphone;
  readonly #parts: WatchParts;
  #status: Status = { state: "idle" };
  #cancel = () => {};
  /** What is waited for with that. */
  #waits: "away" | "unanswered" | null = null;

  /** @param used false for a kiosk that is never to hear its room. */
  constructor(used: boolean, parts: WatchParts) {
    this.state = used ? "there" : "unused";
    this.#parts = parts;
    if (!used) return;
    parts.status$.subscribe((status) => this.#heard(status));
  }

  /** For the supervisor: whether a failure to start is dealt with here, so that it is not tried again at once. */
  takes(code: string): boolean {
    if (this.state === "unused" || this.#parts.program.scene$.value.kind !== "live") return false;
    if (DENIED.includes(code)) this.#gone("denied");
    else if (MISSING.includes(code)) this.#gone("missing");
    else return false;
    return true;
  }

  /** Somebody is there: the microphone is tried at once. */
  hurry(): void {
    this.#parts.seeker.hurry();
  }

  /** The seeker has found one. */
  found(): void {
    this.state = "there";
    this.#parts.onChange();
    this.#parts.program.microphoneBack();
  }

  #heard(status: Status): void {
    this.#status = status;
    const waits = this.#reason();
    if (waits === this.#waits) return;
    this.#waits = waits;
    this.#cancel();
    if (waits === null) return;
    this.#cancel = this.#parts.clock.after(waits === "away" ? AWAY_MS : UNANSWERED_MS, () => {
      this.#waits = null;
      if (this.#reason() === waits) this.#gone(waits === "away" ? "missing" : "denied");
    });
  }

  /** Why the microphone may be missing, as the explainer tells. */
  #reason(): "away" | "unanswered" | null {
    const status = this.#status;
    if (this.#parts.program.scene$.value.kind !== "live") return null;
    if (status.state === "running" && status.notices.some(({ code }) => AWAY.includes(code))) return "away";
    return status.state === "starting" && status.step === "microphone" ? "unanswered" : null;
  }

  #gone(state: "missing" | "denied"): void {
    this.state = state;
    this.#parts.onChange();
    this.#parts.seeker.seek();
    this.#parts.program.microphoneAway();
  }
}
