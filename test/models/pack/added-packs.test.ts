/** Where a user's packs lie on each system, and that they are found by name behind the released ones. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { addedPacksFolder, listenableHome } from "../../../models/pack/added-packs-node.ts";
import {
  findPack,
  listPacks,
  packFolders,
  releasedPacksFolder,
} from "../../../models/pack/open-pack-node.ts";

const work = mkdtempSync(join(tmpdir(), "listenable-added-"));
test.after(() => rmSync(work, { recursive: true }));

test("each system has its folder for what can be made again", () => {
  const home = join("/", "home", "ann");
  const at = (platform: NodeJS.Platform, env = {}) => listenableHome({ platform, env, home });
  assert.is(at("linux"), join(home, ".cache", "listenable"));
  assert.is(at("linux", { XDG_CACHE_HOME: "/var/ann" }), join("/var/ann", "listenable"));
  assert.is(at("linux", { XDG_CACHE_HOME: "not/absolute" }), join(home, ".cache", "listenable"));
  assert.is(at("darwin", { XDG_CACHE_HOME: "/var/ann" }), join(home, "Library", "Caches", "listenable"));
  assert.is(at("win32", { LOCALAPPDATA: "C:/ann" }), join("C:/ann", "listenable"));
  assert.is(at("win32"), join(home, "AppData", "Local", "listenable"));
  for (const platform of ["linux", "darwin", "win32"] as const) {
    assert.is(at(platform, { LISTENABLE_HOME: "mine", XDG_CACHE_HOME: "/var/ann" }), resolve("mine"));
  }
});

test("a pack that was added is found by its name, and none takes a released one's", () => {
  const added = addedPacksFolder(work);
  const folders = [releasedPacksFolder(), added];
  for (const name of ["tiny", "everyday"])
    cpSync("test/fixtures/tiny-pack", join(added, name), { recursive: true });
  assert.is(findPack("tiny", folders), join(added, "tiny"));
  assert.is(findPack("everyday", folders), join(releasedPacksFolder(), "everyday"));
  assert.equal(listPacks(folders), ["esc10-speech", "everyday", "tiny"]);
  assert.throws(
    () => findPack("small", folders),
    /no pack "small".*there is: esc10-speech, everyday, tiny in .*listenable add/,
  );
  assert.equal(packFolders(), [releasedPacksFolder(), addedPacksFolder()]);
});

test.run();
