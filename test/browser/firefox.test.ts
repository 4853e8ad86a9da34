/**
 * The main road and the listening study in Firefox, over a sound server of its own: its audio graph and the sound server
 * can wait for each other for ever, which a machine without sound never shows. Skipped where either is missing (Debian:
 * apt-get install firefox-esr pulseaudio).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser, type KeyInput, type Page } from "puppeteer-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ListenableApp } from "../../client/page/components/app.ts";
import type { MomentPanel } from "../../client/page/moment/panel/moment-panel.ts";
import { packageFolder } from "../../models/pack/open-pack-node.ts";
import { type RunningServer, startServer } from "../../server/start-server.ts";
import { openStudy } from "../../study/study-file.ts";
import { type StudyServer, startStudyServer } from "../../study/study-server.ts";
import { journalLines } from "../../tools/study-proof/run-proof.ts";
import { madeUpStudy, writeMadeUpStudy } from "../study/made-up-study.ts";
import { LIMIT_MS, until } from "../until.ts";
import { TINY_PACK } from "./set-up.ts";

const firefox = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path));
const pulseaudio = !spawnSync("pulseaudio", ["--version"]).error;
const missing = [...(firefox ? [] : ["Firefox"]), ...(pulseaudio ? [] : ["PulseAudio"])];
const run = missing.length > 0 ? test.skip : test;
const why = missing.length > 0 ? ` (there is no ${missing.join(" and no ")})` : "";
const CLOSE_MS = 1_000;

let folder: string;
let server: RunningServer;
let studyServer: StudyServer | undefined;
let sound: ChildProcess;
let browser: Browser;

test.before(async () => {
  if (missing.length > 0) return;
  folder = await mkdtemp(join(tmpdir(), "listenable-firefox-"));
  const socket = join(folder, "sound");
  sound = spawn(
    "pulseaudio",
    ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "-L", "module-null-sink"].concat([
      "-L",
      `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
    ]),
    { stdio: "ignore", env: { ...process.env, PULSE_RUNTIME_PATH: folder } },
  );
  await until("the sound server", () => existsSync(socket));
  server = await startServer({
    pack: TINY_PACK,
    port: 0,
    publicFolder: join(packageFolder(), "dist", "public"),
  });
  browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: firefox!,
    headless: true,
    protocolTimeout: LIMIT_MS,
    env: { ...process.env, HOME: folder, PULSE_SERVER: `unix:${socket}` },
    extraPrefsFirefox: {
      // Plays without a press, and gives a made-up microphone without asking.
      "media.autoplay.default": 0,
      "media.navigator.permission.disabled": true,
      "media.navigator.streams.fake": true,
    },
  });
});

test.after(async () => {
  // A browser that stands still does not close.
  await Promise.race([browser?.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
  browser?.process()?.kill("SIGKILL");
  await server?.close();
  await studyServer?.close();
  sound?.kill("SIGKILL");
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Opens a page of the server's; what it complains of is kept. */
async function open(address: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(new URL(address, server.url).href);
  return { page, complaints };
}

/** An attribute `data-...` of the page's root. */
const told = (page: Page, name: string) =>
  page.evaluate((key) => document.querySelector<HTMLElement>("listenable-app")?.dataset[key] ?? "", name);

for (const [what, address] of [
  ["a built-in sound, explained here", "?sound=dog-in-wind&engine=local&start=yes"],
  ["a microphone, explained by the server", "?source=microphone&headphones=yes&engine=remote&start=yes"],
]) {
  run(`${what}: it runs, switches, freezes, plays the moment and stops${why}`, async () => {
    const { page, complaints } = await open(address);
    await until("a verdict", async () => (await told(page, "verdict")) !== "");
    assert.is(await told(page, "state"), "running");
    assert.is(await told(page, "engine"), address.includes("remote") ? "remote" : "local");
    assert.is(await page.evaluate(() => crossOriginIsolated), true, "audio thread and worker share memory");

    await page.keyboard.press("a");
    await until("the original", async () => (await told(page, "listening")) === "original");
    const moment = () =>
      page.evaluate(() => {
        const app = document.querySelector("listenable-app") as ListenableApp;
        const freezer = app.shadowRoot?.querySelector("freeze-moment");
        const panel = freezer?.shadowRoot?.querySelector<MomentPanel>("moment-panel");
        return panel ? { playing: panel.dataset["playing"], samples: panel.moment.original.length } : null;
      });
    // The first verdict may come before the first sound has gone out.
    await until("the moment", async () => {
      await page.keyboard.press("f");
      return (await moment()) !== null;
    });
    assert.ok((await moment())!.samples > 0);
    await page.keyboard.press(" ");
    await until("the moment's sound", async () => (await moment())?.playing === "original");
    await page.keyboard.press("Escape");
    await until("the panel's end", async () => (await moment()) === null);

    await page.evaluate(() => (document.querySelector("listenable-app") as ListenableApp).explainer?.stop());
    await until("the end", async () => (await told(page, "state")) === "stopped");
    assert.equal(complaints, []);
    await page.close();
  });
}

/** The name of the control that has the focus. */
async function focused(page: Page): Promise<string> {
  const name = await page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const [label] = (element as HTMLInputElement | null)?.labels ?? [];
    return element?.ariaLabel ?? label?.textContent ?? element?.textContent ?? "";
  });
  return name.trim();
}

/** Presses Tab until the control so named has the focus, then `key`. */
async function press(page: Page, name: RegExp, key: KeyInput): Promise<void> {
  await until(`the control ${name}`, async () => {
    if (name.test(await focused(page))) return true;
    await page.keyboard.press("Tab");
    return false;
  });
  await page.keyboard.press(key);
}

/** Plays a sound of the study to its end. */
async function listen(page: Page, name: string): Promise<void> {
  await press(page, new RegExp(`^Play ${name}`, "i"), "Enter");
  await until(`the end of ${name}`, async () => new RegExp(`${name}, heard`, "i").test(await focused(page)));
}

run(`a participant gets through a listening study by the keyboard${why}`, async () => {
  const study = madeUpStudy({ clips: 2, methods: 2, trials: 1, attention: 0, headphones: false });
  const studyFolder = join(folder, "study");
  await writeMadeUpStudy(studyFolder, { ...study, practice: undefined });
  const results = join(studyFolder, "results");
  studyServer = await startStudyServer({
    open: await openStudy(studyFolder),
    results,
    publicFolder: join(packageFolder(), "dist", "public"),
    port: 0,
  });
  const { page, complaints } = await open(studyServer.url);
  const stage = (name: string) =>
    until(`the stage ${name}`, () =>
      page.evaluate(
        (each) => document.querySelector<HTMLElement>("study-app")?.dataset["stage"] === each,
        name,
      ),
    );
  await stage("consent");
  await press(page, /I have read this/, " ");
  await press(page, /^Begin/, "Enter");
  await stage("volume");
  await listen(page, "the recording");
  await press(page, /The volume is right/, "Enter");
  await stage("trial");
  await listen(page, "the recording");
  for (const sound of ["sound A", "sound B"]) {
    await listen(page, sound);
    await press(page, new RegExp(`^${sound}: .*match`, "i"), "Enter");
    await press(page, new RegExp(`^${sound}: .*quality`, "i"), "ArrowRight");
  }
  await press(page, /^Continue/, "Enter");
  await stage("comment");
  await press(page, /^Finish/, "Enter");
  await stage("done");
  const values = (await journalLines(results)).flatMap((line) =>
    "event" in line && line.event.action.kind === "rated" ? [line.event.action.value] : [],
  );
  assert.equal(values, [50, 51, 50, 51]);
  assert.equal(complaints, []);
  await page.close();
});

test.run();
