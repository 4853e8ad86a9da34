/** What runs the model for the server, away from the event loop. */
export interface WindowResult {
  /** [classes] */
  readonly probabilities: Float32Array;
  /** Row-major [frames, bins], 255 is 1: quantised where the model ran, so that less has to be moved. */
  readonly mask: Uint8Array;
  readonly inferenceMs: number;
}

export interface Backend {
  /** For people: "onnxruntime-node 1.30.0, CPU, 1 thread". */
  readonly description: string;
  /** How many windows can run at the same time; more calls than that are a mistake of the caller. */
  readonly lanes: number;
  /**
   * Explains one window. `magnitudes` is given away: its memory moves to the thread that runs the model.
   * Rejects when the method cannot be loaded, the model fails or its thread dies; the next call may succeed.
   */
  explain(method: string, magnitudes: Float32Array, target: number): Promise<WindowResult>;
  close(): Promise<void>;
}
