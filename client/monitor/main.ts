import { startLanguage } from "../page/language.ts";
import "../page/components/page-tools.ts";
import "./components/app.ts";

startLanguage();
