// @ts-check
// Streams an answer into its turn. The page follows the text only while the reader is at its end.

import { htmx } from "./htmx.js";

const NEAR_END_PX = 120;
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000];
const STOP_AGAIN_MS = 5000;
const ASLEEP_MS = 5000;

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
  connect(reply);
  reply.querySelector("[data-stop]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    const button = form.querySelector("button");
    button?.setAttribute("disabled", "");
    setTimeout(() => button?.removeAttribute("disabled"), STOP_AGAIN_MS);
    showStatus(reply, form.dataset.stopping ?? "");
    htmx.ajax("POST", form.action, { source: form, swap: "none" });
  });
}

/**
 * The answer is the server's: a connection that breaks is made again, and goes on behind the last event that came.
 * @param {HTMLElement} reply
 */
function connect(reply) {
  const address = /** @type {string} */ (reply.dataset.stream);
  let source = /** @type {EventSource | null} */ (null);
  let last = "";
  let text = reply.querySelector("[data-status]")?.textContent ?? "";
  let tries = 0;
  let isOver = false;

  const open = () => {
    if (isOver || !reply.isConnected) return;
    source?.close();
    source = new EventSource(last ? `${address}?after=${last}` : address);
    for (const [name, act] of Object.entries(acts)) {
      source.addEventListener(name, (event) => {
        last = event.lastEventId || last;
        tries = 0;
        act(JSON.parse(event.data));
      });
    }
    source.addEventListener("open", () => {
      reply.classList.remove("is-lost");
      showStatus(reply, text);
    });
    source.addEventListener("error", () => {
      if (isOver) return;
      showStatus(reply, reply.dataset.again ?? "");
      source?.close(); // the browser would try each second, for good
      tryAgain();
    });
  };
  const tryAgain = async () => {
    if (tries >= AGAIN_MS.length || (await isRefused(address))) giveUp();
    else setTimeout(open, AGAIN_MS[tries++]);
  };
  const giveUp = () => {
    showStatus(reply, reply.dataset.lost ?? "");
    reply.classList.add("is-lost");
  };
  const end = (/** @type {Data} */ { html }) => {
    isOver = true;
    source?.close();
    follow(() => finish(reply, html));
  };
  /** @type {Record<string, (data: Data) => void>} */
  const acts = {
    status: (data) => showStatus(reply, (text = data.text)),
    answer: ({ html }) => follow(() => replaceAnswer(reply, html)),
    sources: ({ html }) => follow(() => replaceInner(reply.querySelector("[data-sources]"), html)),
    done: end,
    failed: end,
  };
  // A phone that slept, a network that changed: what looks open may be dead, and going on costs nothing.
  let hiddenAt = 0;
  const wake = () => {
    tries = 0;
    open();
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > ASLEEP_MS) wake();
  });
  addEventListener("online", wake);
  addEventListener("pageshow", (event) => {
    if (event.persisted) wake();
  });
  addEventListener("pagehide", () => source?.close());
  open();
}

/**
 * Whether this reader may not have the stream any more: signed out, or taken away.
 * @param {string} address
 */
async function isRefused(address) {
  const looking = new AbortController();
  try {
    const { type, status } = await fetch(address, { redirect: "manual", signal: looking.signal });
    return type === "opaqueredirect" || [401, 403, 404].includes(status);
  } catch {
    return false; // no connection now
  } finally {
    looking.abort();
  }
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
  htmx.trigger(finished, "htmx:load"); // our own modules look for their elements in it
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
