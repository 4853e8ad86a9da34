/** Puts a kiosk together: settings, explainer, supervisor, program, restart, reports. */

import { sampleRate, soundsFor } from "../../client/kit/sounds/index.ts";
import { loadAhead } from "../../client/kit/sounds/load-ahead.ts";
import { soundTitle } from "../../client/kit/words/words.ts";
import { createLiveExplainer } from "../../client/live/create-live-explainer.ts";
import type { LiveExplainer, Source, Status, Timings } from "../../client/live/live-explainer.ts";
import {
  KIOSK_REPORT_PATH,
  KIOSK_SETTINGS_PATH,
  type KioskReport,
  type KioskSettings,
  kioskAddressSettings,
  kioskSettings,
} from "../protocol.ts";
import { realClock } from "./clock.ts";
import { keepKiosk, recallKiosk } from "./memory.ts";
import { MicrophoneSeeker, microphonePermission } from "./microphone-seeker.ts";
import { MicrophoneWatch } from "./microphone-watch.ts";
import { Program, type Scene } from "./program.ts";
import { Reporter } from "./reporter.ts";
import { DailyRestart } from "./restart.ts";
import { Supervisor } from "./supervisor.ts";

/** What the page draws and passes on. */
export interface Kiosk {
  readonly settings: KioskSettings;
  readonly explainer: LiveExplainer;
  readonly supervisor: Pick<Supervisor, "state$">;
  readonly program: Pick<Program, "scene$" | "heard">;
  touched(): void;
}

const SETTINGS_AGAIN_MS = 5_000;

/**
 * Settings of the server's file, over which those of the address go. Waits for a server that isn't there yet, as after a
 * power cut.
 *
 * @throws KioskSettingsError
 */
export async function fetchKioskSettings(search: string): Promise<KioskSettings> {
  const own = kioskAddressSettings(search);
  for (;;) {
    try {
      const response = await fetch(KIOSK_SETTINGS_PATH, { cache: "no-store" });
      if (response.ok) return kioskSettings({ ...(await response.json()), ...own }, "this page's address");
    } catch (error) {
      if (error instanceof Error && error.name === "KioskSettingsError") throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, SETTINGS_AGAIN_MS));
  }
}

interface KioskParts {
  readonly settings: KioskSettings;
  readonly token: string | undefined;
  /** Covers what is on the screen; called before the page is loaded anew. */
  readonly cover: () => Promise<void>;
}

/** Starts at once. */
export function openKiosk({ settings, token, cover }: KioskParts): Kiosk {
  const clock = realClock;
  const memory = recallKiosk(clock.now());
  const loads = memory.loads + 1;
  keepKiosk({ ...memory, loads });
  const explainer = createLiveExplainer({
    server: "./",
    pack: settings.pack,
    serverToken: token,
    delay: settings.delay,
    guardFeedback: settings.output === "speakers",
  });
  // Through loudspeakers, a faint part that is raised would come back by the microphone sooner.
  const { loudness = settings.output === "headphones" ? "matched" : "unchanged" } = settings;
  explainer.setMatchLoudness(loudness === "matched");
  explainer.setEngine(settings.engine);
  if (settings.method !== undefined) explainer.setMethod(settings.method);

  const load = (reloadedAt: number | null) => {
    keepKiosk({ ...memory, loads, recoveries: memory.recoveries + supervisor.recoveries, reloadedAt });
    // Muted first: a graph that is torn down clicks.
    explainer.setVolume(0);
    void cover().then(() => location.reload());
  };
  const supervisor = new Supervisor({
    explainer,
    clock,
    random: Math.random,
    reloadedAt: memory.reloadedAt,
    reload: () => load(clock.now()),
    takes: (code) => microphone.takes(code),
  });
  const program = new Program(settings, clock);
  new DailyRestart({
    clock,
    time: settings.restart,
    quietSeconds: () =>
      program.scene$.value.kind === "attract" ? Number.POSITIVE_INFINITY : program.quietSeconds,
    restart: () => load(memory.reloadedAt),
  });
  // Examples go on where the server has gone meanwhile.
  void explainer.pack().then(
    ({ labels }) => loadAhead(soundsFor(labels)),
    () => {},
  );
  const tally = new Tally();
  explainer.timings$.subscribe((timings) => tally.push(timings));
  let status: Status = { state: "idle" };
  explainer.status$.subscribe((now) => {
    const changed = explanationOf(now) !== explanationOf(status);
    status = now;
    if (changed) reporter?.soon();
  });
  const seeker = new MicrophoneSeeker({
    clock,
    devices: navigator.mediaDevices ?? null,
    permission: microphonePermission,
    onFound: () => microphone.found(),
  });
  const microphone = new MicrophoneWatch(settings.source === "microphone", {
    ...{ clock, program, seeker },
    status$: explainer.status$,
    onChange: () => reporter.soon(),
  });
  const reporter: Reporter = new Reporter({
    clock,
    url: KIOSK_REPORT_PATH,
    token,
    everyMs: 1000 * settings.report,
    report: () => ({
      name: settings.name,
      state: supervisor.state$.value === "running" ? program.scene$.value.kind : supervisor.state$.value,
      engine: status.state === "running" ? status.engine : null,
      microphone: microphone.state,
      explanation: explanationOf(status),
      uptimeSeconds: Math.max(0, Math.round((clock.now() - memory.openedAt) / 1000)),
      recoveries: memory.recoveries + supervisor.recoveries,
      reloads: loads - 1,
      missedDeadlines: tally.missed,
      windowsDropped: tally.dropped,
      howls: explainer.environment().howls,
      heapMiB: heapMiB(),
      problems: [...supervisor.problems],
    }),
  });
  supervisor.state$.subscribe(() => reporter.soon());
  // Also tells the first one.
  let before: string | undefined;
  program.scene$.subscribe((scene) => {
    const what = scene.kind === "live" ? "live" : `sound ${scene.sound}`;
    // From waiting for somebody to somebody being there, the microphone goes on.
    if (what === before) return;
    before = what;
    explainer.setVolume((scene.kind === "live" ? settings.volume : settings.attractVolume) / 100);
    supervisor.want(() => sourceOf(scene, settings, explainer));
  });
  return {
    settings,
    explainer,
    supervisor,
    program,
    touched: () => {
      program.touched();
      microphone.hurry();
      supervisor.hurry();
    },
  };
}

/** Null while nothing runs. */
function explanationOf(status: Status): NonNullable<KioskReport["explanation"]> | null {
  return status.state === "running" ? status.explanation : null;
}

async function sourceOf(scene: Scene, settings: KioskSettings, explainer: LiveExplainer): Promise<Source> {
  if (scene.kind === "attract") {
    const sounds = soundsFor((await explainer.pack()).labels);
    const { name, load } = sounds[scene.sound % sounds.length];
    return { kind: "samples", samples: await load(), sampleRate, name: soundTitle(name), loop: true };
  }
  const { microphone } = settings;
  if (microphone === undefined) return { kind: "microphone" };
  const all = await explainer.microphones();
  const chosen = all.find(({ label }) => label.toLowerCase().includes(microphone.toLowerCase()));
  return chosen ? { kind: "microphone", deviceId: chosen.deviceId } : { kind: "microphone" };
}

/** Sums of counters that begin anew with every session. */
class Tally {
  missed = 0;
  dropped = 0;
  #before: Pick<Timings, "missedDeadlines" | "windowsDropped"> = { missedDeadlines: 0, windowsDropped: 0 };

  push(timings: Timings): void {
    const { missedDeadlines, windowsDropped } = this.#before;
    this.missed += growth(missedDeadlines, timings.missedDeadlines);
    this.dropped += growth(windowsDropped, timings.windowsDropped);
    this.#before = timings;
  }
}

function growth(before: number, now: number): number {
  return now >= before ? now - before : now;
}

/** Chromium's own measure; no standard has one that a page may ask for without ado. */
function heapMiB(): number | null {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  return memory ? memory.usedJSHeapSize / 2 ** 20 : null;
}
