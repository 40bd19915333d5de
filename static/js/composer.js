// @ts-check
// Enter sends, Shift+Enter breaks the line, and while an input method composes (Chinese, Japanese) Enter is its own.

import { dropDraft } from "./drafts.js";

/** @param {HTMLElement} root */
export function init(root) {
  root.addEventListener("keydown", (event) => {
    const area = event.target;
    if (!(area instanceof HTMLTextAreaElement) || !area.form?.matches("[data-composer]")) return;
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    if (area.value.trim()) area.form.requestSubmit();
  });
  root.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.form?.matches("[data-composer]")) grow(event.target);
  });
  root.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.matches("[data-submits]") || !input.files?.length) return;
    input.closest("label")?.setAttribute("aria-busy", "true");
    input.form?.requestSubmit();
  });
  // Two clicks are one question.
  root.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-composer], .suggestions") || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const busy of root.querySelectorAll("label[aria-busy]")) busy.removeAttribute("aria-busy");
    for (const form of root.querySelectorAll("form[data-sent]")) /** @type {HTMLElement} */ (form).removeAttribute("data-sent");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!(form instanceof HTMLFormElement) || !form.matches("[data-composer]")) return;
    const { xhr } = /** @type {CustomEvent} */ (event).detail;
    if (xhr.status >= 400 || xhr.status === 0) return; // refused: its words stay
    document.getElementById("composer-error")?.replaceChildren();
    dropDraft(document.body.dataset.owner ?? "", form);
    const area = form.querySelector("textarea");
    if (area) {
      area.value = "";
      grow(area);
    }
    document.querySelector("#turns > :last-child")?.scrollIntoView({ block: "start", behavior: "smooth" });
  });
}

/**
 * 229 is what older Safari gives for the Enter that ends a composition.
 * @param {KeyboardEvent} event
 */
function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

/** @param {HTMLTextAreaElement} area */
function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
