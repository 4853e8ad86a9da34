// Takes a folder when it is told to, and says whether it got it: lock-racer.mjs COMPILED-FOLDER-LOCK
const { lockFolder } = await import(process.argv[2]);
let free = () => {};

process.on("message", ({ folder, at, end }) => {
  if (end) {
    free();
    free = () => {};
    process.send({ ended: true });
    return;
  }
  while (Date.now() < at);
  try {
    free = lockFolder(folder, { of: "monitor", option: "--data" });
    process.send({ got: true });
  } catch (error) {
    process.send({ got: false, message: error.message });
  }
});
process.send({ ready: true });
