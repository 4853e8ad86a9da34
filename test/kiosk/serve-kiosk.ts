/** A server with kiosks, as the command puts it together. */
import pino from "pino";
import { openKioskExtension } from "../../kiosk/kiosk-extension.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";

/** @param file of kiosk settings. */
export async function serveKiosk(file: string | undefined, options: ServerOptions): Promise<RunningServer> {
  const { publicFolder } = options;
  const kiosk = await openKioskExtension({ file, publicFolder, log: pino({ level: "silent" }) });
  return startServer({ ...options, extensions: [kiosk] });
}
