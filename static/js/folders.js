// @ts-check
// Sends a folder with what is in it. The server says first which of its files it has: these are not sent again.

import { htmx } from "./htmx.js";

const AT_ONCE = 2; // files on their way
const TRIES = 3; // of a file, while the connection comes and goes
const PAUSE_MS = 1500;

/**
 * @typedef {{path: string, file: File}} Found
 * @typedef {{path: string, state: string, message: string, address: string, file?: File}} Row
 */

/** @param {HTMLElement} root */
export function init(root) {
  for (const form of root.querySelectorAll("form[data-drop]")) start(/** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form */
function start(form) {
  if (form.dataset.folders) return;
  form.dataset.folders = "yes";
  const panel = document.querySelector("[data-folder-send]");
  if (!panel) return;
  const sending = new Sending(form, /** @type {HTMLElement} */ (panel));
  const input = /** @type {HTMLInputElement} */ (form.querySelector("[data-folder]"));
  if ("webkitdirectory" in input) /** @type {HTMLElement} */ (form.querySelector("[data-folder-pick]")).hidden = false;
  input.addEventListener("change", () => {
    const found = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    input.value = "";
    sending.begin(Promise.resolve(found));
  });
  form.addEventListener("drop", (event) => {
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.());
    if (!entries.some((entry) => entry?.isDirectory)) return; // single files are upload.js's
    event.preventDefault();
    sending.begin(readEntries(entries));
  });
}

/** One folder on its way. */
class Sending {
  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} panel
   */
  constructor(form, panel) {
    this.form = form;
    this.panel = panel;
    /** @type {Row[]} */
    this.rows = [];
    this.isRunning = false;
    this.isStopped = false;
    this.part("again").addEventListener("click", () => {
      for (const row of this.rows) if (row.state === "refused" && row.file) row.state = "waiting";
      this.run();
    });
    this.part("on").addEventListener("click", () => this.run());
    this.part("stop").addEventListener("click", () => (this.isStopped = true));
    window.addEventListener("beforeunload", (event) => {
      if (this.isRunning) event.preventDefault(); // what was taken is kept; the rest would have to be chosen again
    });
  }

  /** @param {Promise<Found[]>} reading */
  async begin(reading) {
    if (this.isRunning) return;
    this.panel.hidden = false;
    this.part("name").textContent = "";
    this.say(this.panel.dataset.wordsReading ?? "");
    this.part("refused").replaceChildren();
    const found = (await reading).filter(({ path }) => !path.split("/").some((name) => name.startsWith(".")));
    const name = found[0]?.path.split("/")[0] ?? "";
    this.part("name").textContent = name;
    for (const open of document.querySelectorAll("[data-folder-open]")) {
      if (open instanceof HTMLElement && open.dataset.folderOpen === name) open.hidden = true; // this panel tells of it now
    }
    const offer = { files: found.map(({ path, file }) => [path, file.size, file.lastModified]) };
    const answer = await this.ask(this.form.dataset.drop ?? "", JSON.stringify(offer), "application/json");
    if (!answer) return this.interrupt();
    if (!answer.files) return this.say(answer.message ?? answer.error?.message ?? "");
    // The server cleans names: a file is known by its place in the list of what was offered.
    const byPath = new Map(found.map(({ file }, place) => [answer.paths[place], file]));
    this.rows = answer.files.map((/** @type {Row} */ row) => ({ ...row, file: byPath.get(row.path) }));
    for (const row of this.rows) if (row.state === "refused" && row.file) row.state = "waiting";
    await this.run();
  }

  async run() {
    if (this.isRunning) return;
    this.isRunning = true;
    this.isStopped = false;
    for (const name of ["again", "on"]) this.part(name).hidden = true;
    this.part("stop").hidden = false;
    this.say("");
    this.show();
    const waiting = this.rows.filter((row) => row.state === "waiting" && row.file);
    let isBroken = false;
    const work = async () => {
      for (let row = waiting.shift(); row && !isBroken && !this.isStopped; row = waiting.shift()) {
        if (!(await this.send(row))) isBroken = true;
        this.show();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.isRunning = false;
    this.part("stop").hidden = true;
    this.part("again").hidden = !this.rows.some((row) => row.state === "refused" && row.file);
    this.part("on").hidden = !this.rows.some((row) => row.state === "waiting" && row.file);
    if (isBroken) this.interrupt();
    else if (this.rows.length && this.rows.every((row) => row.state === "taken")) this.say(this.panel.dataset.wordsDone ?? "");
    htmx.trigger("#documents", "refresh");
  }

  /**
   * @param {Row} row
   * @returns {Promise<boolean>} false: the connection is gone, or the session is over
   */
  async send(row) {
    for (let tried = 0; tried < TRIES; tried++) {
      if (tried) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tried));
      const body = new FormData();
      body.append("csrfmiddlewaretoken", this.token);
      body.append("files", /** @type {File} */ (row.file));
      const answer = await this.ask(row.address, body);
      if (answer) {
        row.state = answer.accepted ? "taken" : "refused";
        row.message = answer.message ?? answer.error?.message ?? "";
        return true;
      }
      if (this.isSignedOut) return false;
    }
    return false;
  }

  /**
   * @param {string} address
   * @param {BodyInit} body
   * @param {string} [type]
   * @returns {Promise<any>} null: no answer came
   */
  async ask(address, body, type) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "X-CSRFToken": this.token };
    if (type) headers["Content-Type"] = type;
    try {
      const response = await fetch(address, { method: "POST", headers, body });
      this.isSignedOut = response.status === 401;
      return response.status === 401 || response.status >= 500 ? null : await response.json();
    } catch {
      return null;
    }
  }

  get token() {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem("csrfmiddlewaretoken")).value;
  }

  interrupt() {
    const { wordsSignedOut, wordsBroken } = this.panel.dataset;
    this.say((this.isSignedOut ? wordsSignedOut : wordsBroken) ?? "");
    if (!this.isSignedOut) this.part("on").hidden = !this.rows.length;
  }

  show() {
    const taken = this.rows.filter((row) => row.state === "taken").length;
    const refused = this.rows.filter((row) => row.state === "refused");
    const { wordsProgress, wordsRefused } = this.panel.dataset;
    let text = (wordsProgress ?? "").replace("{taken}", String(taken)).replace("{total}", String(this.rows.length));
    if (refused.length) text += ` · ${(wordsRefused ?? "").replace("{count}", String(refused.length))}`;
    this.part("progress").textContent = text;
    this.part("meter").setAttribute("value", String(this.rows.length ? (taken / this.rows.length) * 100 : 0));
    this.part("refused").replaceChildren(
      ...refused.map((row) => {
        const line = document.createElement("li");
        const name = document.createElement("strong");
        name.textContent = row.path;
        line.append(name, " ", row.message);
        return line;
      }),
    );
  }

  /** @param {string} text */
  say(text) {
    this.part("note").textContent = text;
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  part(name) {
    return /** @type {HTMLElement} */ (this.panel.querySelector(`[data-folder-${name}]`));
  }
}

/**
 * @param {(FileSystemEntry | null | undefined)[]} entries
 * @returns {Promise<Found[]>}
 */
async function readEntries(entries) {
  /** @type {Found[]} */
  const found = [];
  const walk = async (/** @type {FileSystemEntry} */ entry) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ""), file: /** @type {File} */ (file) });
    } else if (entry.isDirectory) {
      const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
      for (;;) {
        // A reader gives a hundred at a time, and none at the end.
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        for (const one of some) await walk(one);
      }
    }
  };
  for (const entry of entries) if (entry) await walk(entry);
  return found;
}
