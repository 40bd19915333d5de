// @ts-check
// Keys: a new question, the search, stop, the next source, and the sheet that lists them. Each can be done without; single keys
// can be switched off on the sheet, for those whose machine types for them.

const OFF = "attest.keys-off";
const TYPED_IN = "textarea, select, input:not([type='checkbox'], [type='radio'])";

/** @param {HTMLElement} root */
export function init(root) {
  const sheet = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));
  if (!sheet) return;
  const single = /** @type {HTMLInputElement} */ (sheet.querySelector("[data-keys-single]"));
  single.checked = localStorage.getItem(OFF) === null;
  single.addEventListener("change", () => {
    if (single.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
  root.addEventListener("click", (event) => {
    if (!(/** @type {Element} */ (event.target).closest("[data-keys-open]"))) return;
    const menu = /** @type {HTMLElement | null} */ (document.querySelector(".menu:popover-open"));
    menu?.hidePopover();
    sheet.showModal();
  });
  root.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || sheet.open) return;
    if (target.matches(TYPED_IN) || target.isContentEditable || document.querySelector("dialog[open], :popover-open")) return;
    if (!single.checked) return;
    if (event.key === "?") sheet.showModal();
    else if (!act(event.key)) return;
    event.preventDefault();
  });
}

/**
 * @param {string} key
 * @returns {boolean} whether it means something here
 */
function act(key) {
  switch (key) {
    case "n":
      return follow("[data-key-new]");
    case "q":
      return focusOn("#question");
    case "/":
      return focusOn("main [data-key-search]") || focusOn("[data-key-search]");
    case "s":
      return press("[data-stop] button:not([disabled])");
    case "]":
      return step(1);
    case "[":
      return step(-1);
    default:
      return false;
  }
}

/** @param {string} selector of a link */
function follow(selector) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(selector));
  link?.click();
  return link !== null;
}

/** @param {string} selector of a field */
function focusOn(selector) {
  const field = /** @type {HTMLElement | null} */ (document.querySelector(selector));
  field?.focus();
  return field !== null;
}

/** @param {string} selector of a button */
function press(selector) {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(selector));
  button?.click();
  return button !== null;
}

/**
 * Open the source before or behind the one that is open; where none is, the first or last of the last answer.
 * @param {1 | -1} by
 */
export function step(by) {
  const open = document.querySelector("a[data-source][aria-current]");
  const turns = [...document.querySelectorAll(".turn:has(.source[data-marker])")];
  const turn = open?.closest(".turn") ?? turns.at(-1);
  const sources = /** @type {HTMLAnchorElement[]} */ ([...(turn?.querySelectorAll(".source[data-marker]") ?? [])]);
  if (sources.length === 0) return false;
  sources.sort((one, other) => Number(one.dataset.marker) - Number(other.dataset.marker));
  const at = sources.findIndex((source) => source === open || source.dataset.marker === open?.textContent?.trim());
  const next = at < 0 ? (by > 0 ? 0 : sources.length - 1) : (at + by + sources.length) % sources.length;
  sources[next]?.click();
  return true;
}
