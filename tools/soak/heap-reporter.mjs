// Loaded into the server's process before it starts (node --expose-gc --import ...): tells over the IPC channel what
// is alive after a full collection. Asking has no other effect on the server.
process.on("message", () => {
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ heapUsed, external, rss, resources: process.getActiveResourcesInfo() });
});
// The channel alone must not keep a server alive that was told to stop.
process.channel?.unref();
