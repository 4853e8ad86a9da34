/**
 * The library in the browser: explains any sound by a pack's methods.
 *
 *   const pack = await openPack("/packs/everyday/");
 *   const sound = await explainSound(pack, samples, { rate: 48_000 });
 *   // sound.explanation + sound.rest = samples; sound.decision.label is what was heard
 *   const figures = figuresOf(await judgeParts(pack, sound), { target: sound.target });
 *   // figures.explanation and figures.rest: what the classifier says of each alone
 *
 * In Node the same is in `index-node.ts`, where a pack is also opened by its name or its folder.
 */
export * from "./explaining.ts";
export { type OpenPackOptions, openPack } from "./runtime/open-pack.ts";
export { type WebRuntimeOptions, webRuntime } from "./runtime/web.ts";
