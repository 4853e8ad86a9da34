/** In place of a backend where the pack's model needs phases: a server serves such a pack to pages and never runs it. */
import type { Backend } from "./backend.ts";

export const NO_BACKEND: Backend = {
  description: "each listener's own device",
  lanes: 1,
  explain: () => Promise.reject(new Error("this pack is explained on the listener's own device")),
  close: () => Promise.resolve(),
};
