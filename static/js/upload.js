// @ts-check
// Sends dropped or chosen files one after the other and shows each one's way; afterwards the list below shows the rest.

import { htmx } from "./htmx.js";

const GONE_AFTER_MS = 4000;

/** @param {HTMLElement} root */
export function init(root) {
  for (const form of root.querySelectorAll("form[data-upload]")) start(/** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form */
function start(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "yes";
  const input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  let queue = Promise.resolve();
  const take = (/** @type {File[]} */ files) => {
    for (const file of files) {
      const row = addRow(form, file);
      queue = queue.then(() => send(form, file, row));
    }
  };
  input.addEventListener("change", () => {
    take([...(input.files ?? [])]);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("is-over");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(/** @type {Node | null} */ (event.relatedTarget))) form.classList.remove("is-over");
  });
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    const items = [...(event.dataTransfer?.items ?? [])];
    if (items.some((item) => item.webkitGetAsEntry?.()?.isDirectory)) return; // folders.js sends these
    take([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {File} file
 * @returns {HTMLElement}
 */
function addRow(form, file) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("upload-row"));
  const row = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  part(row, "name").textContent = file.name;
  part(row, "name").title = file.name; // two lines of it are shown
  part(row, "note").textContent = form.dataset.waiting ?? "";
  part(row, "dismiss").addEventListener("click", () => row.remove());
  document.querySelector("[data-uploads]")?.append(row);
  return row;
}

/**
 * @param {HTMLFormElement} form
 * @param {File} file
 * @param {HTMLElement} row
 * @returns {Promise<void>} fulfilled in every case: the next file must have its turn
 */
function send(form, file, row) {
  if (file.size > Number(form.dataset.maxBytes)) {
    finish(row, false, form.dataset.tooLarge ?? "");
    return Promise.resolve();
  }
  part(row, "note").textContent = form.dataset.sending ?? "";
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(); // fetch does not report the progress of an upload
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) part(row, "meter").setAttribute("value", String((event.loaded / event.total) * 100));
    });
    request.upload.addEventListener("load", () => (part(row, "note").textContent = form.dataset.storing ?? ""));
    request.addEventListener("loadend", () => {
      const body = request.response;
      if (request.status === 401) askToSignIn(form, row);
      else finish(row, Boolean(body?.accepted), body?.message ?? body?.error?.message ?? form.dataset.broken ?? "");
      if (body?.accepted) htmx.trigger("#documents", "refresh");
      resolve();
    });
    const body = new FormData();
    body.append("csrfmiddlewaretoken", /** @type {HTMLInputElement} */ (form.elements.namedItem("csrfmiddlewaretoken")).value);
    body.append("files", file);
    request.send(body);
  });
}

/**
 * The session has ended: nothing was stored, and no script may put a file into a form again.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} row
 */
function askToSignIn(form, row) {
  finish(row, false, `${form.dataset.signedOut ?? ""} `);
  const link = document.createElement("a");
  link.href = `${document.body.dataset.signIn}?${new URLSearchParams({ next: location.pathname })}`;
  link.textContent = form.dataset.signInAgain ?? "";
  part(row, "note").append(link);
}

/**
 * @param {HTMLElement} row
 * @param {boolean} accepted
 * @param {string} message
 */
function finish(row, accepted, message) {
  row.dataset.outcome = accepted ? "accepted" : "refused";
  part(row, "note").textContent = message;
  part(row, "meter").remove();
  part(row, "dismiss").hidden = false;
  if (accepted) setTimeout(() => row.remove(), GONE_AFTER_MS);
}

/**
 * @param {HTMLElement} row
 * @param {string} name
 * @returns {HTMLElement}
 */
function part(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`[data-${name}]`));
}
