/** `listenable/server`: the page, its packs and the engine that other devices may ask. Node only. */
export { type RunningServer, type ServerOptions, startServer } from "./start-server.ts";
