/** What training graphs run on: onnxruntime-node, an optional package, which is therefore looked for at its first use. */

/** @throws Error saying how to install it, where it is not. */
export async function trainingRuntime() {
  return import("onnxruntime-node").catch((cause: Error) => {
    throw new Error(
      `training needs onnxruntime-node, which cannot be loaded (${cause.message.split("\n")[0]}); npm install onnxruntime-node`,
      { cause },
    );
  });
}

/** A session for a graph that is run over and over, and the tensors that it is fed. */
export async function openTrainingSession(graph: Uint8Array, threads: number) {
  const { InferenceSession, Tensor } = await trainingRuntime();
  const session = await InferenceSession.create(graph, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return { session, Tensor };
}
