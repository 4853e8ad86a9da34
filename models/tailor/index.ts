/** What is cut when a graph is loaded whose pack was not prepared; a script of its own in browsers. */
export { classifierAlone } from "./classifier-alone.ts";
export { newestRows } from "./newest-rows.ts";
