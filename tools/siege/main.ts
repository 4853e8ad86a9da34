/** `npm run siege`: one address takes all it can get, while another one asks. Linux alone: it has many addresses of its own. */
import { Command } from "commander";
import { positiveInteger } from "../../cli/options.ts";
import { DEFAULT_PACK } from "../../models/pack/default-pack.ts";
import { findPack } from "../../models/pack/open-pack-node.ts";
import { BUILT } from "../soak/server-under-watch.ts";
import { runSiege } from "./run-siege.ts";

const { connections, requests, handshakes, pack, json } = new Command("siege")
  .description(
    "What is left to others while one address takes all connections, and what its refusals leave in the log.",
  )
  .option("--connections <n>", "that the one address tries to open", positiveInteger, 1_400)
  .option("--requests <n>", "of the other address meanwhile", positiveInteger, 160)
  .option("--handshakes <n>", "that are refused, 12 kB each", positiveInteger, 1_000)
  .option("--pack <name or dir>", "pack that the server explains with", DEFAULT_PACK)
  .option("--json", "print the report as one JSON object")
  .parse()
  .opts<{ connections: number; requests: number; handshakes: number; pack: string; json?: boolean }>();

const report = await runSiege({ script: BUILT, pack: findPack(pack), connections, requests, handshakes });
if (json) console.log(JSON.stringify(report));
else {
  const { refused, seconds, logBytes, logLines } = report.handshakes;
  console.log(
    `one address tried ${connections} connections and held ${report.connections.held}; meanwhile ` +
      `${report.requests.answered} of ${requests} requests of another were answered\n` +
      `${refused} refused handshakes in ${seconds.toFixed(1)} s left ${logBytes} bytes of log, ${logLines} lines`,
  );
}
process.exitCode = report.requests.answered === requests && report.status === 0 ? 0 : 1;
