/** The live page below a folder of somebody's host, https://host/listenable/; the other pages are in sub-path.full.test.ts. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { browserTest } from "../browser/browser-test.ts";
import { TINY_PACK } from "../browser/set-up.ts";
import { serveKiosk } from "../kiosk/serve-kiosk.ts";
import { behindProxies, below, FOLDER, has, publicFolder } from "./sub-path-rig.ts";

browserTest("the live page: pack, workers, the server's engine, a moment, and all of it kept", async () => {
  const server = await serveKiosk(undefined, { pack: TINY_PACK, port: 0, publicFolder, behindProxies });
  await below(server, "", async ({ page, proxy }) => {
    await page.goto(`${proxy.url}?engine=remote&start=yes`);
    await page.waitForSelector('listenable-app[data-state="running"][data-engine="remote"]');
    await page.waitForSelector('listenable-app:not([data-verdict=""])');
    assert.ok(has(proxy, `UPGRADE ${FOLDER}explain 101`));
    await page.keyboard.press("f");
    await page.getByRole("heading", { name: "Frozen moment" }).waitFor();
    await page.locator('offline-note[data-state="kept"]').waitFor({ state: "attached" });
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    assert.is(scope, proxy.url, "the service worker has its folder alone");
    const names = await page.evaluate(() => caches.keys());
    assert.ok(
      names.every((name) => name.endsWith(` of ${FOLDER}`)),
      `${names}`,
    );
    assert.is(
      await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')!;
        const manifest = await (await fetch(link.href)).json();
        return new URL(manifest.start_url, link.href).href;
      }),
      proxy.url,
    );
  });
});

test.run();
