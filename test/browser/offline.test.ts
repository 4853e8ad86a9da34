// The page without a network after its first visit, and how another build takes its place: whole, or not at all.
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import type { RunningServer } from "../../server/start-server.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { browserTest } from "./browser-test.ts";
import { TINY_PACK } from "./set-up.ts";

const chromium = findChromium();
const PATIENCE_MS = 40_000;

let browser: Browser;
let context: BrowserContext;
let publicFolder: string;
let server: RunningServer | undefined;

test.before(async () => {
  if (chromium === null) return;
  browser = await launchChromium({ path: chromium, microphone: "/dev/null" });
});
test.after(async () => {
  await browser?.close();
});
test.before.each(async () => {
  if (chromium === null) return;
  publicFolder = await mkdtemp(join(tmpdir(), "listenable-offline-"));
  await cp(join(packageFolder(), "dist", "public"), publicFolder, {
    recursive: true,
    filter: (source) => !source.endsWith(".map"),
  });
  context = await browser.newContext();
});
test.after.each(async () => {
  await context?.close();
  await server?.close();
  server = undefined;
  if (publicFolder) await rm(publicFolder, { recursive: true, force: true });
});

async function serve(options: { readonly port?: number; readonly offline?: boolean } = {}): Promise<string> {
  server = await serveKiosk(undefined, { pack: TINY_PACK, port: 0, publicFolder, ...options });
  return server.url;
}

async function visit(url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  await page.waitForSelector("listenable-app[data-state]");
  return page;
}

const note = (page: Page, state: string) =>
  page.locator(`offline-note[data-state="${state}"]`).waitFor({ state: "attached" });
const cacheNames = (page: Page) => page.evaluate(() => caches.keys());
const paper = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--paper"));

const stylesFile = () => join(publicFolder, "page.css");

/** Another build's styles: other colours. */
async function otherStyles(): Promise<Buffer> {
  return Buffer.concat([await readFile(stylesFile()), Buffer.from("\n:root { --paper: rgb(1 2 3); }\n")]);
}

/** The service worker that the build would have made of other styles; the styles are still the old ones. */
async function changeServiceWorker(): Promise<void> {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const before = sha256(await readFile(stylesFile()));
  const worker = join(publicFolder, "service-worker.js");
  const text = await readFile(worker, "utf8");
  assert.ok(text.includes(before), "the service worker pins the styles by their content");
  await writeFile(
    worker,
    text.replace(before, sha256(await otherStyles())).replace(/"[0-9a-f]{16}"/, '"0000000000000001"'),
  );
}

browserTest("after the first visit it starts and explains without a server", async () => {
  const url = await serve();
  const page = await visit(url);
  await note(page, "kept");
  assert.equal((await cacheNames(page)).map((name) => name.replace(/[0-9a-f]{16}$/, "")).sort(), [
    "listenable-packs",
    "listenable-page-",
  ]);
  await server!.close();
  server = undefined;
  await page.reload();
  await page.getByRole("button", { name: "Try it without a microphone" }).click();
  await page.waitForSelector('listenable-app[data-state="running"][data-engine="local"]');
  await page.waitForSelector('listenable-app:not([data-verdict=""])');
  assert.ok(await page.evaluate(() => crossOriginIsolated), "headers are kept with the files");
  assert.ok(
    await page.evaluate(() => navigator.serviceWorker.controller !== null),
    "it came from what was kept",
  );
  // By any address of the page, and none beside it.
  await page.goto(`${url}?language=de&theme=dark`);
  await page.getByRole("heading", { name: "Drücken Sie Start" }).waitFor();
  await assertGone(page, `${url}healthz`);
});

async function assertGone(page: Page, url: string): Promise<void> {
  const answered = await page.evaluate(
    (address) =>
      fetch(address).then(
        () => true,
        () => false,
      ),
    url,
  );
  assert.not.ok(answered, `${url} answered`);
}

browserTest(
  "another build waits until it is whole and the only page asks, then nothing of the old is left",
  async () => {
    const url = await serve();
    const page = await visit(url);
    await note(page, "kept");
    const old = await paper(page);
    const [before] = (await cacheNames(page)).filter((name) => name.startsWith("listenable-page-"));

    // The server is being updated: its files are of two builds.
    await changeServiceWorker();
    await page.reload();
    await note(page, "kept");
    const settled = await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      await registration.update().catch(() => {});
      while (registration.installing) await new Promise((resolve) => setTimeout(resolve, 50));
      return { waiting: registration.waiting !== null, names: await caches.keys() };
    });
    assert.not.ok(settled.waiting, "half a build waits");
    assert.equal(
      settled.names.filter((name) => name.startsWith("listenable-page-")),
      [before],
    );

    await writeFile(stylesFile(), await otherStyles());
    await page.reload();
    await note(page, "update-waits");
    assert.is(await paper(page), old, "the page is of one build");
    const other = await visit(url);
    assert.is(await paper(other), old);
    await page.getByRole("button", { name: "Load it" }).click();
    await note(page, "others-open");
    await other.close();
    await page.getByRole("button", { name: "Load it" }).click();
    await page.waitForFunction(
      () => getComputedStyle(document.documentElement).getPropertyValue("--paper") === "rgb(1 2 3)",
    );
    await page.waitForFunction(async (name) => !(await caches.keys()).includes(name), before);
  },
);

browserTest("a server can make browsers forget, and a kiosk takes nothing that was kept", async () => {
  const url = await serve();
  const page = await visit(url);
  await note(page, "kept");
  await page.reload();
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null));
  await page.goto(`${url}kiosk`);
  await page.waitForSelector("listenable-kiosk[data-state]");
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller === null));

  await page.goto(url);
  await note(page, "kept");
  const { port } = server!;
  await server!.close();
  await serve({ port, offline: false });
  await page.reload();
  await page.waitForFunction(async () => (await caches.keys()).length === 0);
  await page.goto(`${url}healthz`);
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration()) === undefined);
});

test.run();
