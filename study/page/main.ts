import { isLanguage, setLanguage } from "../../client/kit/words/words.ts";
import "./components/study-app.ts";

// The language of the study's own texts is the author's, so the rest follows the link that the author gives out.
const language = new URLSearchParams(location.search).get("language");
if (isLanguage(language)) setLanguage(language);
