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

/** Sound in real time is shaken by what else runs: such files come one at a time, and the others give way to them. */
export const inRealTime = (file) => file.startsWith("test/browser/") || laneOf(file) === FULL;

/** In the order in which they run: the longest first, so that none is left alone at the end. */
export function inOrder(files) {
  return ["browser", "slow", "unit", FULL].flatMap((lane) => files.filter((file) => laneOf(file) === lane));
}

/** Files that run beside the one in real time. One more than cores, as many wait for threads, sockets or sound. */
export const OTHERS_AT_A_TIME = availableParallelism() + 1;
