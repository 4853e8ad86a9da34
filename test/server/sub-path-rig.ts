import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, launchChromium } from "../../cli/bench/chromium.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { closeAll } from "../monitor/rig.ts";
import { type PrefixProxy, prefixProxy } from "../prefix-proxy.ts";

const chromium = findChromium();
const PATIENCE_MS = 40_000;
export const FOLDER = "/listenable/";
export const TOKEN = "token-below-a-folder-0123456789";
export const publicFolder = join(packageFolder(), "dist", "public");
export const behindProxies = 1;

let browser: Browser;
test.before(async () => {
  if (chromium === null) return;
  const args = ["--autoplay-policy=no-user-gesture-required"];
  browser = await launchChromium({ path: chromium, microphone: "/dev/null", args });
});
test.after(async () => {
  await browser?.close();
  await closeAll();
});

interface Visit {
  readonly page: Page;
  readonly proxy: PrefixProxy;
  /** Of the server behind the proxy. */
  readonly close: () => Promise<void>;
}

/** Opens a page through the proxy, and afterwards sees that everything was asked for below the folder, and was there. */
export async function below(
  server: { readonly url: string; close(): Promise<void> },
  path: string,
  look: (visit: Visit) => Promise<void>,
): Promise<void> {
  const proxy = await prefixProxy(new URL("/", server.url).href, FOLDER);
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  try {
    await page.goto(`${proxy.url}${path}`);
    await look({ page, proxy, close: () => server.close() });
    assert.equal(proxy.strays, [], "asked for outside of its folder");
    const failed = proxy.answered.filter((each) => !/ (101|2\d\d|30[1-8])$/.test(each));
    assert.equal(failed, []);
    assert.equal(complaints, []);
  } finally {
    await context.close();
    await proxy.close();
    await server.close();
  }
}

export const has = (proxy: PrefixProxy, answer: string) =>
  proxy.answered.some((each) => each.startsWith(answer));
