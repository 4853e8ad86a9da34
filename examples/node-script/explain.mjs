import { readFile, writeFile } from "node:fs/promises";
import { explainSound, openPack } from "listenable";
import { readWav, toMono, writeWav } from "listenable/dsp";

const { channels, sampleRate: rate } = readWav(await readFile(process.argv[2]));
const pack = await openPack("everyday");
const sound = await explainSound(pack, toMono(channels), { rate });
await writeFile("explanation.wav", writeWav([sound.explanation], rate));

const percent = (share) => `${Math.round(100 * share)} %`;
const { accepted, label, probability } = sound.decision;
console.log(
  accepted ? `It hears: ${label} (${percent(probability)})` : "It hears nothing that it is sure of",
);
await pack.close();
