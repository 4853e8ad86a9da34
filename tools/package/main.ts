/** `npm run package`: builds `package/`, which is what `npm publish package` publishes. */
import { stagePackage } from "./stage.ts";

await stagePackage("package");
