/** The one room for HTTP: whatever we serve is routes that are handed to an `HttpServer`. */
export { ACCESS_ROUTE } from "./access-cookie.ts";
export { readJson, readText } from "./body.ts";
export { refusal } from "./denial.ts";
export type { Guard } from "./guard.ts";
export { HttpError, notFound } from "./http-error.ts";
export { type AccessOptions, HttpServer, type HttpServerOptions } from "./http-server.ts";
export { MOST_CONNECTIONS } from "./listen.ts";
export type { HttpLog, HttpObserver, HttpRefusal } from "./observe.ts";
export { pathOf, searchOf } from "./paths.ts";
export { Places } from "./places.ts";
export { RateLimits } from "./rate-limit.ts";
export type { Exchange, Handler, Route } from "./router.ts";
export { HTML, sendJson, sendText } from "./send.ts";
export { sendFile, warmFile } from "./send-file.ts";
export { sendPieces } from "./send-pieces.ts";
export { notYet, type WarmUpProgress, warmingState } from "./warming.ts";
