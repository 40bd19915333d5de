// @ts-check
// What was typed into any other form and sent with an ended session stands there again after signing in, in the same tab.
// Passwords, keys and files are never kept.

import { cameFromSignIn } from "./drafts.js";

const KEPT = "attest.form";
const NEVER = "[type=password], [type=hidden], [type=file], [type=submit], [type=button]";

/** @param {HTMLElement} root */
export function init(root) {
  const owner = root.dataset.owner ?? "";
  root.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches("[data-signs-out]")) sessionStorage.removeItem(KEPT);
    else if (owner && form.method === "post" && form.matches("main form:not([data-composer], [hx-post])")) keep(owner, form);
  });
  if (!owner) return; // the sign-in page
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  if (kept?.owner === owner && kept.path === location.pathname && cameFromSignIn()) restore(root, kept);
}

/**
 * @param {string} owner
 * @param {HTMLFormElement} form
 */
function keep(owner, form) {
  const fields = [...form.elements].filter((field) => !field.matches(NEVER)).map((field) => state(field));
  sessionStorage.setItem(KEPT, JSON.stringify({ owner, path: location.pathname, action: form.getAttribute("action"), fields }));
}

/**
 * @param {Element} field
 * @returns {(string | boolean | string[] | null)[]} its name and what it holds; null: nothing that can be put back
 */
function state(field) {
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
    return [field.name, field.value, field.checked];
  }
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
    return [field.name, field.value, null];
  }
  return [null, null, null];
}

/**
 * @param {HTMLElement} root
 * @param {{action: string | null, fields: [string, string, boolean | null][]}} kept
 */
function restore(root, kept) {
  const forms = /** @type {HTMLFormElement[]} */ ([...root.querySelectorAll("main form")]);
  const form = forms.find((each) => each.method === "post" && each.getAttribute("action") === kept.action);
  for (const [name, value, checked] of kept.fields) {
    for (const field of form?.querySelectorAll(`[name="${CSS.escape(name ?? "")}"]`) ?? []) {
      if (checked === null) /** @type {HTMLInputElement} */ (field).value = value;
      else if (/** @type {HTMLInputElement} */ (field).value === value) /** @type {HTMLInputElement} */ (field).checked = checked;
    }
  }
}
