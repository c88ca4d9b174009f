// The page is drawn from what the server says (`state`); a reload shows the same.
// Text from files enters as text only, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const POLL_MS = 300;
const SEVERITIES = [
  ["error", "error", "the data cannot be used as they are"],
  ["warning", "warning", "to be looked up in the papers"],
  ["note", "note", "for the record"],
];
const MOST_OF_A_KIND = 5;
const OPEN_QUESTIONS = ["unknown-space", "no-sample-size"];
let choices = [];
let mostBytes = 0;
let editing = false; // the declared protocol is being changed
let shown = ""; // the step that was last moved to
let drawnCheck = "";
let drawnResult = "";

// --- talking to the server ------------------------------------------------------------

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? {} : { method: "POST", body });
  } catch {
    throw new Error("Focale does not answer. It may have been ended; start `focale app` again.");
  }
  const said = await answer.json();
  if (said.error) throw new Error(said.error);
  return said;
}

const tell = (path, what) => ask(path, JSON.stringify(what ?? {}));

function alarm(text) {
  $("alarm").textContent = text;
  $("alarm").hidden = !text;
  if (text) $("alarm").scrollIntoView({ block: "center" });
}

/** Run a step; what goes wrong is said on the page. */
async function attempt(step, button) {
  alarm("");
  if (button) button.disabled = true;
  try {
    await step();
  } catch (error) {
    alarm(error.message.charAt(0).toUpperCase() + error.message.slice(1));
  } finally {
    if (button) button.disabled = false;
  }
}

// --- small pieces -----------------------------------------------------------------------

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

const number = (n) => n.toLocaleString("en");
const count = (n, word, words) => `${number(n)} ${n === 1 ? word : words ?? word + "s"}`;

/** Move to a step once, when it is new: for eyes, keyboard and screen reader. */
function moveTo(step, heading) {
  if (shown === step) return;
  const isFirst = shown === "";
  shown = step;
  if (isFirst && step === "file") return;
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}

// --- 1. the file ------------------------------------------------------------------------

async function take(files) {
  const list = [...files];
  if (!list.length) return;
  if (!$("running").hidden) throw new Error("A run is under way; wait for it or stop it first.");
  if (list.length === 1 && /\.toml$/i.test(list[0].name) && !$("protocol").hidden) {
    await takeProtocol(list[0]);
    return;
  }
  const size = list.reduce((sum, file) => sum + file.size, 0);
  if (size > mostBytes) {
    throw new Error(`This is larger than the ${mostBytes >> 20} MB that an evidence base may have here; `
      + "check that it is the file you mean, or use the command line.");
  }
  $("busy").textContent = `Reading ${list.map((file) => file.name).join(", ")} …`;
  $("busy").hidden = false;
  try {
    await tell("reset");
    forget();
    for (const file of list) await ask(`file?name=${encodeURIComponent(file.name)}`, await bytesOf(file));
    draw(await tell("check", {}));
  } finally {
    $("busy").hidden = true;
  }
}

/** The bytes, read first: a folder has none, and a file may be gone. */
async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Error(`${file.name} cannot be read; if it is a folder, choose the files in it`);
  }
}

function forget() {
  editing = false;
  shown = "";
  drawnResult = "";
  $("options").reset();
  $("asks").open = false;
  $("loaded").textContent = "";
  fill(Object.fromEntries(choices.map((choice) => [choice.name, choice.default])));
}

function drawCheck(state) {
  const { check } = state;
  const key = JSON.stringify([state.files, check]);
  if (key === drawnCheck) return; // what a person unfolded stays so
  drawnCheck = key;
  $("drop").classList.toggle("compact", Boolean(check));
  $("choose").classList.toggle("quiet", Boolean(check));
  $("choose").textContent = check ? "Choose another file" : "Choose a file";
  $("checked").hidden = !check;
  $("file-title").textContent = check ? "1. Your coordinates" : "1. Choose the file with your coordinates";
  if (!check) return;
  $("checked-title").textContent = state.files.join(", ");
  drawCounts(check);
  $("unread").hidden = !check.error;
  $("unread").textContent = check.error ?? "";
  drawProblems(check);
  $("asks").open = false;
  if (check.problems.some((problem) => OPEN_QUESTIONS.includes(problem.code))) $("asks").open = true;
}

function drawCounts(check) {
  const list = $("counts");
  list.replaceChildren();
  const s = check.summary;
  $("reconciled").hidden = !s;
  if (!s) return;
  const sizes = s.smallest_n === null ? "not given"
    : s.smallest_n === s.largest_n ? number(s.smallest_n) : `${number(s.smallest_n)} to ${number(s.largest_n)}`;
  const part = (read, found) => (read === found ? number(read) : `${number(read)} of ${number(found)}`);
  const rows = [
    ["Format", check.format],
    ["Studies", number(s.studies)],
    ["Experiments", part(s.experiments, s.experiments_found)],
    ["Foci (coordinates)", part(s.foci, s.foci_found)],
    ["Participants", s.participants === null ? "not given" : number(s.participants)],
    ["Sample sizes", sizes],
    ["Space", Object.entries(s.spaces).map(([name, n]) => `${name}: ${number(n)}`).join(", ")],
    ["Foci outside the brain", s.outside_mask === null ? "not known yet" : number(s.outside_mask)],
  ];
  for (const [name, value] of rows) {
    const row = make("div");
    row.append(make("dt", name), make("dd", value));
    list.append(row);
  }
  const left = [[s.experiments_left_out, "experiment"], [s.foci_left_out, "focus", "foci"]]
    .filter(([n]) => n).map(([n, ...words]) => count(n, ...words));
  $("reconciled").textContent = left.length ? `Left out: ${left.join(" and ")}, each named below.`
    : `Every experiment and every focus in the file was read.${check.n_problems ? "" : " Nothing looks wrong."}`;
}

function drawProblems(check) {
  const place = $("problems");
  place.replaceChildren();
  const found = SEVERITIES.map(([severity, word]) => [check.problems.filter((p) => p.severity === severity).length, word])
    .filter(([n]) => n).map(([n, word]) => count(n, word));
  $("found-title").textContent = `What was noticed: ${found.join(", ")}`;
  $("found").hidden = !found.length;
  $("found").open = true;
  for (const [severity, word, meaning] of SEVERITIES) {
    const alike = check.problems.filter((problem) => problem.severity === severity);
    if (!alike.length) continue;
    place.append(make("h2", `${count(alike.length, word)}: ${meaning}`, severity));
    if (severity === "error") {
      place.append(make("p", "Correct the lines below in your file, save it, and choose it again; or say "
        + "what the file leaves open."));
    }
    for (const code of new Set(alike.map((problem) => problem.code))) {
      drawKind(place, alike.filter((problem) => problem.code === code));
    }
  }
  if (check.n_problems > check.problems.length) {
    place.append(make("p", `Only the first ${number(check.problems.length)} of ${number(check.n_problems)} are shown.`));
  }
}

function drawKind(place, problems) {
  const list = make("ul", undefined, "problems");
  list.append(...problems.slice(0, MOST_OF_A_KIND).map(problemLine));
  place.append(list);
  const rest = problems.slice(MOST_OF_A_KIND);
  if (!rest.length) return;
  const more = make("details");
  const further = make("ul", undefined, "problems");
  further.append(...rest.map(problemLine));
  more.append(make("summary", `${number(rest.length)} more of this kind`), further);
  place.append(more);
}

function problemLine(problem) {
  const line = make("li", undefined, `problem ${problem.severity}`);
  if (problem.line !== null) line.append(make("span", `Line ${problem.line}`, "line"));
  const text = problem.message;
  line.append(make("span", text.charAt(0).toUpperCase() + text.slice(1)));
  if (problem.experiment) line.append(make("span", ` (in ${problem.experiment})`, "of"));
  return line;
}

const optionsGiven = () => {
  const given = Object.fromEntries(new FormData($("options")));
  if (given.default_n) given.default_n = wholeOf(given.default_n);
  return given;
};

// --- 2. the protocol --------------------------------------------------------------------

function buildForm() {
  for (const choice of choices) {
    const field = make("div", undefined, "field");
    const id = `c-${choice.name}`;
    const label = make("label", choice.label);
    label.htmlFor = id;
    const input = inputOf(choice);
    input.id = id;
    input.name = choice.name;
    const help = make("p", choice.meaning, "small");
    help.id = `h-${choice.name}`;
    input.setAttribute("aria-describedby", help.id);
    if (choice.kind === "yes") {
      label.prepend(input);
      field.append(label, help);
    } else {
      field.append(label, input, help);
    }
    if (choice.name === "title" || choice.kind === "lines") field.classList.add("wide-field");
    $(choice.group).append(field);
  }
}

function inputOf(choice) {
  if (choice.kind === "one_of") {
    const select = make("select");
    for (const [value, text] of choice.options) select.append(new Option(text, String(value)));
    return select;
  }
  if (choice.kind === "lines") {
    const area = make("textarea");
    area.rows = 2;
    return area;
  }
  const input = make("input");
  input.type = choice.kind === "yes" ? "checkbox" : "text";
  if (choice.kind === "whole") input.inputMode = "numeric";
  if (choice.kind === "number") input.inputMode = "decimal";
  return input;
}

function fill(values) {
  for (const choice of choices) {
    const input = $(`c-${choice.name}`);
    const value = values[choice.name];
    if (choice.kind === "yes") input.checked = value;
    else if (choice.kind === "lines") input.value = value.join("\n");
    else {
      const text = value === null ? "" : String(value);
      if (choice.kind === "one_of" && ![...input.options].some((option) => option.value === text)) {
        input.append(new Option(text, text)); // the path of an image, from a protocol file
      }
      input.value = text;
    }
  }
}

function valuesGiven() {
  return Object.fromEntries(choices.map((choice) => [choice.name, valueOf(choice)]));
}

function valueOf(choice) {
  const input = $(`c-${choice.name}`);
  const text = input.value.trim();
  if (choice.kind === "yes") return input.checked;
  if (choice.kind === "lines") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (choice.kind === "one_of") {
    const option = choice.options.find(([value]) => String(value) === input.value);
    return option ? option[0] : input.value;
  }
  if (choice.kind === "whole") return wholeOf(text);
  if (choice.kind === "number") return numberOf(text);
  return text;
}

/** A number where it is one, else the text: the server says what is wrong with it. */
const numberOf = (text) => (text === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text);
const wholeOf = (text) => numberOf(text.replace(/,(?=\d{3}\b)/g, ""));

async function takeProtocol(file) {
  const { values } = await ask("protocol-file", await bytesOf(file));
  fill(values);
  editing = true;
  draw(await ask("state"));
  $("loaded").textContent = `Filled in from ${file.name}. Look it over, then declare it.`;
}

function drawProtocol(state) {
  const usable = Boolean(state.check?.usable);
  const declared = usable && state.protocol && !editing;
  $("protocol").hidden = !usable;
  $("protocol-title").textContent = declared ? "2. The protocol" : "2. Declare the protocol";
  $("choices").hidden = Boolean(declared);
  $("declared").hidden = !declared;
  $("seen").hidden = !state.seen;
  $("leave").hidden = !(editing && state.protocol);
  if (!declared) return;
  const { title, min_experiments, declared: date, deviations } = state.protocol;
  const named = title ? `“${title}” was declared` : "Declared";
  $("declared-text").textContent = `${named} on ${date.replace("T", " at ").replace("+00:00", " UTC")}: `
    + `at least ${count(min_experiments, "independent study", "independent studies")} for a test.`;
  $("deviations").replaceChildren(
    ...deviations.map((one) => make("li", `Deviation: ${one.changes} (${one.reason})`)));
}

// --- 3. the decision --------------------------------------------------------------------

function drawDecision(state) {
  const { decision } = state;
  $("decision").hidden = !decision || editing;
  if (!decision) return;
  const describes = decision.mode === "descriptive";
  $("mode").textContent = describes ? "Descriptive reading" : "Inferential reading";
  $("reason").textContent = decision.reason;
  $("remarks").replaceChildren(...decision.remarks.map((remark) => make("li", remark)));
  $("meaning").textContent = describes
    ? "The map will show where coordinates were reported and how much it leans on single studies. "
      + "Nothing is tested, so nothing is claimed."
    : "Convergence of the reported coordinates will be tested against random maps, as the protocol says.";
  $("start").closest("section > div").hidden = ["running", "stopping", "done"].includes(state.job?.state);
  $("start").textContent = state.job ? "Compute again" : "Compute the map";
}

// --- 4. the run and its result ----------------------------------------------------------

function drawJob(job) {
  const runs = job?.state === "running" || job?.state === "stopping";
  $("running").hidden = !runs;
  if (job?.state === "failed") alarm(job.error.charAt(0).toUpperCase() + job.error.slice(1));
  if (job?.state === "stopped") alarm("Stopped. Nothing was written.");
  if (!runs) return;
  if ($("stage").textContent !== job.stage) $("stage").textContent = job.stage;
  if (job.state === "stopping") $("stage").textContent = "Stopping";
  if (job.total) {
    $("bar").max = job.total;
    $("bar").value = job.done;
  } else {
    $("bar").removeAttribute("value");
  }
  const far = job.total ? `${number(job.done)} of ${number(job.total)}` : "";
  $("how-far").textContent = [far, job.note].filter(Boolean).join("; ");
}

function drawResult(state) {
  const result = state.job?.state === "done" && !editing ? state.job.result : null;
  $("result").hidden = !result;
  if (!result) {
    drawnResult = "";
    $("report").removeAttribute("src");
    return;
  }
  const key = JSON.stringify(result);
  if (key === drawnResult) return;
  drawnResult = key;
  $("words").textContent = result.interpretation;
  $("where").textContent = result.kept ? `The same folder is in ${result.kept}.`
    : "The result is kept only until Focale is ended: download it.";
  $("report").src = "result/report.html";
}

// --- all of it --------------------------------------------------------------------------

function stepOf(state) {
  if (state.job?.state === "running" || state.job?.state === "stopping") return "running";
  if (editing) return "protocol";
  if (state.job?.state === "done") return "result";
  if (state.decision) return "decision";
  if (state.check?.usable) return "protocol";
  return state.check ? "checked" : "file";
}

function draw(state) {
  drawCheck(state);
  drawProtocol(state);
  drawDecision(state);
  drawJob(state.job);
  drawResult(state);
  $("reset").hidden = !state.files.length;
  const step = stepOf(state);
  const bars = { checked: "file", running: "result" };
  let past = true;
  for (const item of $("steps").children) {
    const isHere = item.dataset.step === (bars[step] ?? step);
    if (isHere) past = false;
    item.classList.toggle("past", past);
    if (isHere) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  const headings = {
    file: $("file-title"), checked: $("checked-title"), protocol: editing ? $("protocol-title") : $("checked-title"),
    decision: $("decision-title"), running: $("running-title"), result: $("result-title"),
  };
  if (step !== shown && step !== "checked" && step !== "protocol") $("found").open = false;
  moveTo(step, headings[step]);
  if (step === "running") setTimeout(poll, POLL_MS);
}

let failures = 0;
async function poll() {
  try {
    draw(await ask("state"));
    failures = 0;
  } catch (error) {
    failures += 1;
    if (failures > 3) alarm(error.message);
    else setTimeout(poll, POLL_MS);
  }
}

function listen() {
  $("files").addEventListener("change", (event) => attempt(async () => {
    await take(event.target.files);
    event.target.value = ""; // the same file may be chosen again, corrected
  }));
  $("toml").addEventListener("change", (event) => attempt(async () => {
    await takeProtocol(event.target.files[0]);
    event.target.value = "";
  }));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  addEventListener("dragleave", () => document.body.classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    attempt(() => take(event.dataTransfer.files));
  });
  const on = (id, kind, step) => $(id).addEventListener(kind, (event) => {
    event.preventDefault();
    attempt(() => step(event), event.submitter ?? $(id));
  });
  on("options", "submit", async () => draw(await tell("check", optionsGiven())));
  on("choices", "submit", async () => {
    const state = await tell("protocol", valuesGiven());
    editing = false;
    draw(state);
  });
  on("change", "click", async () => {
    editing = true;
    draw(await ask("state"));
  });
  on("leave", "click", async () => {
    const state = await ask("state");
    editing = false;
    fill(state.values);
    $("loaded").textContent = "";
    draw(state);
  });
  on("start", "click", async () => draw(await tell("start", { robustness: $("robustness").checked })));
  on("stop", "click", async () => draw(await tell("stop")));
  on("reset", "click", async () => {
    const state = await tell("reset");
    forget();
    draw(state);
    $("file-title").focus();
  });
}

attempt(async () => {
  // Both first: from the form on nothing waits, so no file that is chosen goes unheard.
  const [known, state] = await Promise.all([ask("choices"), ask("state")]);
  choices = known.choices;
  mostBytes = known.most_bytes;
  buildForm();
  forget();
  if (state.values) fill(state.values);
  for (const [name, value] of Object.entries(state.options)) {
    if ($(`o-${name}`)) $(`o-${name}`).value = value;
  }
  listen();
  draw(state);
});
