// @ts-check
// The widget's page, inside the frame of another site: gets a session, asks, shows sentences as they pass, opens sources.

const body = document.body;
const { origin = "", home = "", language = "" } = body.dataset;
/** @type {{[name in "thinking" | "send" | "stop" | "stopped" | "failed" | "refused" | "withheld" | "sources" | "nearest" | "source" | "page" | "as" | "gone"]: string}} */
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const turns = /** @type {HTMLElement} */ (document.getElementById("turns"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("ask"));
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("question"));
const announcer = /** @type {HTMLElement} */ (document.getElementById("announcer"));
const panel = /** @type {HTMLDialogElement} */ (document.getElementById("source"));

let session = "";
/** @type {AbortController | null} */
let running = null;
/** @type {((token: string) => void)[]} */
const waiting = [];

paint();
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.abort();
  else if (field.value.trim()) ask(field.value.trim());
});
document.getElementById("close")?.addEventListener("click", () => say({ type: "attest:close" }));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.open) say({ type: "attest:close" });
});
panel.querySelector("button")?.addEventListener("click", () => panel.close());
addEventListener("message", (event) => {
  if (event.origin !== origin || event.source !== parent) return; // of the site that holds the frame, and of nobody else
  if (event.data?.type === "attest:token") for (const take of waiting.splice(0)) take(String(event.data.token ?? ""));
  if (event.data?.type === "attest:opened") field.focus();
});

/** @param {object} message to the site, and to no other */
function say(message) {
  parent.postMessage(message, origin);
}

/** The site's colour and brightness; set by a script, since the page's policy allows no inline style. */
function paint() {
  const root = document.documentElement;
  const { accent = "#0b6350", theme } = body.dataset;
  if (theme) root.dataset.theme = theme;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(accent.slice(at, at + 2), 16));
  const isLight = (red * 299 + green * 587 + blue * 114) / 1000 > 150;
  root.style.setProperty("--site", accent);
  root.style.setProperty("--on-site", isLight ? "#10201b" : "#ffffff");
}

/** @returns {Promise<void>} Raises: Error with a sentence for the visitor */
async function signIn() {
  const token = await new Promise((take) => {
    waiting.push(take);
    say({ type: "attest:token" });
    setTimeout(() => take(""), 5000);
  });
  const response = await send("session/", { token, origin }, "");
  const given = await response.json();
  if (!response.ok) throw new Error(given.error?.message ?? words.failed);
  session = given.session;
  const who = document.getElementById("who");
  if (who) who.textContent = given.name ? words.as.replace("%s", given.name) : "";
}

/**
 * @param {string} path
 * @param {object} given
 * @param {string} key
 * @param {AbortSignal} [signal]
 */
function send(path, given, key, signal) {
  return fetch(`${home}${path}`, {
    method: "POST",
    credentials: "omit",
    signal,
    headers: { "Content-Type": "application/json", Accept: "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) },
    body: JSON.stringify(given),
  });
}

/** @param {string} question */
async function ask(question) {
  const turn = make("article", "turn");
  turn.append(make("h2", "question", question));
  const status = make("p", "status", words.thinking);
  const answer = make("div", "answer");
  turn.append(status, answer);
  turns.append(turn);
  document.getElementById("hello")?.remove();
  field.value = "";
  running = new AbortController();
  form.dataset.busy = "";
  setLabel(words.stop);
  turn.scrollIntoView({ block: "start" });
  try {
    await stream(question, { status, answer, turn });
  } catch (error) {
    status.remove();
    const isStopped = error instanceof DOMException && error.name === "AbortError";
    answer.append(make("p", isStopped ? "remark" : "failure", isStopped ? words.stopped : error instanceof TypeError ? words.failed : String(/** @type {Error} */ (error).message)));
    announcer.textContent = answer.textContent;
  } finally {
    running = null;
    delete form.dataset.busy;
    setLabel(words.send);
    field.focus();
  }
}

/** @param {string} text */
function setLabel(text) {
  const button = form.querySelector("button");
  button?.setAttribute("aria-label", text);
  button?.setAttribute("title", text);
}

/** @typedef {{status: HTMLElement, answer: HTMLElement, turn: HTMLElement}} Parts */

/**
 * @param {string} question
 * @param {Parts} parts
 */
async function stream(question, parts) {
  if (!session) await signIn();
  let response = await send("ask/", { question, language }, session, running?.signal);
  if (response.status === 401) {
    await signIn(); // the hour is over, or the widget was changed: the site vouches again
    response = await send("ask/", { question, language }, session, running?.signal);
  }
  if (!response.ok || !response.body) throw new Error((await response.json()).error?.message ?? words.failed);
  /** @type {any[]} */
  let sentences = [];
  for await (const [name, data] of events(response.body)) {
    if (name === "status") {
      parts.status.textContent = data.text;
      if (data.step === "fallback") sentences = [];
    } else if (name === "sentence") {
      sentences.push(data);
      render(parts.answer, sentences, []);
    } else if (name === "done") {
      parts.status.remove();
      finish(parts, data);
      return;
    } else if (name === "failed") {
      session = data.code === "access_ended" ? "" : session;
      throw new Error(data.message);
    }
  }
  throw new Error(words.failed);
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<[string, any]>}
 */
async function* events(stream) {
  const reader = stream.pipeThrough(/** @type {ReadableWritablePair<string, Uint8Array>} */ (new TextDecoderStream())).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.find((line) => line.startsWith("data: "))?.slice(6);
      if (name && data) yield [name, JSON.parse(data)];
    }
  }
}

/**
 * @param {Parts} parts
 * @param {any} answer
 */
function finish({ answer: place, turn }, answer) {
  if (answer.outcome === "answered") {
    render(place, answer.sentences, answer.citations);
    if (answer.withheld) place.append(make("p", "remark", words.withheld));
  } else {
    place.replaceChildren(make("p", "", answer.message || words.refused));
    if (answer.instead) place.append(make("p", "", answer.instead));
  }
  const near = answer.outcome === "answered" ? answer.citations : answer.nearest ?? [];
  if (near.length) turn.append(sources(near, answer.outcome === "answered" ? words.sources : words.nearest));
  announcer.textContent = place.textContent;
}

/**
 * Paragraphs and lists of an answer; text is only ever text.
 * @param {HTMLElement} place
 * @param {any[]} sentences
 * @param {any[]} citations
 */
function render(place, sentences, citations) {
  place.replaceChildren();
  let block = make("p");
  place.append(block);
  for (const sentence of sentences) {
    const prefix = String(sentence.prefix ?? "");
    if (/\n/.test(prefix) && block.childNodes.length) {
      block = make("p", /[-*•]\s*$|\d+\.\s*$/.test(prefix) ? "item" : "");
      place.append(block);
    } else if (block.childNodes.length) block.append(" ");
    block.append(make("span", "", String(sentence.text).replaceAll("**", "")));
    for (const marker of sentence.citations ?? []) {
      const cited = citations.find((one) => one.marker === marker);
      const button = /** @type {HTMLButtonElement} */ (make("button", "cite", String(marker)));
      button.type = "button";
      button.setAttribute("aria-label", words.source.replace("%s", `${marker}${cited ? `: ${cited.title}` : ""}`));
      button.disabled = !cited;
      button.addEventListener("click", () => openSource(cited));
      block.append(button);
    }
  }
}

/**
 * @param {any[]} places
 * @param {string} heading
 */
function sources(places, heading) {
  const section = make("section", "sources");
  section.append(make("h3", "", heading));
  const list = make("ol");
  for (const place of places) {
    const button = /** @type {HTMLButtonElement} */ (make("button", "source", `${place.title} · ${words.page.replace("%s", place.page_label || place.page_number)}`));
    button.type = "button";
    button.addEventListener("click", () => openSource(place));
    const item = make("li");
    item.append(button);
    list.append(item);
  }
  section.append(list);
  return section;
}

/** @param {any} place */
async function openSource(place) {
  const text = /** @type {HTMLElement} */ (panel.querySelector(".source__text"));
  const heading = /** @type {HTMLElement} */ (panel.querySelector("h2"));
  const link = /** @type {HTMLAnchorElement} */ (panel.querySelector("a"));
  heading.textContent = place.title;
  text.textContent = place.quote ?? "";
  link.hidden = true;
  panel.showModal();
  try {
    const response = await fetch(`${home}sources/${place.version_uid}/${place.page_number}/?start=${place.start}&end=${place.end}`, {
      credentials: "omit",
      headers: { Authorization: `Bearer ${session}`, Accept: "application/json" },
    });
    if (!response.ok) throw new Error();
    const shown = await response.json();
    text.replaceChildren(shown.before, make("mark", "", shown.quote), shown.after);
    text.querySelector("mark")?.scrollIntoView({ block: "center" });
    link.hidden = !shown.address;
    link.href = shown.address || "#";
  } catch {
    text.append(make("p", "failure", words.gone));
  }
}

/**
 * @param {string} name
 * @param {string} [kind]
 * @param {string} [text]
 */
function make(name, kind = "", text = "") {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text) element.textContent = text;
  return element;
}

export {};
