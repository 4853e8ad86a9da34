import { test } from "uvu";
import * as assert from "uvu/assert";
import { engineChoices } from "../../../client/kit/parameters.ts";
import { privacyText } from "../../../client/page/privacy.ts";

test("whenever a server gets something or may, the page says what it is", () => {
  for (const choice of engineChoices) {
    for (const inUse of ["local", "remote", undefined] as const) {
      const text = privacyText(choice, inUse, null);
      if (choice === "local" && inUse !== "remote") assert.match(text, "nothing is sent");
      else {
        assert.match(text, "logarithms of the spectrum's magnitudes, without phase");
        assert.match(text, "never the sound itself");
        assert.not.match(text, "nothing");
      }
    }
  }
});

test("where no server can be asked, the page says that nothing is sent, and why", () => {
  for (const choice of engineChoices) {
    assert.match(privacyText(choice, "local", "phases"), "never sent to a server");
    assert.match(privacyText(choice, "local", "server"), "nothing you play or say is sent");
  }
});

test.run();
