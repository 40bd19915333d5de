// @ts-check
// Buttons that copy the text in their data-copy.

import { toast } from "./toast.js";

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("click", async (event) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-copy]"));
    if (!button) return;
    await write(button.dataset.copy ?? "");
    toast(button.dataset.done ?? "");
  });
}

/** @param {string} text */
async function write(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea"); // plain http has no clipboard
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
