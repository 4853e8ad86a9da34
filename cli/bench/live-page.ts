/** The real page in a real browser, with a sound file as microphone, watched from outside. */
import type { Browser, BrowserContext, ConsoleMessage, Page } from "playwright-core";
import type { Loudness } from "../../client/kit/parameters.ts";
import type {
  DelaySetting,
  EngineChoice,
  Listening,
  LiveExplainer,
  Timings,
} from "../../client/live/live-explainer.ts";
import { installPageTaps } from "./page-taps.ts";

interface LivePageOptions {
  readonly browser: Browser;
  /** Of the server, with its last slash. */
  readonly url: string;
  /** "auto" as somebody who agreed to it; undefined names none in the address. */
  readonly engine: EngineChoice | undefined;
  /** "balanced" when left out. */
  readonly delay?: DelaySetting;
  readonly listening?: Listening;
  /** Whether all three are as loud; they are not when left out, so that what is heard can be compared to the sample. */
  readonly loudness?: Loudness;
  readonly method?: string | undefined;
  /** "microphone" when left out; or one of the page's own sounds. */
  readonly sound?: string;
  /** Whether the page keeps itself for when there is no network. */
  readonly offline?: boolean;
  /** Runs in the page before anything of its own. */
  readonly before?: () => void;
  /** Prepares the browser's context before there is a page, to answer requests otherwise. */
  readonly prepare?: ((context: BrowserContext) => Promise<void>) | undefined;
}

export interface TappedSound {
  readonly sampleRate: number;
  /** What the microphone gave and what the page played at the same time. */
  readonly microphone: Float32Array;
  readonly output: Float32Array;
}

/** How long anything may take that should take a second or two. */
const PATIENCE_MS = 30_000;

/** Warnings that watching itself earns. */
const OWN_DOING = ["ScriptProcessorNode is deprecated", "Service Worker registration blocked by Playwright"];

export class LivePage {
  /** Requests that left the server's origin. */
  readonly foreignRequests: string[] = [];
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {}

  /** Opens the page and begins at once; resolves when it runs, rejects with what the page says otherwise. */
  static async open(options: LivePageOptions): Promise<LivePage> {
    const context = await options.browser.newContext({
      // What it fetches for later visits would be measured with this one.
      serviceWorkers: options.offline ? "allow" : "block",
    });
    await options.prepare?.(context);
    const page = await context.newPage();
    const live = new LivePage(page);
    const origin = new URL(options.url).origin;
    page.on("request", (request) => {
      const address = new URL(request.url());
      const own = address.origin === origin || ["data:", "blob:"].includes(address.protocol);
      if (!own) live.foreignRequests.push(request.url());
    });
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== new URL(origin).host) live.foreignRequests.push(socket.url());
    });
    page.on("console", (message: ConsoleMessage) => {
      if (OWN_DOING.some((each) => message.text().includes(each))) return;
      if (["error", "warning"].includes(message.type())) live.complaints.push(message.text());
    });
    page.on("pageerror", (error) => live.complaints.push(String(error)));
    // esbuild may wrap named functions in this helper of its own; in the page it does nothing.
    await page.addInitScript("globalThis.__name ??= (value) => value");
    await page.addInitScript(installPageTaps);
    if (options.before) await page.addInitScript(options.before);
    if (options.engine === "auto") {
      await page.addInitScript((url) => localStorage.setItem("listenable.automatic", url), options.url);
    }
    const query = new URLSearchParams({
      ...(options.sound
        ? { source: "sound", sound: options.sound }
        : { source: "microphone", headphones: "yes" }),
      ...(options.engine ? { engine: options.engine } : {}),
      delay: options.delay ?? "balanced",
      listening: options.listening ?? "explanation",
      loudness: options.loudness ?? "unchanged",
      ...(options.method ? { method: options.method } : {}),
      volume: "100",
      start: "yes",
    });
    await page.goto(`${options.url}?${query}`);
    await live.waitForState("running");
    return live;
  }

  /** Waits for one of the page's states; a failure of the page is an error with its words. */
  async waitForState(state: string): Promise<void> {
    await this.page.waitForSelector(
      `listenable-app[data-state="${state}"], listenable-app[data-state="failed"]`,
      {
        timeout: PATIENCE_MS,
      },
    );
    const app = this.page.locator("listenable-app");
    if ((await app.getAttribute("data-state")) === "failed" && state !== "failed") {
      throw new Error(
        `the page failed: ${await app.getAttribute("data-problem")}; ${this.complaints.join("; ")}`,
      );
    }
  }

  async attribute(name: string): Promise<string | null> {
    return this.page.locator("listenable-app").getAttribute(name);
  }

  /** Waits until the page believes to hear this class. */
  async waitForLabel(label: string): Promise<void> {
    await this.page.waitForSelector(`listenable-app[data-label="${label}"]`, { timeout: PATIENCE_MS });
  }

  /** Milliseconds from the beginning of the page's load to now, or to the next decision if there was none yet. */
  async firstDecisionMs(): Promise<number> {
    return this.page.locator("listenable-app").evaluate(
      (app) =>
        new Promise<number>((resolve) => {
          const { explainer } = app as unknown as { explainer: LiveExplainer };
          const subscription = explainer.decisions$.subscribe(() => {
            resolve(performance.now());
            queueMicrotask(() => subscription.unsubscribe());
          });
        }),
    );
  }

  /**
   * Presses for one built-in sound after the other, which none was chosen of before, and tells for each the milliseconds from
   * the press until its first sound had gone out, as far as the page knows.
   */
  async nextSoundsMs(): Promise<number[]> {
    return this.page.locator("listenable-app").evaluate(async (app) => {
      const { explainer } = app as unknown as { explainer: LiveExplainer };
      const tell = (name: string, detail?: string) => app.dispatchEvent(new CustomEvent(name, { detail }));
      const firstSound = () =>
        new Promise<number>((resolve) => {
          const pressed = performance.now();
          let begun = false;
          const statuses = explainer.status$.subscribe(({ state }) => {
            if (state === "starting") begun = true;
          });
          const columns = explainer.columns$.subscribe(() => {
            if (!begun) return;
            resolve(performance.now() - pressed);
            queueMicrotask(() => [statuses, columns].map((each) => each.unsubscribe()));
          });
        });
      const radios = () => [
        ...(app.shadowRoot
          ?.querySelector("source-panel")
          ?.shadowRoot?.querySelectorAll<HTMLInputElement>('input[name="sound"]') ?? []),
      ];
      tell("choose-source", "sound");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const first = firstSound();
      tell("start-stop");
      await first;
      const took: number[] = [];
      for (let n = 1; n < radios().length; n++) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        const next = firstSound();
        radios()[n].click();
        took.push(await next);
      }
      return took;
    });
  }

  /** The newest timings. */
  async timings(): Promise<Timings> {
    return this.page.locator("listenable-app").evaluate(
      (app) =>
        new Promise<Timings>((resolve) => {
          const { explainer } = app as unknown as { explainer: LiveExplainer };
          const subscription = explainer.timings$.subscribe((timings) => {
            resolve(timings);
            queueMicrotask(() => subscription.unsubscribe());
          });
        }),
    );
  }

  /** The mask [bins] of the newest frame that was played, as the picture shows it. */
  async lastMask(): Promise<number[]> {
    return this.page.locator("listenable-app").evaluate(
      (app) =>
        new Promise<number[]>((resolve) => {
          const { explainer } = app as unknown as { explainer: LiveExplainer };
          const subscription = explainer.columns$.subscribe(({ mask, bins }) => {
            resolve(Array.from(mask.slice(-bins)));
            queueMicrotask(() => subscription.unsubscribe());
          });
        }),
    );
  }

  /** What the page says of its engine. */
  async description(): Promise<string | null> {
    return this.page.locator("running-panel .description").textContent();
  }

  /** Records microphone and output for so many seconds of sound. */
  async listen(seconds: number): Promise<TappedSound> {
    await this.page.evaluate(() => window.listenableTaps.record());
    await this.page.waitForFunction((wanted) => window.listenableTaps.seconds() >= wanted, seconds, {
      timeout: PATIENCE_MS + 2000 * seconds,
      polling: 100,
    });
    const { microphone, output } = await this.page.evaluate(() => window.listenableTaps.take());
    const sampleRate = await this.page.evaluate(() => window.listenableTaps.sampleRate);
    return { sampleRate, microphone: floats(microphone), output: floats(output) };
  }

  /** States of the microphone's tracks: "live" or "ended". */
  async trackStates(): Promise<string[]> {
    return this.page.evaluate(() => window.listenableTaps.tracks.map((track) => track.readyState));
  }

  async policyViolations(): Promise<string[]> {
    return this.page.evaluate(() => window.listenableTaps.violations);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
