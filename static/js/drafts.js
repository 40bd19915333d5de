// @ts-check
// Keeps a question that is being typed, per conversation and per person, until it is sent: a reload, a closed tab or an
// ended session loses nothing. Signing out clears every draft, and whoever signs in next finds none of another person's.

const PREFIX = "attest.draft:";
const SENT = "attest.sent";
const ATTACHED = "attest.attached"; // files begin a conversation: what was typed before it had a page goes there with them
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** @param {HTMLElement} root */
export function init(root) {
  const owner = root.dataset.owner ?? "";
  forget((key, draft) => draft.at < Date.now() - KEPT_MS || (owner !== "" && !key.startsWith(`${PREFIX}${owner}:`)));
  root.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches("[data-signs-out]")) forget(() => true);
    else if (form.id === "attach") sessionStorage.setItem(ATTACHED, location.pathname);
    else if (form.matches("[data-composer]") && !event.defaultPrevented) sessionStorage.setItem(SENT, keyOf(owner, form));
  });
  if (!owner) return; // the sign-in page: what was kept waits for its owner
  settle(root);
  follow(owner, root);
  for (const form of root.querySelectorAll("form[data-composer]")) restore(owner, /** @type {HTMLFormElement} */ (form));
  root.addEventListener("input", (event) => {
    const area = event.target;
    if (area instanceof HTMLTextAreaElement && area.form?.matches("[data-composer]")) keep(keyOf(owner, area.form), area.value);
  });
}

/**
 * @param {string} owner
 * @param {HTMLFormElement} form whose question was taken
 */
export function dropDraft(owner, form) {
  localStorage.removeItem(keyOf(owner, form));
  sessionStorage.removeItem(SENT);
}

/**
 * A question sent by a whole page was taken where a conversation opens right after it; by way of the sign-in page it was not.
 * @param {HTMLElement} root
 */
function settle(root) {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && root.querySelector("#turns") && !cameFromSignIn()) localStorage.removeItem(sent);
}

/**
 * @param {string} owner
 * @param {HTMLElement} root
 */
function follow(owner, root) {
  const from = sessionStorage.getItem(ATTACHED);
  sessionStorage.removeItem(ATTACHED);
  const form = root.querySelector("form[data-composer]");
  if (from === null || from === location.pathname || !(form instanceof HTMLFormElement)) return;
  const before = `${PREFIX}${owner}:new`;
  const text = read(before)?.text;
  if (!text || read(keyOf(owner, form))) return;
  keep(keyOf(owner, form), text);
  localStorage.removeItem(before);
}

/** Whether the page before was the one to sign in on. */
export function cameFromSignIn() {
  const before = document.referrer ? new URL(document.referrer) : null;
  return before?.origin === location.origin && before.pathname === document.body.dataset.signIn;
}

/**
 * @param {string} owner
 * @param {HTMLFormElement} form
 */
function restore(owner, form) {
  const area = form.querySelector("textarea");
  const draft = read(keyOf(owner, form));
  if (!area || area.value || !draft?.text) return; // what the server sent back is newer
  area.value = draft.text;
  area.dispatchEvent(new Event("input", { bubbles: true })); // so that it grows to its text
}

/**
 * @param {string} owner
 * @param {HTMLFormElement} form
 */
function keyOf(owner, form) {
  const conversation = form.elements.namedItem("conversation");
  return `${PREFIX}${owner}:${conversation instanceof HTMLInputElement ? conversation.value : "new"}`;
}

/**
 * @param {string} key
 * @param {string} text
 */
function keep(key, text) {
  if (text.trim()) localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
  else localStorage.removeItem(key);
}

/**
 * @param {string} key
 * @returns {{text: string, at: number} | null} null also for what is no draft of ours
 */
function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null");
    return typeof draft?.text === "string" && typeof draft.at === "number" ? draft : null;
  } catch {
    return null;
  }
}

/** @param {(key: string, draft: {text: string, at: number}) => boolean} matches which drafts to remove */
function forget(matches) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && matches(key, read(key) ?? { text: "", at: 0 })) localStorage.removeItem(key);
  }
}
