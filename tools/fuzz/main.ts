/** `npm run fuzz`: damaged messages, sound files and graphs, as many as one has time for. */
import { mkdir } from "node:fs/promises";
import { Command } from "commander";
import { positiveInteger } from "../../cli/options.ts";
import { showProgress } from "../../cli/progress.ts";
import { type AudioFuzzReport, fuzzAudio } from "./fuzz-audio.ts";
import { fuzzGraph, type GraphFuzzReport } from "./fuzz-graph.ts";
import { fuzzProtocol, type ProtocolFuzzReport } from "./fuzz-protocol.ts";

const program = new Command("fuzz").description(
  "Every input must give a right result or a named error, in bounded time and memory. The same seed gives the same inputs.",
);
program
  .command("protocol")
  .description("messages of the wire protocol, to the decoders of both sides and to whole sessions")
  .option("--messages <n>", "how many", positiveInteger, 1_000_000)
  .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
  .option("--json", "print the report as one JSON object")
  .addHelpText("after", "\nExample:\n  $ npm run fuzz -- protocol --messages 1000000 --seed 1")
  .action(async ({ messages, seed, json }: { messages: number; seed: number; json?: boolean }) => {
    console.error(`fuzz protocol: seed ${seed}, ${messages} messages`);
    const progress = showProgress("messages", messages);
    const report = await fuzzProtocol(messages, seed, (done) => progress.update(Math.min(done, messages)));
    progress.end();
    console.log(json ? JSON.stringify(report) : protocolInWords(report));
  });
program
  .command("audio")
  .description("damaged sound files of every kind that is read; with ffmpeg also WMA")
  .option("--files <n>", "how many", positiveInteger, 20_000)
  .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
  .option("--keep <dir>", "folder for files that something was wrong with")
  .option("--json", "print the report as one JSON object")
  .addHelpText("after", "\nExample:\n  $ npm run fuzz -- audio --files 20000 --keep found")
  .action(async (options: { files: number; seed: number; keep?: string; json?: boolean }) => {
    const { files, seed, keep, json } = options;
    console.error(`fuzz audio: seed ${seed}, ${files} files`);
    if (keep !== undefined) await mkdir(keep, { recursive: true });
    const progress = showProgress("files", files);
    const report = await fuzzAudio({ files, seed, keep, onProgress: (done) => progress.update(done) });
    progress.end();
    console.log(json ? JSON.stringify(report) : audioInWords(report));
    if (report.failures.length > 0) process.exitCode = 1;
  });
program
  .command("graph")
  .description(
    "graphs with circles, sizes beyond all memory, great depths; and damaged ones, to the graph's readers",
  )
  .option("--graphs <n>", "how many damaged ones, for each of the two readers", positiveInteger, 5_000)
  .option("--seed <n>", "start of the random numbers", positiveInteger, 1)
  .option("--json", "print the report as one JSON object")
  .addHelpText("after", "\nExample:\n  $ npm run fuzz -- graph --graphs 5000 --seed 1")
  .action(async ({ graphs, seed, json }: { graphs: number; seed: number; json?: boolean }) => {
    console.error(`fuzz graph: seed ${seed}, ${graphs} damaged graphs a reader`);
    const report = await fuzzGraph(graphs, seed);
    console.log(json ? JSON.stringify(report) : graphInWords(report));
    if (report.failures.length > 0) process.exitCode = 1;
  });
await program.parseAsync();

function protocolInWords({ messages, sessions, decoders, endings, heapMiB }: ProtocolFuzzReport): string {
  return [
    `${messages} messages, half of them in ${sessions} sessions; nothing but named errors`,
    `decoders: ${inWords(decoders)}`,
    `sessions: ${inWords(endings)}`,
    heapMiB === null
      ? ""
      : `heap after the first tenth and at the end: ${heapMiB.map((each) => each.toFixed(1)).join(" and ")} MiB`,
  ]
    .filter(Boolean)
    .join("\n");
}

function audioInWords({ files, outcomes, slowest, maxRssMiB, failures }: AudioFuzzReport): string {
  return [
    `${files} files; slowest ${slowest.name} with ${slowest.ms.toFixed(0)} ms, at most ${maxRssMiB.toFixed(0)} MiB resident`,
    ...Object.entries(outcomes).map(([name, counts]) => `- ${name}: ${inWords(counts)}`),
    ...failures.map(({ file, name, what, kept }) => `FAILED: file ${file}, ${name}, ${what} ${kept ?? ""}`),
  ].join("\n");
}

function graphInWords({ graphs, outcomes, maxRssMiB, failures }: GraphFuzzReport): string {
  return [
    `${graphs} graphs; at most ${maxRssMiB.toFixed(0)} MiB resident`,
    ...Object.entries(outcomes).map(([name, counts]) => `- as a ${name}: ${inWords(counts)}`),
    ...failures.map((failure) => `FAILED: ${failure}`),
  ].join("\n");
}

function inWords(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
