/**
 * What drawing the live page costs: frames, long tasks, and processor time by thread, with the local engine running.
 *
 *   npm run drawing -- [--seconds 20] [--sizes 1280x800,3840x2160] [--busy] [--public DIR]
 *
 * `--public` measures another build of the page, for before and after on one machine; `--busy` keeps the page's own
 * thread busy for 200 ms of every 250, to see what the picture does then.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findChromium, launchChromium, NO_CHROMIUM } from "../../cli/bench/chromium.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack, packageFolder } from "../../models/pack/open-pack-node.ts";
import { startServer } from "../../server/start-server.ts";
import { type DrawingFigures, measureDrawing } from "./measure.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    sizes: { type: "string", default: "1280x800,3840x2160" },
    busy: { type: "boolean", default: false },
    public: { type: "string", default: join(packageFolder(), "dist", "public") },
  },
});
const chromium = findChromium();
if (chromium === null) throw new Error(NO_CHROMIUM);
const server = await startServer({ pack: findPack(DEFAULT_PACK), port: 0, publicFolder: values.public });
const browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
const figures: DrawingFigures[] = [];
try {
  for (const size of values.sizes.split(",")) {
    const [width, height] = size.split("x").map(Number);
    const options = { browser, url: server.url, width, height, busy: values.busy };
    figures.push(await measureDrawing({ ...options, seconds: Number(values.seconds) }));
  }
} finally {
  await browser.close();
  await server.close();
}

const share = (value: number) => `${(100 * value).toFixed(1)} %`;
const ms = (value: number) => value.toFixed(1);
const rows: readonly (readonly [string, (each: DrawingFigures) => string])[] = [
  ["", ({ width, height }) => `${width} x ${height}`],
  ["---", () => "---"],
  ["frames a second", ({ fps }) => fps.toFixed(1)],
  ["ms between frames, p50 / p99 / max", ({ gap }) => [gap.p50, gap.p99, gap.max].map(ms).join(" / ")],
  ["frames more than 25 ms after the one before", ({ longFrames }) => share(longFrames)],
  ["tasks of 50 ms and more, a minute", ({ longTasks }) => longTasks.toFixed(1)],
  ["pictures drawn a second", ({ pictures }) => (pictures === null ? "not told" : pictures.toFixed(1))],
  ["main thread busy", ({ main }) => share(main.task)],
  ["- scripts", ({ main }) => share(main.script)],
  ["- style and layout", ({ main }) => share(main.layout)],
  ["- of which spectrogram code", ({ code }) => share(code.spectrogram)],
  ["- of which other code of the page", ({ code }) => share(code.page)],
  ["- of which libraries", ({ code }) => share(code.libraries)],
  ["processor time, the page's main thread", ({ threads }) => share(threads.main)],
  ["- its workers and the engine", ({ threads }) => share(threads.workers)],
  ["- its sound", ({ threads }) => share(threads.audio)],
  ["- its compositor and raster", ({ threads }) => share(threads.compositor)],
  ["- everything else of the page", ({ threads }) => share(threads.rest)],
  ["processor time, browser's drawing process", ({ threads }) => share(threads.gpu)],
  ["windows a second", ({ windowsPerSecond }) => windowsPerSecond.toFixed(1)],
];
for (const [title, cell] of rows) console.log(`| ${[title, ...figures.map(cell)].join(" | ")} |`);
