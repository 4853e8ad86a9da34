/** One page, watched from outside and from within while it runs. */
import { readdir, readFile } from "node:fs/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import { type CodeShares, codeShares } from "./code-shares.ts";

interface DrawingOptions {
  readonly browser: Browser;
  /** Of the server, with its last slash. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Whether the page's own thread is kept busy meanwhile. */
  readonly busy: boolean;
}

export interface DrawingFigures {
  readonly width: number;
  readonly height: number;
  /** Animation frames of the main thread. */
  readonly fps: number;
  /** Milliseconds between them. */
  readonly gap: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of them that came more than 25 ms after the one before. */
  readonly longFrames: number;
  /** A minute. */
  readonly longTasks: number;
  /** Pictures of the spectrogram a second; null where the page does not tell. */
  readonly pictures: number | null;
  /** Shares of the time that the main thread is taken. */
  readonly main: { readonly task: number; readonly script: number; readonly layout: number };
  readonly code: CodeShares;
  /** Shares of a core. */
  readonly threads: ThreadShares;
  readonly windowsPerSecond: number;
}

interface ThreadShares {
  readonly main: number;
  readonly workers: number;
  readonly audio: number;
  readonly compositor: number;
  readonly rest: number;
  readonly gpu: number;
}

interface Watched {
  readonly gaps: number[];
  readonly longTasks: number[];
}

/** Until engine and delay have settled. */
const SETTLE_MS = 4_000;
/** Clock ticks of /proc a second on every Linux that we know. */
const TICKS = 100;
const LONG_FRAME_MS = 25;

export async function measureDrawing(options: DrawingOptions): Promise<DrawingFigures> {
  const { browser, url, width, height, seconds, busy } = options;
  const context = await browser.newContext({ serviceWorkers: "block", viewport: { width, height } });
  const page = await context.newPage();
  try {
    await page.addInitScript("globalThis.__name ??= (value) => value");
    await page.goto(`${url}?source=sound&sound=dog-in-wind&engine=local&delay=balanced&start=yes`);
    await page.waitForSelector('listenable-app[data-state="running"]', { timeout: 30_000 });
    await page.waitForTimeout(SETTLE_MS);
    if (busy) await page.evaluate(keepBusy);
    const cdp = await context.newCDPSession(page);
    const processes = await browser.newBrowserCDPSession();
    await cdp.send("Performance.enable", { timeDomain: "timeTicks" });
    const before = await snapshot(page, cdp, processes);
    await page.evaluate(watch);
    await page.waitForTimeout(1_000 * seconds);
    const watched = await page.evaluate(watchedSoFar);
    const after = await snapshot(page, cdp, processes);
    const span = (after.at - before.at) / 1_000;
    const code = await codeShares(cdp, () => page.waitForTimeout(500 * seconds));
    const gaps = [...watched.gaps].sort((a, b) => a - b);
    const part = (name: string) => (after.metrics[name] - before.metrics[name]) / span;
    const thread = (name: keyof ThreadShares) => (after.threads[name] - before.threads[name]) / span;
    const windows = await page.locator('[data-value="windows-per-second"]').first().textContent();
    return {
      width,
      height,
      fps: gaps.length / span,
      gap: { p50: quantile(gaps, 0.5), p99: quantile(gaps, 0.99), max: quantile(gaps, 1) },
      longFrames: gaps.filter((gap) => gap > LONG_FRAME_MS).length / gaps.length,
      longTasks: (60 * watched.longTasks.length) / span,
      pictures:
        before.pictures === null || after.pictures === null
          ? null
          : (after.pictures - before.pictures) / span,
      main: {
        task: part("TaskDuration"),
        script: part("ScriptDuration"),
        layout: part("LayoutDuration") + part("RecalcStyleDuration"),
      },
      code,
      threads: {
        main: thread("main"),
        workers: thread("workers"),
        audio: thread("audio"),
        compositor: thread("compositor"),
        rest: thread("rest"),
        gpu: thread("gpu"),
      },
      windowsPerSecond: Number.parseFloat(windows ?? "0"),
    };
  } finally {
    await context.close();
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

async function snapshot(page: Page, cdp: CDPSession, processes: CDPSession) {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return {
    at: performance.now(),
    metrics: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
    threads: await threadSeconds(processes),
    pictures: await picturesDrawn(page),
  };
}

/** What `<spectrogram-view>` counts; null for pages that don't. */
async function picturesDrawn(page: Page): Promise<number | null> {
  const count = await page.locator("spectrogram-view").evaluate(async (view) => {
    const { pictures } = view as HTMLElement & { pictures?: () => Promise<number> | number };
    return typeof pictures === "function" ? await pictures.call(view) : null;
  });
  return count;
}

/** Processor seconds so far, of the page's process by thread and of the process that rasterises. */
async function threadSeconds(session: CDPSession): Promise<ThreadShares> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sum = { main: 0, workers: 0, audio: 0, compositor: 0, rest: 0, gpu: 0 };
  for (const { id, type, cpuTime } of processInfo) {
    if (type === "GPU") sum.gpu += cpuTime;
    if (type !== "renderer") continue;
    for (const thread of await readdir(`/proc/${id}/task`).catch(() => [])) {
      const stat = await readFile(`/proc/${id}/task/${thread}/stat`, "utf8").catch(() => null);
      if (stat === null) continue;
      const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // Fields 14 and 15 of proc(5): time in user and in kernel mode.
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
      sum[kindOf(name, thread === String(id))] += seconds;
    }
  }
  return sum;
}

function kindOf(name: string, first: boolean): keyof ThreadShares {
  if (first) return "main";
  if (/^Compositor|Raster|TileWorker/i.test(name)) return "compositor";
  if (/worklet|^Audio/i.test(name)) return "audio";
  if (/Worker thread|DedicatedWorker/i.test(name)) return "workers";
  return "rest";
}

// The functions below run in the page and stand on their own.

function watch(): void {
  const watched: Watched = { gaps: [], longTasks: [] };
  Object.assign(window, { watched });
  let last = performance.now();
  const next = (now: number) => {
    watched.gaps.push(now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame((now) => {
    last = now;
    requestAnimationFrame(next);
  });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.longTasks.push(duration);
  }).observe({ type: "longtask" });
}

function watchedSoFar(): Watched {
  return (window as unknown as { watched: Watched }).watched;
}

function keepBusy(): void {
  setInterval(() => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  }, 250);
}
