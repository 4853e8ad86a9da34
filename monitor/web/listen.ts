/** The HTTP server of the pages. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** @throws the system's error when the port cannot be had. */
export function listen(port: number, host = "127.0.0.1"): Promise<Server> {
  const http = createServer({ keepAliveTimeout: 5_000, requestTimeout: 30_000 });
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      http.off("error", reject);
      http.on("error", () => {});
      resolve(http);
    });
  });
}

/** "http://127.0.0.1:8090/" */
export function addressOf(http: Server): string {
  const { address, port } = http.address() as AddressInfo;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}
