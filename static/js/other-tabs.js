// @ts-check
// Two tabs with one conversation agree: what was asked in one appears in the other, and where a tab comes to the front.

import { htmx } from "./htmx.js";

/** @param {HTMLElement} root */
export function init(root) {
  const turns = /** @type {HTMLElement | null} */ (root.querySelector("#turns[data-newer]"));
  if (!turns) return;
  const channel = new BroadcastChannel(`attest.turns:${turns.dataset.newer}`);
  channel.addEventListener("message", () => catchUp(turns));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") catchUp(turns);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = /** @type {CustomEvent} */ (event).detail;
    if (requestConfig?.verb === "post" && xhr.status === 200) channel.postMessage("asked");
  });
}

/** @param {HTMLElement} turns */
async function catchUp(turns) {
  const last = turns.querySelector(":scope > .turn:last-child");
  if (!last) return;
  try {
    const response = await fetch(`${turns.dataset.newer}?seen=${last.id.replace("turn-", "")}`, { redirect: "manual" });
    if (response.ok) add(turns, await response.text());
  } catch {
    // no connection now: the next look, or a reload, shows them
  }
}

/**
 * @param {HTMLElement} turns
 * @param {string} html turns, rendered and escaped by our own templates
 */
function add(turns, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const turn of template.content.querySelectorAll(".turn")) {
    if (document.getElementById(turn.id)) continue;
    const earlier = turns.querySelector(`:scope > .turn[data-position="${/** @type {HTMLElement} */ (turn).dataset.position}"]`);
    if (earlier) earlier.replaceWith(turn); // the same question, asked again
    else turns.append(turn);
    htmx.process(turn);
    htmx.trigger(turn, "htmx:load"); // our own modules look for their elements in it
  }
}
