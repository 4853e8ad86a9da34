import { test } from "uvu";
import { WebSocket } from "ws";
import { RemoteEngine, type WebSocketClass } from "../../../client/engines/remote-engine.ts";
import { startServer } from "../../../server/start-server.ts";
import { engineSuite } from "./engine-suite.ts";

const server = await startServer({ pack: "test/fixtures/tiny-pack", port: 0 });
test.after(() => server.close());
const ws = WebSocket as unknown as WebSocketClass;

engineSuite("remote", () => RemoteEngine.connect({ url: server.explainUrl, WebSocket: ws }));

test.run();
