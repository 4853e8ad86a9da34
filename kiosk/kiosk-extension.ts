/** Kiosks as what `listenable serve` adds to its server: page, settings, reports, status and figures. */
import type { Figure, ServerExtension } from "../server/extension.ts";
import { kioskRoutes } from "./kiosk-routes.ts";
import { Kiosks, type KiosksOptions, type KnownKiosk } from "./kiosks.ts";

interface KioskExtensionOptions extends KiosksOptions {
  /** Folder of the built page; without one there is no /kiosk. */
  readonly publicFolder?: string | undefined;
}

/** @throws KioskSettingsError for a file that is missing or wrong. */
export async function openKioskExtension(options: KioskExtensionOptions): Promise<ServerExtension> {
  const kiosks = await Kiosks.open(options);
  return {
    routes: kioskRoutes(kiosks, options.publicFolder),
    figures: FIGURES.map((figure) => figureOf(kiosks, figure)),
    reload: () => kiosks.reload(),
    close: () => kiosks.close(),
  };
}

type KioskFigure = readonly [name: string, help: string, value: (kiosk: KnownKiosk) => number];

const FIGURES: readonly KioskFigure[] = [
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

function figureOf(kiosks: Kiosks, [name, help, value]: KioskFigure): Figure {
  return {
    name: `listenable_kiosk_${name}`,
    help,
    label: "kiosk",
    values: () => kiosks.known.map((kiosk) => [kiosk.report.name, value(kiosk)] as const),
  };
}
