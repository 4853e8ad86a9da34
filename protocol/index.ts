/** `listenable/wire`: what crosses the wire between a remote engine and the server. See README.md. */
export { type AudioShape, framesIn, hopMs } from "./audio-shape.ts";
export {
  type Engine,
  EngineError,
  type EngineErrorCode,
  type Explanation,
  type SpectralWindow,
} from "./engine.ts";
export * from "./wire.ts";
export { isToken, subprotocolsFor, tokenInSubprotocols, WIRE_SUBPROTOCOL } from "./wire-access.ts";
export {
  WireError,
  type WireErrorName,
  wireCloseCode,
  wireErrorName,
  wireErrorNumber,
  wireErrorOfClose,
} from "./wire-errors.ts";
export {
  decodeMagnitudes,
  decodeMask,
  ENCODINGS,
  type Encoding,
  encodeMagnitudes,
  encodeMask,
  encodingBytes,
} from "./wire-levels.ts";
