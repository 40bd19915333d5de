// @ts-check
// Streams an answer into its turn. The page follows the text only while the reader is at its end.

import { htmx } from "./htmx.js";

const NEAR_END_PX = 120;

/** @typedef {{text: string, html: string}} Data of an event: "status" brings a text, the others rendered HTML */

/** @param {HTMLElement} root */
export function init(root) {
  const found = root.matches("[data-stream]") ? [root] : root.querySelectorAll("[data-stream]");
  for (const reply of found) start(/** @type {HTMLElement} */ (reply));
  const down = document.querySelector("[data-scroll-down]");
  if (down instanceof HTMLElement && !down.dataset.ready) {
    down.dataset.ready = "yes";
    down.addEventListener("click", () => scrollTo({ top: document.documentElement.scrollHeight, behavior: "smooth" }));
    addEventListener("scroll", () => (down.hidden = isAtEnd()), { passive: true });
  }
}

/** @param {HTMLElement} reply */
function start(reply) {
  if (reply.dataset.streaming) return;
  reply.dataset.streaming = "yes";
  const source = new EventSource(/** @type {string} */ (reply.dataset.stream));
  const on = (/** @type {string} */ name, /** @type {(data: Data) => void} */ act) =>
    source.addEventListener(name, (event) => act(JSON.parse(/** @type {MessageEvent} */ (event).data)));

  on("status", ({ text }) => showStatus(reply, text));
  on("answer", ({ html }) => follow(() => replaceAnswer(reply, html)));
  on("sources", ({ html }) => follow(() => replaceInner(reply.querySelector("[data-sources]"), html)));
  for (const name of ["done", "failed"]) {
    on(name, ({ html }) => {
      source.close();
      follow(() => finish(reply, html));
    });
  }
  source.addEventListener("error", () => {
    // A broken connection is tried again by the browser; what stays closed was refused: signed out, or taken away.
    if (source.readyState !== EventSource.CLOSED) return;
    showStatus(reply, reply.dataset.lost ?? "");
    reply.querySelector(".spin")?.remove();
    reply.querySelector("[data-stop]")?.remove();
  });
  reply.querySelector("[data-stop]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    form.querySelector("button")?.setAttribute("disabled", "");
    showStatus(reply, form.dataset.stopping ?? "");
    htmx.ajax("POST", form.action, { source: form, swap: "none" });
  });
  addEventListener("pagehide", () => source.close(), { once: true });
}

/**
 * @param {HTMLElement} reply
 * @param {string} text what is being done
 */
function showStatus(reply, text) {
  const line = reply.querySelector("[data-status]");
  if (line) line.textContent = text;
}

/**
 * Replace the answer so far; sentences that were not there before fade in and are read out.
 * @param {HTMLElement} reply
 * @param {string} html
 */
function replaceAnswer(reply, html) {
  const answer = reply.querySelector("[data-answer]");
  const before = answer?.querySelectorAll(".sentence").length ?? 0;
  replaceInner(answer, html);
  const added = [...(answer?.querySelectorAll(".sentence") ?? [])].slice(before);
  for (const sentence of added) sentence.classList.add("is-new");
  const announce = reply.querySelector("[data-announce]");
  if (announce && added.length) announce.append(`${added.map((sentence) => sentence.textContent).join(" ")} `);
}

/**
 * @param {HTMLElement} reply
 * @param {string} html the finished turn
 */
function finish(reply, html) {
  const turn = reply.closest(".turn");
  if (!turn) return;
  // The focus is nowhere after the page of the first answer has come, and after "Stop", whose button is gone.
  const focusIsFree = turn.contains(document.activeElement) || document.activeElement === null || document.activeElement === document.body;
  turn.insertAdjacentHTML("afterend", html);
  const finished = /** @type {HTMLElement} */ (turn.nextElementSibling);
  turn.remove();
  htmx.process(finished);
  if (focusIsFree) document.getElementById("question")?.focus({ preventScroll: true });
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = finished.dataset.announcement ?? "";
}

/**
 * @param {Element | null} element
 * @param {string} html rendered and escaped by our own templates
 */
function replaceInner(element, html) {
  if (element) element.innerHTML = html;
}

/** @param {() => void} change */
function follow(change) {
  const wasAtEnd = isAtEnd();
  change();
  if (wasAtEnd) scrollTo({ top: document.documentElement.scrollHeight });
}

function isAtEnd() {
  const { scrollHeight } = document.documentElement;
  return innerHeight + scrollY >= scrollHeight - NEAR_END_PX;
}
