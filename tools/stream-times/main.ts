/**
 * How far the times of live sound are off: `npm run stream-times [-- --pauses 0.5,3,10 --sections 4]` prints for each kind of
 * stream and length of pause the largest difference from when the sender sent a tone.
 */
import { parseArgs } from "node:util";
import { STREAM_KINDS, streamTimeErrors } from "./radio.ts";

const { values } = parseArgs({
  options: {
    pauses: { type: "string", default: "0.5,3,10" },
    sections: { type: "string", default: "4" },
  },
});
const sections = Number(values.sections);
const pauses = values.pauses.split(",").map(Number);
console.log(`largest error of ${sections} tones, in ms; + is late`);
console.log(["pause", ...STREAM_KINDS].join("\t"));
for (const pause of pauses) {
  const rows = await Promise.all(STREAM_KINDS.map((kind) => streamTimeErrors(kind, sections, pause)));
  const worst = rows.map((errors) =>
    errors.reduce((most, error) => (Math.abs(error) > Math.abs(most) ? error : most), 0),
  );
  console.log([`${pause} s`, ...worst.map((error) => error.toFixed(0))].join("\t"));
}
