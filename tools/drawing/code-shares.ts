/** Whose code the main thread runs, by a sampled profile and the build's source maps. */
import { SourceMap } from "node:module";
import type { CDPSession } from "playwright-core";

/** Shares of the time. */
export interface CodeShares {
  readonly spectrogram: number;
  /** The rest of the page's own code. */
  readonly page: number;
  readonly libraries: number;
}

interface Frame {
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

const EVERY_MICROSECONDS = 500;

/** Samples the main thread while `wait` lasts. What the browser does for a function counts as that function's. */
export async function codeShares(cdp: CDPSession, wait: () => Promise<void>): Promise<CodeShares> {
  await cdp.send("Profiler.enable");
  await cdp.send("Profiler.setSamplingInterval", { interval: EVERY_MICROSECONDS });
  await cdp.send("Profiler.start");
  await wait();
  const { profile } = await cdp.send("Profiler.stop");
  const maps = new Map<string, SourceMap | null>();
  const owner = new Map<number, keyof CodeShares | null>();
  const own = async (frame: Frame): Promise<keyof CodeShares | null> => {
    if (!frame.url.startsWith("http")) return null;
    if (!maps.has(frame.url)) maps.set(frame.url, await sourceMap(frame.url));
    const entry = maps.get(frame.url)?.findEntry(frame.lineNumber, frame.columnNumber);
    return partOf(entry && "originalSource" in entry ? entry.originalSource : "");
  };
  const parent = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) for (const child of children) parent.set(child, id);
  // Parents come before their children.
  for (const { id, callFrame } of profile.nodes) {
    owner.set(id, (await own(callFrame)) ?? owner.get(parent.get(id) ?? -1) ?? null);
  }
  const sum = { spectrogram: 0, page: 0, libraries: 0 };
  const samples = profile.samples ?? [];
  const spans = profile.timeDeltas ?? [];
  samples.forEach((id, n) => {
    const part = owner.get(id);
    if (part) sum[part] += spans[n + 1] ?? 0;
  });
  const whole = profile.endTime - profile.startTime;
  return {
    spectrogram: sum.spectrogram / whole,
    page: sum.page / whole,
    libraries: sum.libraries / whole,
  };
}

function partOf(source: string): keyof CodeShares {
  if (source.includes("node_modules")) return "libraries";
  return source.includes("page/spectrogram/") ? "spectrogram" : "page";
}

async function sourceMap(url: string): Promise<SourceMap | null> {
  const answer = await fetch(`${url}.map`).catch(() => null);
  return answer?.ok ? new SourceMap(JSON.parse(await answer.text())) : null;
}
