/** Makes the pictures of docs/kiosk.md: `npm run kiosk-pictures`. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { kioskState, watchKiosk } from "./watched-kiosk.ts";

const out = join(packageFolder(), "docs", "pictures");
await mkdir(out, { recursive: true });
const kiosk = await watchKiosk({ title: "The listening room", idle: 0 }, { sound: 20, silence: 0 });
const views = [
  {
    name: "kiosk-live",
    query: "",
    state: '[data-state="running"]:not([data-label=""])',
    wide: 1600,
    high: 900,
  },
  {
    name: "kiosk-portrait",
    query: "?language=de&title=H%C3%B6rraum&theme=light&controls=listening,class",
    state: '[data-state="running"]:not([data-label=""])',
    wide: 720,
    high: 1280,
  },
  {
    name: "kiosk-attract",
    query: "?source=sounds&attract=60",
    state: '[data-state="running"][data-scene="attract"]',
    wide: 1600,
    high: 900,
  },
];
for (const { name, query, state, wide, high } of views) {
  const context = await kiosk.browser.newContext({ viewport: { width: wide, height: high } });
  const page = await context.newPage();
  await page.goto(kiosk.url + query);
  await kioskState(page, state);
  // Until the picture is full.
  await page.waitForTimeout(9_000);
  await kioskState(page, state);
  await page.screenshot({ path: join(out, `${name}.jpg`), type: "jpeg", quality: 80 });
  await context.close();
}
await kiosk.close();
