import type { Server } from "node:http";

export const policy: string;
export function serve(port?: number): Promise<Server>;
