/** Kiosks as what `listenable serve` adds to its server: page, settings, reports, status and figures. */
import { Gauge, type Registry } from "prom-client";
import type { ServerExtension } from "../server/extension.ts";
import { kioskRoutes } from "./kiosk-routes.ts";
import { Kiosks, type KiosksOptions, type KnownKiosk } from "./kiosks.ts";

export interface KioskExtensionOptions extends KiosksOptions {
  /** Folder of the built page; without one there is no /kiosk. */
  readonly publicFolder?: string | undefined;
}

/** @throws KioskSettingsError for a file that is missing or wrong. */
export async function openKioskExtension(options: KioskExtensionOptions): Promise<ServerExtension> {
  const kiosks = await Kiosks.open(options);
  return {
    routes: kioskRoutes(kiosks, options.publicFolder),
    measure: (registry) => measure(kiosks, registry),
    reload: () => kiosks.reload(),
    close: () => kiosks.close(),
  };
}

const FIGURES: readonly [name: string, help: string, value: (kiosk: KnownKiosk) => number][] = [
  ["report_age_seconds", "Since a kiosk's last report.", ({ at }) => (Date.now() - at) / 1000],
  [
    "running",
    "1 while a kiosk reports and explains.",
    ({ report, silent }) => (!silent && ["live", "attract"].includes(report.state) ? 1 : 0),
  ],
  ["recoveries", "Starts after a failure, since its browser was opened.", ({ report }) => report.recoveries],
  ["loads", "Loads of the page, since its browser was opened.", ({ report }) => report.reloads],
  [
    "missed_deadlines",
    "Frames without their mask, since its page was loaded.",
    ({ report }) => report.missedDeadlines,
  ],
  [
    "heap_bytes",
    "JavaScript heap of its page, where the browser tells.",
    ({ report }) => (report.heapMiB ?? 0) * 2 ** 20,
  ],
];

function measure(kiosks: Kiosks, registry: Registry): void {
  for (const [name, help, value] of FIGURES) {
    new Gauge({
      name: `listenable_kiosk_${name}`,
      help,
      labelNames: ["kiosk"],
      registers: [registry],
      collect() {
        this.reset();
        for (const kiosk of kiosks.known) this.set({ kiosk: kiosk.report.name }, value(kiosk));
      },
    });
  }
}
