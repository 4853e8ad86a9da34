// Which lane a test file runs in, told by its folder or the ending of its name; the first that fits.
import { availableParallelism } from "node:os";

/** What `npm test` leaves out. */
export const FULL = "full";

const FILES = {
  [FULL]: /\.full\.test\.ts$/,
  browser: /^test\/browser\/|\.browser\.test\.ts$/,
  slow: /^test\/(cli|examples|package)\/|\.slow\.test\.ts$/,
  unit: /./,
};

export const LANES = Object.keys(FILES);

export const laneOf = (file) => LANES.find((lane) => FILES[lane].test(file));

/** Pages beside a live stream are shaken by what else runs; all other pages are not. */
const inRealTime = (file) => file.startsWith("test/browser/") || laneOf(file) === FULL;

/**
 * Files that share processes, each queue beside the other. Sound in real time comes one file at a time and goes before the
 * rest, which gives way (`nice`) and fills what the browser leaves; its longest files come first, so that none is left alone
 * at the end.
 */
export const QUEUES = [
  { holds: inRealTime, lanes: ["browser", FULL], processes: 1, nice: 0 },
  {
    holds: (file) => !inRealTime(file),
    lanes: ["browser", "slow", "unit"],
    processes: availableParallelism(),
    nice: 10,
  },
];
