import { readFileSync } from "node:fs";
import { readTflite } from "./lab/import/tflite/read-tflite.ts";
import { encodeModel, GraphBuilder } from "./models/graph/index.ts";
import { inline } from "./lab/import/inline.ts";
import { compile } from "./test/models/graph/run.ts";
import { readTfliteModel } from "./lab/import/tflite/model.ts";
const file = readFileSync("/work/shared/models/yamnet/yamnet.tflite");
const model = readTfliteModel(file);
const f32 = (p: string) => { const b = readFileSync(p); return new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.length)); };
const xs = f32("/tmp/h/tfw/x.f32");
for (const t of [30, 35, 118, 120]) {
  const { graph } = readTflite(file, () => model.tensors[t].name);
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [50, 15600]);
  g.output("y", inline(g, graph, x)([...graph.outputs.values()][0]));
  const { y } = await (await compile(encodeModel(g), { x: [50, 15600] }))({ x: xs });
  const q = model.tensors[t].quantisation ?? { scales: [1e-3], zeros: [0] };
  const w = f32(t === 120 ? "/tmp/h/tfw/y_xnn.f32" : `/tmp/h/tfw/t_${t}.f32`);
  let differ = 0, most = 0; const clips = new Set<number>();
  for (let i = 0; i < w.length; i++) { const d = t === 120 ? (y[i] - w[i]) / 1e-3 : y[i] / q.scales[0] + q.zeros[0] - w[i]; if (Math.abs(d) > 0.5) { differ++; clips.add(Math.floor(i / (w.length / 50))); } most = Math.max(most, Math.abs(d)); }
  console.log([...clips].join(), t, model.tensors[t].shape, differ, w.length, "most", most);
}
