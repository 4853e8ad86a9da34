// Loaded into the server's process before it starts (node --expose-gc --import ...): tells over the IPC channel what
// is alive after a full collection, which has no other effect on the server, and ends one of its threads when it is told to.
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";

/** The oldest first. */
const open = new Set();
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    open.add(this);
    this.once("exit", () => open.delete(this));
  }
};
syncBuiltinESMExports();

process.on("message", (message) => {
  if (message === "end a thread") {
    // As its own code would: it ends by itself, between two runs of the model, with calls that wait.
    const [oldest] = open;
    oldest?.postMessage({ type: "drop" });
    return;
  }
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ heapUsed, external, rss, resources: process.getActiveResourcesInfo() });
});
// The channel alone must not keep a server alive that was told to stop.
process.channel?.unref();
