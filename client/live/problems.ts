import { PackError } from "../../models/pack/pack.ts";
import { EngineError } from "../../protocol/engine.ts";
import type { Problem, ProblemCode } from "./live-explainer.ts";

/** A `Problem` that can be thrown. */
export class ProblemError extends Error implements Problem {
  override name = "ProblemError";
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${detail}`, options);
  }

  /** The plain value, which can be posted and shown. */
  get problem(): Problem {
    return { code: this.code, detail: this.detail };
  }
}

/** What a person should be told of an error from a pack, an engine or anything else. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (isProblem(error)) return error;
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof PackError) return { code: error.code, detail };
  if (error instanceof EngineError) return { code: engineProblem(error), detail };
  return { code: "unexpected", detail: String(error) };
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "detail" in error;
}

function engineProblem({ code }: EngineError): ProblemCode {
  switch (code) {
    case "lost":
    case "closed":
    case "timeout":
      return "server-gone";
    case "refused":
      return "server-refused";
    case "busy":
    case "failed":
    case "bad-input":
      return "engine-failed";
    default:
      return code satisfies never;
  }
}

/** What getUserMedia rejects with, by the names of the Media Capture specification. */
export function microphoneProblem(error: unknown): ProblemError {
  const name = error instanceof Error ? error.name : "";
  const detail = error instanceof Error ? `${name}: ${error.message}` : String(error);
  const codes: Readonly<Record<string, ProblemCode>> = {
    NotAllowedError: "permission-denied",
    SecurityError: "permission-denied",
    NotFoundError: "no-microphone",
    // The chosen device was unplugged: only its exact deviceId can't be met, the rest are wishes.
    OverconstrainedError: "no-microphone",
    NotReadableError: "microphone-busy",
    AbortError: "microphone-busy",
  };
  return new ProblemError(codes[name] ?? "unexpected", detail, { cause: error });
}
