/**
 * When an answer has ended. A request that waits behind another one on its connection has no connection of its own yet;
 * when that ends, Node tells nobody of such a request's end.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

const ends = new WeakMap<Socket, Set<() => void>>();

/** Calls `end` once: when the answer is through, or its connection is gone. */
export function onceEnded(response: ServerResponse, end: () => void): void {
  const { socket } = response.req;
  const atEnd = endsOf(socket);
  const once = () => {
    if (atEnd.delete(once)) end();
  };
  atEnd.add(once);
  response.once("close", once);
  if (socket.destroyed) once();
}

/** One listener a connection, however many requests come over it. */
function endsOf(socket: Socket): Set<() => void> {
  const known = ends.get(socket);
  if (known) return known;
  const made = new Set<() => void>();
  ends.set(socket, made);
  socket.once("close", () => {
    for (const end of [...made]) end();
  });
  return made;
}
