import "./components/study-app.ts";
