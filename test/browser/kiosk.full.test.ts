import { test } from "uvu";
import * as assert from "uvu/assert";
import { browserTest } from "./browser-test.ts";
import { host, open, PATIENCE_MS, withServer } from "./kiosk-rig.ts";

browserTest(
  "a microphone that is not there yet, a context that closes, a worker that dies: it goes on",
  async () => {
    await withServer({ idle: 0, report: 5 }, async (url, reports) => {
      const { page } = await open(url, () => {
        const devices = navigator.mediaDevices;
        const getUserMedia = devices.getUserMedia.bind(devices);
        let failures = 2;
        devices.getUserMedia = async (constraints) => {
          if (failures-- > 0) throw new DOMException("none", "NotFoundError");
          return getUserMedia(constraints);
        };
        const made = { contexts: [] as AudioContext[], workers: [] as Worker[] };
        Object.assign(window, { made });
        const Context = window.AudioContext;
        window.AudioContext = class extends Context {
          constructor(options?: AudioContextOptions) {
            super(options);
            made.contexts.push(this);
          }
        };
        const Plain = window.Worker;
        window.Worker = class extends Plain {
          constructor(at: string | URL, options?: WorkerOptions) {
            super(at, options);
            made.workers.push(this);
          }
        };
      });
      await host(page, '[data-state="running"][data-deaf="yes"]');
      await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
      await page.waitForTimeout(1_000);
      await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
      await host(page, '[data-state="running"][data-scene="live"]');
      const contexts = await page.evaluate(() => {
        const { made } = window as unknown as { made: { contexts: AudioContext[] } };
        void made.contexts.at(-1)?.close();
        return made.contexts.length;
      });
      await page.waitForFunction(
        (before) =>
          (window as unknown as { made: { contexts: AudioContext[] } }).made.contexts.length > before,
        contexts,
        { timeout: PATIENCE_MS },
      );
      await host(page, '[data-state="running"]');
      const workers = await page.evaluate(() => {
        const { made } = window as unknown as { made: { workers: Worker[] } };
        for (const worker of made.workers)
          worker.dispatchEvent(new ErrorEvent("error", { message: "it died" }));
        return made.workers.length;
      });
      await page.waitForFunction(
        (before) => (window as unknown as { made: { workers: Worker[] } }).made.workers.length > before,
        workers,
        { timeout: PATIENCE_MS },
      );
      await host(page, '[data-state="running"]');
      for (let n = 0; n < 100 && (await reports())[0]?.state !== "live"; n++) await page.waitForTimeout(100);
      const [{ recoveries, problems }] = await reports();
      assert.ok(recoveries >= 2, `${recoveries} recoveries`);
      assert.is(problems[0], "no-microphone");
      await page.context().close();
    });
  },
);

test.run();
