// A client in a process of its own, to be ended by kill -9: replays the messages that it is given, ten a second.
import { WebSocket } from "ws";

process.once("message", ({ url, headers, messages }) => {
  const socket = new WebSocket(url, { headers });
  socket.on("error", () => {});
  socket.on("open", () => {
    let next = 0;
    setInterval(() => next < messages.length && socket.send(messages[next++]), 100);
    process.send("open");
  });
});
process.on("disconnect", () => process.exit());
