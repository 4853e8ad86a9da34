/**
 * The library in Node: explains any sound by a pack's methods.
 *
 *   const pack = await openPack("everyday");
 *   const recording = await openRecording("dog.wav");
 *   for await (const block of explainStream(pack, recording.blocks, { rate: recording.sampleRate })) { ... }
 *
 * or, of samples that are there as a whole, `await explainSound(pack, samples, { rate })` as in the browser.
 */
export * from "./explaining.ts";
export { DEFAULT_PACK } from "./pack/default-pack.ts";
export { listPacks } from "./pack/open-pack-node.ts";
export { type OpenPackOptions, openPack } from "./runtime/open-pack-node.ts";
export { type NodeRuntimeOptions, nodeRuntime, type RuntimeBuild } from "./runtime/runtime-node.ts";
export { openRecording, type Recording } from "./sound/open-recording-node.ts";
