// The WebGPU backend of onnxruntime-node against its processor's, on Chromium's software adapter. Slow, and right.
import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findPack, openPackFolder } from "../../../models/pack/open-pack-node.ts";
import { loadNewest } from "../../../models/runtime/load-cut.ts";
import { nodeRuntime } from "../../../models/runtime/runtime-node.ts";

/** Where Debian's chromium has it. */
const ADAPTER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const found = existsSync(ADAPTER);
const run = found ? test : test.skip;

run(
  `WebGPU draws the masks that the processor draws, one window or two together${found ? "" : " (no software adapter here)"}`,
  async () => {
    process.env["VK_ICD_FILENAMES"] ??= ADAPTER;
    const opened = await openPackFolder(findPack("esc10-speech"));
    const { pack } = opened;
    const size = pack.windowFrames * pack.stft.bins;
    const sound = Float32Array.from({ length: 2 * size }, (_, i) => Math.abs(Math.sin(i * i * 0.37)));
    const masks = async (build: "native" | "webgpu") => {
      const runtime = await nodeRuntime({ build });
      const method = await loadNewest(runtime, opened, undefined, 48);
      const one = await method.run(sound.subarray(0, size), 1);
      const two = await method.run(sound, 2);
      await method.close();
      return [...one.masks, ...one.probabilities, ...two.masks, ...two.probabilities];
    };
    const right = await masks("native");
    const drawn = await masks("webgpu");
    const furthest = drawn.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i])), 0);
    assert.is(drawn.length, right.length);
    assert.ok(furthest < 1e-4, `${furthest}`);
  },
);

test.run();
