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
    health: () => ({ kiosks: healthOf(kiosks.known) }),
    figures: FIGURES.map((figure) => figureOf(kiosks, figure)),
    reload: () => kiosks.reload(),
    close: () => kiosks.close(),
  };
}

function isDeaf({ report }: KnownKiosk): boolean {
  return report.microphone === "missing" || report.microphone === "denied";
}

/** How many there are, and the names of those that somebody should look after. */
function healthOf(known: readonly KnownKiosk[]) {
  const names = (which: (kiosk: KnownKiosk) => boolean) =>
    known.filter(which).map(({ report }) => report.name);
  return {
    reported: known.length,
    silent: names(({ silent }) => silent),
    recovering: names(({ report, silent }) => !silent && report.state === "recovering"),
    withoutMicrophone: names((kiosk) => !kiosk.silent && isDeaf(kiosk)),
    withoutExplanation: names(({ report, silent }) => !silent && report.explanation === "away"),
  };
}

type KioskFigure = readonly [name: string, help: string, value: (kiosk: KnownKiosk) => number];

const FIGURES: readonly KioskFigure[] = [
  ["report_age_seconds", "Since a kiosk's last report.", ({ at }) => (Date.now() - at) / 1000],
  [
    "running",
    "1 while a kiosk reports and explains.",
    ({ report, silent }) =>
      !silent && ["live", "attract"].includes(report.state) && report.explanation !== "away" ? 1 : 0,
  ],
  [
    "microphone",
    "0 while a kiosk lacks its microphone and plays examples.",
    (kiosk) => (isDeaf(kiosk) ? 0 : 1),
  ],
  [
    "explained",
    "0 while what a kiosk lets hear has no explanation.",
    ({ report }) => (report.explanation === "away" ? 0 : 1),
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
