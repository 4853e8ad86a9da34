/** `listenable/monitor`: hears inputs of any length and keeps events with their explanations. Node only. */
export type { Input, InputReport, Stretch } from "./inputs/input.ts";
export { InputError, type InputOptions, parseInputs } from "./inputs/parse-input.ts";
export type {
  Badge,
  EventClass,
  Faithfulness,
  InputStatus,
  MonitorEvent,
  MonitorStatus,
  Review,
  StreamMessage,
} from "./protocol.ts";
export {
  type MonitorOptions,
  type MonitorWebOptions,
  type RunningMonitor,
  startMonitor,
} from "./start-monitor.ts";
export { EventStore, type StoredEvent } from "./storage/event-store.ts";
