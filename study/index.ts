/** `listenable/study`: a blind listening study, from clips to figures. Node only. */
export { type Analysis, analyse, type Comparison, type MethodFigure } from "./analysis.ts";
export { ANSWERS_FILE, type Participant, readAnswers } from "./answers.ts";
export { type Prepared, type PrepareOptions, prepareStudy } from "./prepare.ts";
export { EXCLUSIONS, type Exclusion, type Rating, ratingsCsv } from "./ratings.ts";
export { studyHtml, studyMarkdown } from "./report.ts";
export { type OpenStudy, openStudy, type Study, type StudyClip, StudyFileError } from "./study-file.ts";
export { type StudyServer, type StudyServerOptions, startStudyServer } from "./study-server.ts";
