/** `listenable/server`: the page, its packs and the engine that other devices may ask. Node only. */
export type { ServerExtension } from "./extension.ts";
export type { Exchange, Handler, Route } from "./http/index.ts";
export { HttpError, sendJson, sendText } from "./http/index.ts";
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
