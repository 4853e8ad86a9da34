import { startLanguage } from "../../client/kit/language.ts";
import "../../client/kit/page-tools.ts";
import "./components/app.ts";

startLanguage();
