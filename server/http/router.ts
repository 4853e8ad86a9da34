/** From a method and a path to what answers them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Guard } from "./guard.ts";
import { HttpError, notFound } from "./http-error.ts";

/** One request and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path's parts, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly guard: Guard;
}

/** `parts`: what stands for the path's `:names`, in their order. What it throws is sent: see `HttpError`. */
export type Handler = (exchange: Exchange, ...parts: string[]) => void | Promise<void>;

export interface Route {
  /** GET answers HEAD as well: Node leaves the body out. POST is for our own pages and for programs, see `Guard`. */
  readonly method: "GET" | "POST";
  /** "api/events/:id": `:name` is any one part; `*` at the end is any number of them, none included. */
  readonly path: string;
  readonly answer: Handler;
  /** Whether it answers with a "/" behind its path, too; without, there is nothing there. */
  readonly slash?: boolean;
  /** Default "nothing": everybody may. */
  readonly needs?: Need;
}

/** An access token, where the server asks for one; leave to look inside, see `Guard.mayLookInside`. */
export type Need = "nothing" | "token" | "figures";

interface Match {
  readonly route: Route;
  readonly parts: readonly string[];
}

export class Router {
  readonly #routes: readonly { readonly route: Route; readonly pattern: readonly string[] }[];

  /** The first route that fits answers. */
  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: route.path.split("/").filter(Boolean) }));
  }

  /** @throws HttpError 404 where nothing has such a path, 405 where no route with it has the method. */
  find(method: string | undefined, segments: readonly string[]): Match {
    const wanted = method === "HEAD" ? "GET" : method;
    const others = new Set<string>();
    for (const { route, pattern } of this.#routes) {
      const parts = matched(pattern, segments);
      if (parts === undefined) continue;
      if (route.method === wanted) return { route, parts };
      for (const each of route.method === "GET" ? ["GET", "HEAD"] : [route.method]) others.add(each);
    }
    if (others.size === 0) throw notFound();
    const allowed = [...others];
    throw new HttpError(405, `Only ${allowed.join(" and ")} can be asked for here.`, {
      Allow: allowed.join(", "),
    });
  }
}

function matched(pattern: readonly string[], segments: readonly string[]): string[] | undefined {
  const open = pattern.at(-1) === "*";
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? segments.length < fixed.length : segments.length !== fixed.length) return undefined;
  const parts: string[] = [];
  for (const [k, each] of fixed.entries()) {
    if (each.startsWith(":")) parts.push(segments[k]);
    else if (each !== segments[k]) return undefined;
  }
  return parts;
}
